#include "offers/trade_ups.hpp"

#include <cmath>

namespace crosslift {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

/// What one customer at a time bought so far. Marks of earlier customers are void because they carry another row.
class Walk {
public:
    Walk(const PurchaseHistory& history, const PriceModel& price, double min_price_ratio)
        : price_(price),
          min_price_ratio_(min_price_ratio),
          buyer_(idx(history.items()), IdMap::unknown),
          leaves_(idx(price.purchases.cols)) {}

    void find(std::int32_t customer, std::span<const std::int32_t> basket, std::vector<TradeUp>& result) {
        for (const std::int32_t item : basket) {
            if (!priced(item) || buyer_[idx(item)] == customer) continue;
            const Leaf& leaf = leaves_[idx(price_.leaf[idx(item)])];
            if (leaf.customer != customer) continue;
            const double bar = min_price_ratio_ * static_cast<double>(price_.price[idx(leaf.last)]);
            if (static_cast<double>(price_.price[idx(item)]) >= bar) result.push_back({customer, leaf.last, item});
        }
    }

    void pass(std::int32_t customer, std::int32_t basket, std::span<const std::int32_t> items) {
        for (const std::int32_t item : items) {
            buyer_[idx(item)] = customer;
            if (!priced(item)) continue;
            Leaf& leaf = leaves_[idx(price_.leaf[idx(item)])];
            if (leaf.customer == customer && leaf.basket == basket &&
                price_.price[idx(leaf.last)] >= price_.price[idx(item)])
                continue;
            leaf = {customer, basket, item};
        }
    }

private:
    struct Leaf {
        std::int32_t customer = IdMap::unknown;
        std::int32_t basket = IdMap::unknown;
        std::int32_t last = IdMap::unknown;
    };

    bool priced(std::int32_t item) const { return price_.leaf[idx(item)] >= 0 && !std::isnan(price_.price[idx(item)]); }

    const PriceModel& price_;
    double min_price_ratio_;
    std::vector<std::int32_t> buyer_;
    std::vector<Leaf> leaves_;
};

}  // namespace

std::vector<TradeUp> find_trade_ups(const PurchaseHistory& history, const PriceModel& price, std::int64_t begin,
                                    std::int64_t end, double min_price_ratio) {
    std::vector<TradeUp> result;
    Walk walk(history, price, min_price_ratio);
    for (std::int32_t customer = 0; customer < history.customers; ++customer) {
        for (const std::int32_t basket : history.customer_baskets.view().row(customer)) {
            if (basket >= end) break;
            const auto items = history.baskets.view().row(basket);
            if (basket >= begin) walk.find(customer, items, result);
            walk.pass(customer, basket, items);
        }
    }
    return result;
}

}  // namespace crosslift
