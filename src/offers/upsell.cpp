// Better, dearer versions of one item: the leaf's items in the price band, ranked by the trade-up model.
#include "offers/explain.hpp"
#include "offers/query.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift {
namespace {

// True if `item` is not worse than `than` in any must-have attribute; an unknown value cannot be called worse.
bool keeps_must_haves(const Catalog& catalog, std::int32_t item, std::int32_t than) {
    return std::ranges::all_of(catalog.attributes(), [&](const Attribute& attribute) {
        if (!attribute.must_have) return true;
        const float mine = attribute.values[static_cast<std::size_t>(item)];
        const float theirs = attribute.values[static_cast<std::size_t>(than)];
        const bool worse =
            attribute.direction == Attribute::Direction::higher_is_better ? mine < theirs : mine > theirs;
        return !worse;
    });
}

std::vector<std::int32_t> dearer_versions(const EngineState& state, std::int32_t item, float price,
                                          const OfferQuery& query, const std::vector<std::uint8_t>& may) {
    const auto prices = state.models.catalog.price();
    const auto& leaf = state.leaf_items[static_cast<std::size_t>(state.models.catalog.leaf(item))];
    const double low = price * query.min_price_ratio;
    const double high = price * query.max_price_ratio;
    std::vector<std::int32_t> found;
    const auto cheaper = [&](std::int32_t row, double bound) {
        return static_cast<double>(prices[static_cast<std::size_t>(row)]) < bound;
    };
    for (auto at = std::lower_bound(leaf.begin(), leaf.end(), low, cheaper); at != leaf.end(); ++at) {
        if (static_cast<double>(prices[static_cast<std::size_t>(*at)]) > high) break;
        if (may[static_cast<std::size_t>(*at)] != 0 && keeps_must_haves(state.models.catalog, *at, item))
            found.push_back(*at);
    }
    return found;
}

std::vector<double> softmax(const std::vector<float>& utilities) {
    const float top = *std::ranges::max_element(utilities);
    std::vector<double> shares(utilities.size());
    double sum = 0;
    for (std::size_t n = 0; n < shares.size(); ++n)
        sum += shares[n] = std::exp(static_cast<double>(utilities[n] - top));
    for (double& share : shares) share /= sum;
    return shares;
}

// ", double the pack, 11.0 % less per unit" where both pack sizes are known in one unit; "" otherwise.
std::string pack_clause(const Catalog& catalog, std::int32_t from, std::int32_t to, std::vector<Reason>& reasons) {
    if (catalog.pack_size().empty()) return {};
    const PackSize old_size = parse_pack_size(catalog.pack_size()[static_cast<std::size_t>(from)]);
    const PackSize new_size = parse_pack_size(catalog.pack_size()[static_cast<std::size_t>(to)]);
    if (old_size.unit == PackSize::Unit::unknown || old_size.unit != new_size.unit) return {};
    if (old_size.amount <= 0 || new_size.amount <= 0) return {};
    const double ratio = new_size.amount / old_size.amount;
    const double old_price = catalog.price()[static_cast<std::size_t>(from)] / old_size.amount;
    const double new_price = catalog.price()[static_cast<std::size_t>(to)] / new_size.amount;
    const double change = new_price / old_price - 1;
    // "40 LB" on an item sold by the pound is the case, not what the customer takes home: no comparison then.
    if (std::abs(std::log(new_price / old_price)) > std::log(4.0)) return {};
    reasons.push_back({"pack_size_ratio", "", ratio, false});
    reasons.push_back({"unit_price_change", "", change, false});
    char size[48] = "";
    if (std::abs(ratio - 1) < 0.005) {
        std::snprintf(size, sizeof size, ", same pack size");
    } else {
        std::snprintf(size, sizeof size, ", %.3g times the pack", ratio);
    }
    if (std::abs(change) < 0.005) return size;
    return size + (", " + percent(std::abs(change)) + (change < 0 ? " less" : " more") + " per unit");
}

bool same(const IdColumn& column, std::int32_t a, std::int32_t b) {
    return !column.empty() && column.rows[static_cast<std::size_t>(a)] != IdMap::unknown &&
           column.rows[static_cast<std::size_t>(a)] == column.rows[static_cast<std::size_t>(b)];
}

Offer describe(const EngineState& state, std::int32_t from, std::int32_t to, double share, std::size_t rivals,
               std::int32_t customer) {
    const Catalog& catalog = state.models.catalog;
    Offer offer = make_offer(state, OfferKind::upsell, to, share);
    offer.anchor = catalog.items()[from];
    offer.evidence = state.evidence(from, to);
    const float old_price = catalog.price()[static_cast<std::size_t>(from)];
    offer.price_difference = offer.price - old_price;
    offer.reasons.push_back({"choice_probability", "", share, true});
    offer.reasons.push_back({"alternatives", "", static_cast<double>(rivals), false});
    offer.reasons.push_back({"price_ratio", offer.anchor, static_cast<double>(offer.price) / old_price, false});

    std::string text =
        money(offer.price_difference) + " dearer (" + money(old_price) + " to " + money(offer.price) + ")";
    text += pack_clause(catalog, from, to, offer.reasons);
    if (same(catalog.brand(), from, to))
        text += ", same brand (" +
                std::string(catalog.brand().ids[catalog.brand().rows[static_cast<std::size_t>(to)]]) + ")";
    const double reach = state.models.price.affordability(customer, to);
    if (customer != IdMap::unknown && !std::isnan(reach)) {
        offer.reasons.push_back({"affordability", "", reach, false});
        const auto usual = state.models.price.willingness_to_pay(customer, catalog.leaf(to));
        if (usual.purchases > 0 && reach >= 0.5) text += ", within what this customer usually pays here";
    }
    const std::int64_t baskets = state.basket_counts[static_cast<std::size_t>(to)];
    offer.reasons.push_back({"baskets", offer.item, static_cast<double>(baskets), false});
    offer.sentence = text + "; bought in " + grouped(baskets) + (baskets == 1 ? " basket." : " baskets.");
    return offer;
}

}  // namespace

OfferList OfferEngine::upsell(const std::string& item, const std::string& customer, const OfferQuery& query) const {
    check(query);
    const EngineState& state = *state_;
    ResolvedQuery resolved = resolve(state, std::span(&item, 1), customer, query);
    OfferList result;
    const Catalog& catalog = state.models.catalog;
    const auto row = resolved.basket.empty() ? IdMap::unknown : resolved.basket.front();
    const float price = row == IdMap::unknown || catalog.price().empty()
                            ? std::numeric_limits<float>::quiet_NaN()
                            : catalog.price()[static_cast<std::size_t>(row)];
    if (row != IdMap::unknown && catalog.leaf(row) == IdMap::unknown) {
        resolved.warnings.push_back("item '" + item + "' has no category, so nothing is known to replace it");
    } else if (row != IdMap::unknown && !(price > 0)) {
        resolved.warnings.push_back("item '" + item + "' has no price, so nothing is known to be dearer");
    } else if (row != IdMap::unknown) {
        const auto may = offerable(state, query, resolved, /*keep_replenishable=*/true);
        const auto found = dearer_versions(state, row, price, query, may);
        if (!found.empty()) {
            const auto shares =
                softmax(score_trade_up(state.models.trade_up, *state.trade_up_facts, row, found, resolved.customer));
            std::vector<std::size_t> order(found.size());
            for (std::size_t n = 0; n < order.size(); ++n) order[n] = n;
            std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
                return shares[a] != shares[b] ? shares[a] > shares[b] : found[a] < found[b];
            });
            order.resize(std::min(order.size(), static_cast<std::size_t>(query.k)));
            for (const std::size_t n : order)
                result.offers.push_back(describe(state, row, found[n], shares[n], found.size(), resolved.customer));
        }
    }
    result.warnings = std::move(resolved.warnings);
    return result;
}

}  // namespace crosslift
