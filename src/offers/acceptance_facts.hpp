// Returns to a leaf, and what is known before each about the item last bought and about the customer.
#pragma once

#include <crosslift/acceptance.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace crosslift {

/// Facts in the order of acceptance_facts(): first those of the item alone, then those that need the customer.
/// Purchases are the customer's baskets with the item; "dearer" is by min_price_ratio.
enum class AcceptanceFact : std::size_t {
    dearer_share,       ///< log-odds
    item_rate,          ///< log-odds
    dearer_items,       ///< ln(1 + items of the leaf that are dearer)
    price_level,        ///< level of the item in its leaf (PriceModel)
    own_dearer,         ///< log-odds of the share of dearer ones among the customer's purchases in the leaf, shrunk
    own_recent_dearer,  ///< the same with half-life of four of the customer's baskets in the leaf
    own_share,          ///< share of the item among them
    own_purchases,      ///< ln(1 + purchases in the leaf)
    usual_level,        ///< usual level of the customer in the leaf less that of the item, over its spread
    since_last,         ///< ln(1 + days since the last basket with the leaf); 0 where times are no dates
    own_rate,           ///< log of (own returns that went up + 3) over (what the items' rates say + 3), all leaves
    last_items,         ///< ln(items of the leaf in the customer's last basket with it)
    count,
};

constexpr std::size_t acceptance_fact_count = static_cast<std::size_t>(AcceptanceFact::count);
constexpr std::size_t item_fact_count = static_cast<std::size_t>(AcceptanceFact::own_dearer);
using AcceptanceRow = std::array<double, acceptance_fact_count>;

/// A return to a leaf in one basket.
struct LeafReturn {
    std::int32_t customer = 0;
    std::int32_t basket = 0;
    std::int32_t from = 0;  ///< dearest item of the leaf in the customer's basket with it before
    bool up = false;
};

/// The returns of baskets `begin` .. `end` - 1, by customer, then time, then leaf.
std::vector<LeafReturn> find_returns(const PurchaseHistory& history, const PriceModel& price, std::int64_t begin,
                                     std::int64_t end, double min_price_ratio);

/// Per item, from the baskets before `end`.
std::vector<AcceptanceItem> count_acceptance_items(const PurchaseHistory& history, const PriceModel& price,
                                                   std::int64_t end, double min_price_ratio);

/// Facts for a customer (may be IdMap::unknown) who takes `item` now, from their baskets before `end`. `item` has a
/// price and a leaf; `now` is unknown_time where times are no dates.
struct CustomerFacts {
    AcceptanceRow row{};
    bool knows_leaf = false;  ///< false: only the facts of the item are set
};
CustomerFacts acceptance_facts_of(const AcceptanceModel& model, const PurchaseHistory& history, const PriceModel& price,
                                  std::int32_t item, std::int32_t customer, std::int64_t end, std::int64_t now);

}  // namespace crosslift
