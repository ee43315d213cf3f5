// Returns of customers to a leaf in a later slice, and what training says of the item they had bought there last.
#pragma once

#include "evaluation/trade_up_events.hpp"

#include <cstdint>
#include <vector>

namespace crosslift::evaluation {

struct LeafReturn {
    std::int32_t customer = 0;  ///< row of the history
    std::int32_t basket = 0;    ///< row of the history
    std::int32_t from = 0;      ///< dearest item of the leaf in the customer's basket with it before
    bool up = false;            ///< the basket's dearest item of the leaf costs min_price_ratio times as much
};

/// Returns in baskets of `history` from row `begin` on, customer by customer. `items` are its item rows.
std::vector<LeafReturn> find_leaf_returns(const PurchaseHistory& history, std::int64_t begin, const ItemFacts& items,
                                          double min_price_ratio);

/// The simple predictors, per item: what training alone says.
struct UpShares {
    std::vector<double> dearer_share;  ///< (baskets of the leaf with something as dear + 1) / (baskets of the leaf + 2)
    std::vector<double> item_rate;     ///< share of returns after the item that went up, ten returns at dearer_share's
                                       ///< rate (scaled to the base rate) added
};
UpShares count_up_shares(const PurchaseHistory& train, const ItemFacts& items, double min_price_ratio);

}  // namespace crosslift::evaluation
