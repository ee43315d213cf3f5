// Returns to a leaf, and what is known before each about the item last bought and about the customer.
#pragma once

#include <crosslift/acceptance.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace crosslift {

/// Facts in the order of acceptance_facts(): first those of the item alone, then those that need the customer.
/// "Dearer" is by min_price_ratio; a basket with the leaf is as dear as its dearest item of it.
enum class AcceptanceFact : std::size_t {
    dearer_share,       ///< log-odds
    item_rate,          ///< log-odds
    price_level,        ///< level of the item in its leaf (PriceModel)
    choice,             ///< log-odds that the next item of the leaf is a dearer one, by the choice logit (LeafChoice)
    own_dearer,         ///< log-odds of the share of dearer ones among the customer's baskets with the leaf, shrunk
    own_recent_dearer,  ///< the same with half-life of four of them
    own_left,           ///< log-odds of the share that went up of the customer's own returns after this item, shrunk
    usual_level,        ///< usual level of the customer in the leaf less that of the item, over its spread
    related_level,      ///< mean level of the customer in the leaves of the same parent, shrunk to all other leaves
    since_last,         ///< ln(1 + days since the last basket with the leaf); 0 where times are no dates
    own_rate,           ///< log of (own returns that went up + 3) over (what the items' rates say + 3), all leaves
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
    std::int32_t to = 0;    ///< dearest item of the leaf in this basket
    bool up = false;
};

/// The returns of baskets `begin` .. `end` - 1, by customer, then time, then leaf.
std::vector<LeafReturn> find_returns(const PurchaseHistory& history, const PriceModel& price, std::int64_t begin,
                                     std::int64_t end, double min_price_ratio);

/// Per item, from the baskets before `end`.
std::vector<AcceptanceItem> count_acceptance_items(const PurchaseHistory& history, const PriceModel& price,
                                                   std::int64_t end, double min_price_ratio);

/// Somebody takes `item`, which has a price and a leaf; baskets before `end` are known.
struct AcceptanceQuery {
    const PurchaseHistory& history;
    const Catalog& catalog;
    const PriceModel& price;
    std::int32_t item = 0;
    std::int32_t customer = IdMap::unknown;
    std::int64_t end = 0;
    std::int64_t now = unknown_time;  ///< unknown_time where times are no dates
};

/// A customer's baskets before a query, as seen from its item. Purchases are baskets with an item.
struct OwnPast {
    struct Item {
        std::int32_t item = 0;
        double purchases = 0;
        double recent = 0;  ///< half-life of four of the customer's baskets with the leaf
    };

    std::vector<Item> items;                              ///< of the leaf
    double baskets = 0, dearer = 0;                       ///< with the leaf; of them as dear as min_price_ratio asks
    double recent_baskets = 0, recent_dearer = 0;         ///< the same, half-life of four
    double left = 0, left_up = 0;                         ///< returns after the item; of them up
    double expected_up = 0, went_up = 0;                  ///< over all leaves, by the items' rates and in truth
    std::int64_t last = unknown_time;                     ///< time of the last basket with the leaf
    std::unordered_map<std::int32_t, double> leaf_maker;  ///< purchases of the leaf by maker
    std::unordered_map<std::int32_t, double> maker;       ///< all purchases by maker
    std::unordered_map<std::int32_t, double> brand;       ///< all purchases by brand
    double branded = 0;                                   ///< purchases whose brand is known

    /// ln(1 + days since the last basket with the leaf); 0 where that is not known.
    double since_last(const AcceptanceQuery& query) const;
};

/// Nothing for IdMap::unknown.
OwnPast own_past(const AcceptanceModel& model, const AcceptanceQuery& query);

/// The facts but `choice`, which is left 0. Those that need the customer are 0 without purchases of the leaf.
AcceptanceRow acceptance_facts_of(const AcceptanceModel& model, const AcceptanceQuery& query, const OwnPast& past);

/// ln(p / (1 - p)), p kept within 1e-4 .. 1 - 1e-4.
double log_odds(double p);

/// Rows of the makers: manufacturers, or brands in a catalog without manufacturers; may be empty.
std::span<const std::int32_t> makers(const Catalog& catalog);

}  // namespace crosslift
