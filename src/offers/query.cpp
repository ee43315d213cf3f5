#include "offers/query.hpp"

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

std::int32_t find_item(const EngineState& state, const std::string& id, const char* where,
                       std::vector<std::string>& warnings) {
    const std::int32_t row = state.models.catalog.items().find(id);
    if (row == IdMap::unknown) warnings.push_back("unknown item '" + id + "' in " + where + " was ignored");
    return row;
}

void forbid_basket(const EngineState& state, const ResolvedQuery& resolved, std::vector<std::uint8_t>& may) {
    const auto& variant = state.models.catalog.variant().rows;
    std::vector<std::int32_t> groups;
    for (const std::int32_t item : resolved.basket) {
        may[static_cast<std::size_t>(item)] = 0;
        if (!variant.empty() && variant[static_cast<std::size_t>(item)] != IdMap::unknown)
            groups.push_back(variant[static_cast<std::size_t>(item)]);
    }
    if (groups.empty()) return;
    for (std::size_t item = 0; item < variant.size(); ++item)
        if (std::find(groups.begin(), groups.end(), variant[item]) != groups.end()) may[item] = 0;
}

void forbid_bought(const EngineState& state, std::int32_t customer, bool keep_replenishable,
                   std::vector<std::uint8_t>& may) {
    const CsrView visits = state.models.history.customer_baskets;
    const CsrView baskets = state.models.history.baskets;
    for (const std::int32_t basket : visits.row(customer))
        for (const std::int32_t item : baskets.row(basket))
            if (!keep_replenishable || state.replenishable[static_cast<std::size_t>(item)] == 0)
                may[static_cast<std::size_t>(item)] = 0;
}

}  // namespace

void check(const OfferQuery& query) {
    want(query.k >= 1, "k", query.k, "at least 1");
    want(query.max_per_category >= 0, "max_per_category", query.max_per_category, "0 (no limit) or more");
    want(query.min_support >= 0, "min_support", query.min_support, "0 or more");
    want(query.min_g2 >= 0, "min_g2", query.min_g2, "0 or more");
    want(query.min_price_ratio > 1, "min_price_ratio", query.min_price_ratio,
         "above 1 (an up-sell is dearer than the item it replaces)");
    want(query.max_price_ratio >= query.min_price_ratio, "max_price_ratio", query.max_price_ratio,
         "at least min_price_ratio: no price can satisfy both");
    want(query.budget >= 0, "budget", query.budget, "0 or more");
    want(query.personalization >= 0 && query.personalization <= 1, "personalization", query.personalization,
         "from 0 (anonymous) to 1");
    for (const std::string& id : query.allow)
        if (std::find(query.exclude.begin(), query.exclude.end(), id) != query.exclude.end())
            throw InvalidArgument("item '" + id +
                                  "' is in both OfferQuery.allow and OfferQuery.exclude; leave it in one");
}

ResolvedQuery resolve(const EngineState& state, std::span<const std::string> basket, const std::string& customer,
                      const OfferQuery& query) {
    ResolvedQuery resolved;
    for (const std::string& id : basket) {
        const std::int32_t row = find_item(state, id, "the query", resolved.warnings);
        if (row != IdMap::unknown) resolved.basket.push_back(row);
    }
    std::sort(resolved.basket.begin(), resolved.basket.end());
    resolved.basket.erase(std::unique(resolved.basket.begin(), resolved.basket.end()), resolved.basket.end());
    if (!customer.empty()) {
        resolved.customer = state.models.customers.find(customer);
        if (resolved.customer == IdMap::unknown)
            resolved.warnings.push_back("unknown customer '" + customer + "' was answered as an anonymous one");
    }
    if (query.personalization == 0) resolved.customer = IdMap::unknown;
    resolved.as_of = query.as_of.value_or(state.models.history.latest_time());
    return resolved;
}

std::vector<std::uint8_t> offerable(const EngineState& state, const OfferQuery& query, ResolvedQuery& resolved,
                                    bool keep_replenishable) {
    const Catalog& catalog = state.models.catalog;
    const auto size = static_cast<std::size_t>(catalog.size());
    std::vector<std::uint8_t> may(size, query.allow.empty() ? 1 : 0);
    for (const std::string& id : query.allow) {
        const std::int32_t row = find_item(state, id, "OfferQuery.allow", resolved.warnings);
        if (row != IdMap::unknown) may[static_cast<std::size_t>(row)] = 1;
    }
    for (const std::string& id : query.exclude) {
        const std::int32_t row = find_item(state, id, "OfferQuery.exclude", resolved.warnings);
        if (row != IdMap::unknown) may[static_cast<std::size_t>(row)] = 0;
    }
    const auto price = catalog.price();
    for (std::size_t item = 0; item < size; ++item) {
        if (!catalog.available(static_cast<std::int32_t>(item))) may[item] = 0;
        // Written so that an unknown (NaN) or absent price is outside a finite budget.
        if (std::isfinite(query.budget) && (price.empty() || !(price[item] <= query.budget))) may[item] = 0;
    }
    forbid_basket(state, resolved, may);
    if (!query.allow_bought && resolved.customer != IdMap::unknown)
        forbid_bought(state, resolved.customer, keep_replenishable, may);
    return may;
}

Offer make_offer(const EngineState& state, OfferKind kind, std::int32_t item, double score) {
    const Catalog& catalog = state.models.catalog;
    Offer offer;
    offer.item = catalog.items()[item];
    offer.name = catalog.name(item);
    offer.kind = kind;
    offer.score = score;
    if (!catalog.price().empty()) offer.price = catalog.price()[static_cast<std::size_t>(item)];
    return offer;
}

}  // namespace crosslift
