// Which items are "more" than one item: dearer, dearer per unit, a higher rung, and not inferior in their attributes.
#pragma once

#include "offers/economics.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace crosslift {

/// True unless `item` is worse than `than` in a must-have attribute, or worse in some attribute and better in none. An
/// unknown value is neither. A smaller pack is worse, where both are known in one unit, unless units are
/// asked for; a higher tier is better.
bool not_inferior(const EngineState& state, std::int32_t item, std::int32_t than, UpsellBy by);

/// Price of `item` per gram, millilitre or piece over that of `than`, at the given prices; NaN where the pack sizes are
/// not known in one unit, or differ so that they cannot be what the prices are for.
double unit_price_ratio(const EngineState& state, std::int32_t item, double item_price, std::int32_t than,
                        double than_price);

/// True if a shop declared both as rungs of one ladder.
bool on_one_ladder(const EngineState& state, std::int32_t a, std::int32_t b);

/// All items that could replace `item` upward, before any option of a query: of its leaf or its ladder, and dearer by
/// list price (UpsellBy::price and unit_price) or of a higher tier without being cheaper; on its ladder never of a
/// lower tier, nor of the same. Ascending.
std::vector<std::int32_t> superior_items(const EngineState& state, std::int32_t item, UpsellBy by);

/// `by`, or tier where the item has no price but a tier.
UpsellBy usable(const EngineState& state, std::int32_t item, UpsellBy by);

/// True if `to` in place of `from` keeps the query's band: the ratio of prices after the discount (of unit prices,
/// where the query asks for them) within min_price_ratio .. max_price_ratio, and dearer in money.
bool in_band(const EngineState& state, const OfferQuery& query, std::int32_t from, std::int32_t to);

}  // namespace crosslift
