// Observed trade-ups: a customer's next purchase in a leaf that is new to them and dearer than the last one there.
#pragma once

#include <crosslift/history.hpp>
#include <crosslift/price.hpp>

#include <cstdint>
#include <vector>

namespace crosslift {

struct TradeUp {
    std::int32_t customer = 0;
    std::int32_t from = 0;  ///< dearest item of the customer's last basket with something of the leaf
    std::int32_t to = 0;    ///< bought in a later basket, never before by this customer
};

/// The trade-ups of baskets `begin` .. `end` - 1, by customer, then time. `to` costs at least `min_price_ratio` times
/// as much as `from`, by regular prices.
std::vector<TradeUp> find_trade_ups(const PurchaseHistory& history, const PriceModel& price, std::int64_t begin,
                                    std::int64_t end, double min_price_ratio);

}  // namespace crosslift
