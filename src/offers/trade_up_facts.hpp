// What a history says about customers and items, laid out for the features of a trade-up.
#pragma once

#include <crosslift/trade_up.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace crosslift {

/// Features of a candidate, in the order of trade_up_features().
enum class TradeUpFeature : std::size_t {
    baskets,          ///< ln(1 + baskets with the candidate)
    sales_7d,         ///< ln(1 + sum of 2^(-age / 7 days) over those baskets); 0 where times are no dates
    sales_28d,        ///< the same, 28 days
    sales_90d,        ///< the same, 90 days
    common_buyers,    ///< cosine of the two items' sets of customers; 0 across leaves
    taste_cosine,     ///< cosine of the two items' taste factors
    taste,            ///< inner product of the customer's and the candidate's taste factors
    price_level,      ///< customer's usual price level in the leaf * level of the candidate
    price_ratio,      ///< ln(price / price of the query item)
    maker_purchases,  ///< ln(1 + customer's purchases in the leaf of the candidate's maker)
    same_maker,       ///< as the query item; maker = manufacturer, or brand where the catalog has no manufacturer
    same_brand,
    same_pack_size,
    pack_size_ratio,  ///< ln(amount / amount of the query item), same unit, within -2 .. 2
    count,
};

constexpr std::size_t trade_up_feature_count = static_cast<std::size_t>(TradeUpFeature::count);

using TradeUpRow = std::array<double, trade_up_feature_count>;

class TradeUpFacts {
public:
    TradeUpFacts(const PurchaseHistory& history, const Catalog& catalog, const PriceModel& price,
                 const AlsModel& taste);

    std::int32_t items() const { return static_cast<std::int32_t>(price_.leaf.size()); }
    std::int32_t customers() const { return static_cast<std::int32_t>(bought_.rows); }
    std::int32_t leaf(std::int32_t item) const { return price_.leaf[static_cast<std::size_t>(item)]; }
    /// Regular price, NaN where unknown.
    float price(std::int32_t item) const { return price_.price[static_cast<std::size_t>(item)]; }
    bool was_sold(std::int32_t item) const { return sales_[static_cast<std::size_t>(item)][0] > 0; }
    bool has_bought(std::int32_t customer, std::int32_t item) const;

    /// One row of features per candidate; NaN where a price is missing. `item` and `customer` may be unknown.
    std::vector<TradeUpRow> features(std::int32_t item, std::span<const std::int32_t> candidates,
                                     std::int32_t customer) const;

private:
    void count_common_buyers();
    std::span<const std::int32_t> bought_in_leaf(std::int32_t customer, std::int32_t leaf) const;
    void add_pair(std::int32_t item, std::int32_t candidate, TradeUpRow& row) const;
    void add_personal(std::int32_t customer, std::int32_t candidate, double usual_level, TradeUpRow& row) const;

    PriceModel price_;
    Matrix customer_factors_, item_factors_;    // host, empty without a taste model
    std::vector<double> factor_norm_;           // per item
    std::vector<std::array<double, 4>> sales_;  // per item: the first four features
    std::vector<std::int32_t> maker_, brand_, size_text_;
    std::vector<PackSize> size_;
    CsrMatrix bought_;            // customers x items, each row by (leaf, item); values = baskets
    CsrMatrix common_buyers_;     // items x items of the same leaf; values = customers of both
    std::vector<double> buyers_;  // per item: customers
};

}  // namespace crosslift
