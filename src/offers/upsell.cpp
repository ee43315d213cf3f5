// Better, dearer versions of one item: the superior items of its leaf, ranked by the trade-up model.
#include "offers/answers.hpp"
#include "offers/attributes.hpp"
#include "offers/explain.hpp"
#include "offers/finish.hpp"
#include "offers/gate.hpp"
#include "offers/superior.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

namespace crosslift {
namespace {

std::vector<double> softmax(const std::vector<float>& utilities) {
    const float top = *std::ranges::max_element(utilities);
    std::vector<double> shares(utilities.size());
    double sum = 0;
    for (std::size_t n = 0; n < shares.size(); ++n)
        sum += shares[n] = std::exp(static_cast<double>(utilities[n] - top));
    for (double& share : shares) share /= sum;
    return shares;
}

// ", double the pack, 11 % less per 100 g" where both pack sizes are known in one unit; "" otherwise.
std::string pack_clause(const EngineState& state, std::int32_t from, double old_price, std::int32_t to, double price,
                        std::vector<Reason>& reasons) {
    const double unit_ratio = unit_price_ratio(state, to, price, from, old_price);
    if (std::isnan(unit_ratio)) return {};
    const double ratio =
        state.pack[static_cast<std::size_t>(to)].amount / state.pack[static_cast<std::size_t>(from)].amount;
    const double change = unit_ratio - 1;
    reasons.push_back({"pack_size_ratio", "", ratio, false});
    reasons.push_back({"unit_price_change", "", change, false});
    const auto near = [](double value, double wanted) { return std::abs(value - wanted) < 0.005; };
    char text[48] = "";
    std::snprintf(text, sizeof text, ", %.3g times the pack", ratio);
    std::string size = near(ratio, 1)     ? ", same pack size"
                       : near(ratio, 2)   ? ", double the pack"
                       : near(ratio, 0.5) ? ", half the pack"
                                          : text;
    if (near(ratio, 1) || std::abs(change) < 0.005) return size;  // the price says it already
    std::snprintf(text, sizeof text, ", %.0f %% %s ", 100 * std::abs(change), change < 0 ? "less" : "more");
    const PackSize::Unit unit = state.pack[static_cast<std::size_t>(to)].unit;
    return size + text +
           (unit == PackSize::Unit::gram         ? "per 100 g"
            : unit == PackSize::Unit::millilitre ? "per 100 ml"
                                                 : "per piece");
}

bool same(const IdColumn& column, std::int32_t a, std::int32_t b) {
    return !column.empty() && column.rows[static_cast<std::size_t>(a)] != IdMap::unknown &&
           column.rows[static_cast<std::size_t>(a)] == column.rows[static_cast<std::size_t>(b)];
}

// A label such as "own brand" stands for many makers: where makers are known, one brand is one maker's.
bool same_brand(const Catalog& catalog, std::int32_t a, std::int32_t b) {
    return same(catalog.brand(), a, b) && (catalog.manufacturer().empty() || same(catalog.manufacturer(), a, b));
}

class Upsell {
public:
    Upsell(const EngineState& state, const OfferQuery& query, const ResolvedQuery& resolved)
        : state_(state),
          query_(query),
          resolved_(resolved),
          from_(resolved.basket.front()),
          money_(state, query),
          objective_(query.objective.value_or(knows_margins(state) ? Objective::margin : Objective::relevance)) {
        query_.upsell_by = usable(state, from_, query.upsell_by);
    }

    std::vector<Offer> offers() const {
        const auto rivals = superior_items(state_, from_, query_.upsell_by);
        if (rivals.empty()) return {};
        // Over all superior items, so that no filter changes what is said of another item.
        const auto shares = softmax(utilities(rivals));
        const double best = *std::ranges::max_element(shares);
        const double up =
            state_.models.acceptance.probability(state_.models.history, state_.models.catalog, state_.models.price,
                                                 from_, resolved_.customer, query_.as_of.value_or(unknown_time));
        const auto may = offerable(state_, query_, resolved_, Bought::keep_replenishable);
        std::vector<Candidate> found;
        for (std::size_t n = 0; n < rivals.size(); ++n) {
            const std::int32_t to = rivals[n];
            if (may[static_cast<std::size_t>(to)] == 0 || shares[n] < query_.min_relevance * best) continue;
            if (!in_band(state_, query_, from_, to) || !not_inferior(state_, to, from_, query_.upsell_by)) continue;
            if (!worth_its_price(to)) continue;
            const double accepts = up * shares[n];  // unknown where `up` is
            if (!money_.allows_replacing(from_, to, accepts)) continue;
            Candidate candidate;
            candidate.pick = {to, shares[n], shares[n] / best, accepts};
            candidate.above_usual = above_usual_price(to);
            candidate.value =
                money_.value_of_replacing(objective_, from_, to, shares[n], std::isnan(accepts) ? shares[n] : accepts);
            found.push_back(candidate);
        }
        sort(found);
        repeats_last(found);
        found.resize(std::min(found.size(), static_cast<std::size_t>(query_.k)));
        std::vector<Offer> result;
        result.reserve(found.size());
        for (const Candidate& candidate : found) result.push_back(describe(candidate, rivals.size()));
        return result;
    }

private:
    struct Candidate {
        Pick pick;
        bool above_usual = false;
        double value = 0;
        int repeat = 0;  // how many before it in the list look the same
    };

    // The trade-up model's utilities, plus what the customer cares about in attributes.
    std::vector<float> utilities(const std::vector<std::int32_t>& rivals) const {
        auto result = score_trade_up(state_.models.trade_up, *state_.trade_up_facts, from_, rivals, resolved_.customer);
        const auto preferences = attribute_preferences(state_, query_, resolved_);
        for (std::size_t n = 0; n < rivals.size(); ++n)
            result[n] += static_cast<float>(attribute_utility(state_, preferences, from_, rivals[n]));
        return result;
    }

    // What the attributes gain outweighs what the price does, as far as the query asks for it.
    bool worth_its_price(std::int32_t to) const {
        if (query_.min_value_ratio == 0) return true;
        if (state_.models.catalog.price().empty()) return false;
        const auto old_price = static_cast<double>(state_.models.catalog.price()[static_cast<std::size_t>(from_)]);
        const double dearer = static_cast<double>(money_.price(to)) / old_price - 1;
        return attribute_gain(state_, from_, to) >= query_.min_value_ratio * dearer;
    }

    bool above_usual_price(std::int32_t to) const {
        if (resolved_.customer == IdMap::unknown || query_.price_quantile == 1) return false;
        return state_.models.price.affordability(resolved_.customer, to) < 1 - query_.price_quantile;
    }

    // Within usual prices first; then by value, unknown last; then by score; ties by row.
    static void sort(std::vector<Candidate>& found) {
        std::ranges::sort(found, [](const Candidate& a, const Candidate& b) {
            if (a.above_usual != b.above_usual) return b.above_usual;
            if (std::isnan(a.value) != std::isnan(b.value)) return std::isnan(b.value);
            if (!std::isnan(a.value) && a.value != b.value) return a.value > b.value;
            if (a.pick.score != b.pick.score) return a.pick.score > b.pick.score;
            return a.pick.item < b.pick.item;
        });
    }

    // What looks the same on the shelf, by name and price, is shown once before any of it is repeated.
    void repeats_last(std::vector<Candidate>& found) const {
        const Catalog& catalog = state_.models.catalog;
        std::map<std::pair<std::string_view, float>, int> seen;
        for (Candidate& it : found) {
            const float price = money_.price(it.pick.item);
            if (!std::isnan(price)) it.repeat = seen[{catalog.name(it.pick.item), price}]++;
        }
        std::ranges::stable_sort(found, [](const Candidate& a, const Candidate& b) {
            return std::pair(a.above_usual, a.repeat) < std::pair(b.above_usual, b.repeat);
        });
    }

    Offer describe(const Candidate& candidate, std::size_t rivals) const {
        const Catalog& catalog = state_.models.catalog;
        const std::int32_t to = candidate.pick.item;
        Offer offer = finish_replacing(state_, query_, resolved_.customer, from_, candidate.pick);
        if (candidate.above_usual) offer.flags.push_back(OfferFlag::above_usual_price);
        offer.reasons.push_back({"choice_probability", "", candidate.pick.score, true});
        offer.reasons.push_back({"alternatives", "", static_cast<double>(rivals), false});
        std::string text = price_clause(offer);
        if (on_one_ladder(state_, from_, to)) text += ladder_clause(to, offer.reasons);
        if (same_brand(catalog, from_, to))
            text += ", same brand (" +
                    std::string(catalog.brand().ids[catalog.brand().rows[static_cast<std::size_t>(to)]]) + ")";
        text += attribute_clause(catalog, from_, to, offer.reasons);
        text += usual_clause(to, offer.reasons);
        const std::int64_t baskets = state_.basket_counts[static_cast<std::size_t>(to)];
        offer.reasons.push_back({"baskets", offer.item, static_cast<double>(baskets), false});
        offer.sentence = text + "; bought in " + counted(baskets, "baskets") + ".";
        return offer;
    }

    std::string price_clause(Offer& offer) const {
        const auto& tier = state_.models.catalog.tier();
        const std::int32_t to = state_.models.catalog.items().find(offer.item);
        if (std::isnan(offer.price_difference)) {
            offer.reasons.push_back({"tier", "", static_cast<double>(tier[static_cast<std::size_t>(to)]), false});
            return "A higher tier";
        }
        const auto old_price = static_cast<double>(state_.models.catalog.price()[static_cast<std::size_t>(from_)]);
        const auto price = static_cast<double>(offer.price);
        if (old_price > 0) offer.reasons.push_back({"price_ratio", offer.anchor, price / old_price, false});
        return money(static_cast<double>(offer.price_difference)) + " dearer (" + money(old_price) + " to " +
               money(price) + ")" + pack_clause(state_, from_, old_price, to, price, offer.reasons);
    }

    std::string ladder_clause(std::int32_t to, std::vector<Reason>& reasons) const {
        const IdColumn& ladder = state_.models.catalog.ladder();
        const std::string name(ladder.ids[state_.ladder(to)]);
        reasons.push_back({"ladder", name, 1, false});
        return ", higher on the ladder " + std::string(within_sentence(name));
    }

    std::string usual_clause(std::int32_t to, std::vector<Reason>& reasons) const {
        if (resolved_.customer == IdMap::unknown) return {};
        const double reach = state_.models.price.affordability(resolved_.customer, to);
        if (std::isnan(reach)) return {};
        reasons.push_back({"affordability", "", reach, false});
        const auto usual = state_.models.price.willingness_to_pay(resolved_.customer, state_.models.catalog.leaf(to));
        return usual.purchases > 0 && reach >= 0.5 ? ", within what this customer usually pays here" : "";
    }

    const EngineState& state_;
    OfferQuery query_;
    const ResolvedQuery& resolved_;
    std::int32_t from_;
    Economics money_;
    Objective objective_;
};

// Why there is nothing to offer for an item, or "".
std::string why_nothing(const EngineState& state, std::int32_t item, const std::string& id, const OfferQuery& query) {
    const Catalog& catalog = state.models.catalog;
    const UpsellBy by = query.upsell_by;
    if (catalog.leaf(item) == IdMap::unknown && state.ladder(item) == IdMap::unknown)
        return "item '" + id + "' has no category and no ladder, so nothing is known to replace it";
    const auto at = static_cast<std::size_t>(item);
    const bool priced = !catalog.price().empty() && catalog.price()[at] > 0;
    const bool tiered = !catalog.tier().empty() && !std::isnan(catalog.tier()[at]);
    if (usable(state, item, by) == UpsellBy::tier)
        return tiered ? "" : "item '" + id + "' has no tier, so nothing is known to be above it";
    if (!priced) return "item '" + id + "' has no price, so nothing is known to be dearer";
    if (by == UpsellBy::unit_price && (state.pack.empty() || state.pack[at].unit == PackSize::Unit::unknown))
        return "item '" + id +
               "' has no pack size, so nothing is known to be dearer per unit; OfferQuery.upsell_by is unit_price";
    if (query.min_value_ratio > 0 && catalog.attributes().empty())
        return "the catalog has no attributes, so nothing is known to be worth its price; OfferQuery.min_value_ratio "
               "is "
               "above 0";
    return "";
}

}  // namespace

std::vector<Offer> upsell_offers(const EngineState& state, const OfferQuery& query, ResolvedQuery& resolved) {
    if (resolved.basket.empty()) return {};
    const std::int32_t item = resolved.basket.front();
    std::string nothing = why_nothing(state, item, std::string(state.models.catalog.items()[item]), query);
    if (nothing.empty()) return Upsell(state, query, resolved).offers();
    resolved.warnings.push_back(std::move(nothing));
    return {};
}

OfferList OfferEngine::upsell(const std::string& item, const std::string& customer, const OfferQuery& query) const {
    const EngineState& state = *state_;
    ResolvedQuery resolved = resolve(state, std::span(&item, 1), customer, query);
    OfferList result;
    result.offers = upsell_offers(state, query, resolved);
    result.warnings = std::move(resolved.warnings);
    return result;
}

}  // namespace crosslift
