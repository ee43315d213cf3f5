// Which item of a leaf a customer takes next: alternatives and their facts, for a conditional logit.
#pragma once

#include "offers/acceptance_facts.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace crosslift {

/// Facts of an alternative, in the order of leaf_choice_facts(): first those of the items alone. q is the item taken
/// now. Sales are baskets before the query; a fact whose column is missing is 0.
enum class LeafChoiceFact : std::size_t {
    same_item,        ///< 1 if it is q
    same_maker,       ///< 1 if q has it too and this is another item; maker = manufacturer, or brand without those
    same_brand,       ///< likewise
    same_pack_size,   ///< likewise, by the text
    price_distance,   ///< |ln(price / price of q)|, at most 2
    level,            ///< price level in the leaf (PriceModel)
    sales,            ///< ln(1 + baskets)
    sales_7d,         ///< ln(1 + baskets of the last 7 days); 0 where times are no dates
    sales_28d,        ///< 28 days
    sales_90d,        ///< 90 days
    own_purchases,    ///< ln(1 + customer's purchases)
    own_recent,       ///< ln(1 + the same with half-life of four of their baskets with the leaf)
    bought,           ///< 1 if the customer bought it before
    bought_since,     ///< bought * ln(1 + days since their last basket with the leaf)
    price_level,      ///< customer's usual level in the leaf * level
    maker_purchases,  ///< ln(1 + customer's purchases of the maker in the leaf)
    maker_anywhere,   ///< ln(1 + customer's purchases of the maker)
    brand_share,      ///< ln of the share of the brand among the customer's purchases, one added to each side
    count,
};

constexpr std::size_t leaf_choice_fact_count = static_cast<std::size_t>(LeafChoiceFact::count);
constexpr std::size_t anonymous_choice_fact_count = static_cast<std::size_t>(LeafChoiceFact::own_purchases);

std::vector<std::string> leaf_choice_facts();

/// What the next item of the leaf may be: AcceptanceModel::leaf_items and what the customer bought of the leaf.
std::vector<std::int32_t> leaf_alternatives(const AcceptanceModel& model, const AcceptanceQuery& query,
                                            const OwnPast& past);

/// alternatives x leaf_choice_fact_count.
std::vector<double> leaf_choice_rows(const AcceptanceQuery& query, const OwnPast& past,
                                     std::span<const std::int32_t> alternatives);

/// The fact AcceptanceFact::choice: log-odds of the softmax mass of the alternatives that are min_price_ratio dearer,
/// p kept within 1e-3 .. 1 - 1e-3. `weights` are of the first facts; 0 without weights.
double dearer_choice(const AcceptanceModel& model, const AcceptanceQuery& query, const OwnPast& past,
                     std::span<const double> weights);

}  // namespace crosslift
