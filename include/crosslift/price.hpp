// What customers pay: price levels of items inside their leaf, and each customer's usual level.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/history.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift {

/// A customer's price level in one leaf, as a normal quantile of the leaf's paid prices: 0 is the middle, +1 about the
/// 84th percentile.
struct WillingnessToPay {
    double mean = 0;
    double sd = 1;               ///< of the next purchase's level: spread of the customer's mean plus of one purchase
    std::int64_t purchases = 0;  ///< observations behind it
};

/// A price-percentile model of what was paid, hierarchical normal with closed-form posterior: purchase level
/// z = m_ul + e, e ~ N(0, noise); m_ul ~ N(m_u, leaf_spread); m_u ~ N(0, customer_spread), variances by moments.
/// What was paid is a lower bound of what would have been paid.
struct CROSSLIFT_API PriceModel {
    std::vector<float> item_level;   ///< per item: z of its price in its leaf; NaN without price or leaf
    std::vector<float> price;        ///< per item: regular price, NaN unknown
    std::vector<std::int32_t> leaf;  ///< per item, -1 unknown
    CsrMatrix purchases;             ///< customers x leaves: number of priced purchases
    CsrMatrix level_sum;             ///< same cells: sum of their levels (values may be 0)
    double noise = 1, leaf_spread = 0, customer_spread = 0;  ///< variances

    /// Level of a customer (IdMap::unknown: anybody) in a leaf; exact posterior given all the customer's purchases.
    /// Throws InvalidArgument for rows out of range.
    WillingnessToPay willingness_to_pay(std::int32_t customer, std::int32_t in_leaf) const;

    /// Probability that the customer's level in the item's leaf reaches the item's price; NaN without price or leaf.
    double affordability(std::int32_t customer, std::int32_t item) const;
};

/// Fits on purchases with a known leaf and a price: the price paid, else the item's regular price. A price's level is
/// the normal quantile of its mid-rank among all prices paid in the leaf. `catalog` is aligned to the items of
/// `history`. Throws InvalidArgument if it is not.
CROSSLIFT_API PriceModel fit_price(const PurchaseHistory& history, const Catalog& catalog);

}  // namespace crosslift
