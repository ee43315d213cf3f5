#include "offers/query.hpp"

#include "offers/economics.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace crosslift {
namespace {

template <class T>
void want(bool good, const char* option, const T& came, const char* wanted) {
    if (good) return;
    std::ostringstream text;
    text << "OfferQuery." << option << " is " << came << "; it must be " << wanted;
    throw InvalidArgument(text.str());
}

bool holds(const std::vector<std::string>& ids, const std::string& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

void check_rule(const OfferRule& rule, std::size_t number, const OfferQuery& query) {
    const std::string name = "OfferQuery.rules[" + std::to_string(number) + "]";
    const auto fail = [&](const std::string& what) { throw InvalidArgument(name + " " + what); };
    if (rule.item.empty() == rule.category.empty()) fail("must name either an item or a category");
    if (!rule.with_item.empty() && !rule.with_category.empty()) fail("names both with_item and with_category");
    const bool with = !rule.with_item.empty() || !rule.with_category.empty();
    if (rule.action == OfferRule::Action::attach && !with)
        fail("attaches to nothing: give with_item or with_category, or make it a pin");
    if (rule.action == OfferRule::Action::pin && with)
        fail("is a pin with with_item or with_category: make it an attach");
    if (rule.segment && query.personalization == 0)
        fail("has a segment, while OfferQuery.personalization is 0 and nothing of the customer counts; leave out one");
    if (rule.cap < 1) fail("has cap " + std::to_string(rule.cap) + "; it must be at least 1");
    if (rule.action == OfferRule::Action::deny || rule.item.empty()) return;
    if (holds(query.exclude, rule.item))
        fail("makes an offer of item '" + rule.item + "', which is in OfferQuery.exclude; leave it in one");
    for (std::size_t n = 0; n < query.rules.size(); ++n)
        if (query.rules[n].action == OfferRule::Action::deny && query.rules[n].item == rule.item &&
            query.rules[n].with_item.empty() && query.rules[n].with_category.empty() &&
            (!query.rules[n].segment || query.rules[n].segment == rule.segment))
            fail("makes an offer of item '" + rule.item + "', which OfferQuery.rules[" + std::to_string(n) +
                 "] denies; leave it in one");
}

std::int32_t find_item(const EngineState& state, const std::string& id, const std::string& where,
                       std::vector<std::string>& warnings) {
    const std::int32_t row = state.models.catalog.items().find(id);
    if (row == IdMap::unknown) warnings.push_back("unknown item '" + id + "' in " + where + " was ignored");
    return row;
}

std::vector<std::int32_t> find_items(const EngineState& state, std::span<const std::string> ids, const char* where,
                                     std::vector<std::string>& warnings) {
    std::vector<std::int32_t> rows;
    rows.reserve(ids.size());
    for (const std::string& id : ids)
        if (const std::int32_t row = find_item(state, id, where, warnings); row != IdMap::unknown) rows.push_back(row);
    return rows;
}

// The items of a rule's item or category, ascending.
std::vector<std::int32_t> rule_items(const EngineState& state, const std::string& item, const std::string& category,
                                     std::vector<std::string>& warnings) {
    if (!item.empty()) return find_items(state, std::span(&item, 1), "OfferQuery.rules", warnings);
    const auto found = state.category_items.find(category);
    if (found != state.category_items.end()) return found->second;
    warnings.push_back("unknown category '" + category + "' in OfferQuery.rules was ignored");
    return {};
}

ResolvedRule resolve_rule(const EngineState& state, const OfferRule& rule, ResolvedQuery& resolved) {
    ResolvedRule result;
    result.action = rule.action;
    result.cap = rule.cap;
    result.segment = rule.segment;
    result.items = rule_items(state, rule.item, rule.category, resolved.warnings);
    if (rule.with_item.empty() && rule.with_category.empty()) return result;
    result.conditional = true;
    result.with = rule_items(state, rule.with_item, rule.with_category, resolved.warnings);
    return result;
}

void check_segment(const OfferQuery& query, const std::string& customer, ResolvedQuery& resolved) {
    resolved.reachable = in_segments(query, resolved.segment);
    if (resolved.reachable) return;
    std::string wanted;
    for (const CustomerSegment segment : query.segments)
        wanted += (wanted.empty() ? "" : ", ") + std::string(name_of(segment));
    const std::string who =
        !resolved.segment ? "a customer who is not known is in no segment"
                          : "customer '" + customer + "' is in segment " + std::string(name_of(*resolved.segment));
    resolved.warnings.push_back(who + ", and OfferQuery.segments asks for " + wanted + ": no offer is made");
}

}  // namespace

bool in_segments(const OfferQuery& query, std::optional<CustomerSegment> segment) {
    return query.segments.empty() || (segment && std::ranges::find(query.segments, *segment) != query.segments.end());
}

bool ResolvedRule::applies(std::span<const std::int32_t> basket, std::optional<CustomerSegment> customer) const {
    if (segment && segment != customer) return false;
    return !conditional || std::ranges::any_of(basket, [&](std::int32_t item) {
        return std::binary_search(with.begin(), with.end(), item);
    });
}

void check(const OfferQuery& query) {
    want(query.k >= 1, "k", query.k, "at least 1");
    want(query.max_per_category >= 0, "max_per_category", query.max_per_category, "0 (no limit) or more");
    want(query.min_support >= 0, "min_support", query.min_support, "0 or more");
    want(query.min_g2 >= 0, "min_g2", query.min_g2, "0 or more");
    want(query.min_relevance >= 0 && query.min_relevance <= 1, "min_relevance", query.min_relevance,
         "from 0 (no floor) to 1 (only the best)");
    want(query.min_price_ratio > 1, "min_price_ratio", query.min_price_ratio,
         "above 1 (an up-sell is dearer than the item it replaces)");
    want(query.max_price_ratio >= query.min_price_ratio, "max_price_ratio", query.max_price_ratio,
         "at least min_price_ratio: no price can satisfy both");
    want(query.min_value_ratio >= 0, "min_value_ratio", query.min_value_ratio, "0 (off) or more");
    want(query.budget >= 0, "budget", query.budget, "0 or more");
    want(query.price_quantile > 0 && query.price_quantile <= 1, "price_quantile", query.price_quantile,
         "above 0, up to 1 (off)");
    want(query.personalization >= 0 && query.personalization <= 1, "personalization", query.personalization,
         "from 0 (anonymous) to 1");
    want(query.popularity >= 0 && query.popularity <= 1, "popularity", query.popularity,
         "from 0 (what goes with the basket more than with others) to 1 (what is bought with it most)");
    want(query.offer_cost >= 0 && std::isfinite(query.offer_cost), "offer_cost", query.offer_cost, "0 or more money");
    want(query.discount >= 0 && query.discount < 1, "discount", query.discount, "a share of the price, 0 to below 1");
    want(query.incrementality > 0 && query.incrementality <= 1, "incrementality", query.incrementality,
         "above 0, up to 1 (nothing offered would have been bought anyway)");
    want(query.sale_loss_risk >= 0 && query.sale_loss_risk < 1, "sale_loss_risk", query.sale_loss_risk,
         "a probability, 0 to below 1");
    for (const auto& [name, weight] : query.attribute_weights)
        want(weight >= 0 && std::isfinite(weight), ("attribute_weights['" + name + "']").c_str(), weight, "0 or more");
    for (const std::string& id : query.allow)
        if (holds(query.exclude, id))
            throw InvalidArgument("item '" + id +
                                  "' is in both OfferQuery.allow and OfferQuery.exclude; leave it in one");
    if (!query.segments.empty() && query.personalization == 0)
        throw InvalidArgument(
            "OfferQuery.segments limits the offers to some customers, while OfferQuery.personalization is 0 and "
            "nothing "
            "of the customer counts; leave out one");
    for (std::size_t n = 0; n < query.rules.size(); ++n) check_rule(query.rules[n], n, query);
}

ResolvedQuery resolve(const EngineState& state, std::span<const std::string> basket, const std::string& customer,
                      const OfferQuery& query) {
    check(query);
    if (query.objective == Objective::margin && !knows_margins(state))
        throw InvalidArgument(
            "OfferQuery.objective is margin, but the catalog has neither a cost column (with prices) "
            "nor a margin column; add one, or rank by relevance or revenue");
    ResolvedQuery resolved;
    resolved.basket = find_items(state, basket, "the query", resolved.warnings);
    std::sort(resolved.basket.begin(), resolved.basket.end());
    resolved.basket.erase(std::unique(resolved.basket.begin(), resolved.basket.end()), resolved.basket.end());
    if (!customer.empty()) {
        resolved.customer = state.models.customers.find(customer);
        if (resolved.customer == IdMap::unknown)
            resolved.warnings.push_back("unknown customer '" + customer + "' was answered as an anonymous one");
    }
    resolved.segment = state.segment_of(customer);
    if (query.personalization == 0) resolved.customer = IdMap::unknown;
    check_segment(query, customer, resolved);
    resolved.as_of = query.as_of.value_or(state.models.history.latest_time());
    resolved.allow = find_items(state, query.allow, "OfferQuery.allow", resolved.warnings);
    resolved.exclude = find_items(state, query.exclude, "OfferQuery.exclude", resolved.warnings);
    for (const auto& [name, weight] : query.attribute_weights)
        if (std::ranges::none_of(state.models.catalog.attributes(),
                                 [&](const Attribute& it) { return it.name == name; }))
            resolved.warnings.push_back("unknown attribute '" + name + "' in OfferQuery.attribute_weights was ignored");
    for (const OfferRule& rule : query.rules) resolved.rules.push_back(resolve_rule(state, rule, resolved));
    return resolved;
}

}  // namespace crosslift
