#include "offers/superior.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace crosslift {
namespace {

std::size_t idx(std::int32_t n) {
    return static_cast<std::size_t>(n);
}

double list_price(const EngineState& state, std::int32_t item) {
    const auto prices = state.models.catalog.price();
    return prices.empty() ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(prices[idx(item)]);
}

constexpr double pack_tolerance = 1.02;  // 33 cl and 330 ml are one size, and so are 0.33 l and 12 fl. oz

double tier(const EngineState& state, std::int32_t item) {
    const auto tiers = state.models.catalog.tier();
    return tiers.empty() ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(tiers[idx(item)]);
}

}  // namespace

bool not_inferior(const EngineState& state, std::int32_t item, std::int32_t than, UpsellBy by) {
    bool better = tier(state, item) > tier(state, than);
    bool worse = by != UpsellBy::unit_price && unit_price_ratio(state, item, 1, than, 1) > pack_tolerance;
    for (const Attribute& attribute : state.models.catalog.attributes()) {
        const double sign = attribute.direction == Attribute::Direction::higher_is_better ? 1 : -1;
        const double gain = sign * (static_cast<double>(attribute.values[idx(item)]) -
                                    static_cast<double>(attribute.values[idx(than)]));
        if (gain < 0 && attribute.must_have) return false;
        better = better || gain > 0;
        worse = worse || gain < 0;
    }
    return better || !worse;
}

double unit_price_ratio(const EngineState& state, std::int32_t item, double item_price, std::int32_t than,
                        double than_price) {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    if (state.pack.empty()) return unknown;
    const PackSize& mine = state.pack[idx(item)];
    const PackSize& theirs = state.pack[idx(than)];
    if (mine.unit == PackSize::Unit::unknown || mine.unit != theirs.unit) return unknown;
    if (!(mine.amount > 0) || !(theirs.amount > 0)) return unknown;
    const double ratio = (item_price / mine.amount) / (than_price / theirs.amount);
    // "40 LB" on an item sold by the pound is the case, not what the customer takes home: no comparison then.
    return std::abs(std::log(ratio)) > std::log(4.0) ? unknown : ratio;
}

UpsellBy usable(const EngineState& state, std::int32_t item, UpsellBy by) {
    const bool priced = list_price(state, item) > 0;
    return by == UpsellBy::price && !priced && !std::isnan(tier(state, item)) ? UpsellBy::tier : by;
}

bool on_one_ladder(const EngineState& state, std::int32_t a, std::int32_t b) {
    return state.ladder(a) != IdMap::unknown && state.ladder(a) == state.ladder(b);
}

std::vector<std::int32_t> superior_items(const EngineState& state, std::int32_t item, UpsellBy by) {
    const std::int32_t leaf = state.models.catalog.leaf(item);
    std::vector<std::int32_t> others;
    if (leaf != IdMap::unknown) others = state.leaf_members[idx(leaf)];
    if (const std::int32_t ladder = state.ladder(item); ladder != IdMap::unknown) {
        const auto& mates = state.ladder_items[idx(ladder)];
        std::vector<std::int32_t> all;
        std::ranges::set_union(others, mates, std::back_inserter(all));
        others = std::move(all);
    }
    const double old_price = list_price(state, item);
    std::erase_if(others, [&](std::int32_t other) {
        const double price = list_price(state, other);
        // On one ladder the rung decides what is better, where both rungs are known.
        if (on_one_ladder(state, item, other) && tier(state, other) <= tier(state, item)) return true;
        if (by == UpsellBy::tier) return !(tier(state, other) > tier(state, item)) || price <= old_price;
        return !(price > old_price);
    });
    return others;
}

bool in_band(const EngineState& state, const OfferQuery& query, std::int32_t from, std::int32_t to) {
    const double old_price = list_price(state, from);
    const auto price = static_cast<double>(Economics(state, query).price(to));
    if (query.upsell_by == UpsellBy::tier || !(old_price > 0)) return !(price <= old_price);
    if (!(price > old_price)) return false;
    const double ratio = query.upsell_by == UpsellBy::unit_price ? unit_price_ratio(state, to, price, from, old_price)
                                                                 : price / old_price;
    return ratio >= query.min_price_ratio && ratio <= query.max_price_ratio;
}

}  // namespace crosslift
