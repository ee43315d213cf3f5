#include "evaluation/leaf_returns.hpp"

#include "evaluation/leaf_walk.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace crosslift::evaluation {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

/// Price of the dearest item of each leaf in a basket.
std::map<std::int32_t, float> dearest(std::span<const std::int32_t> basket, const ItemFacts& items) {
    std::map<std::int32_t, float> prices;
    for (const std::int32_t item : basket) {
        const std::int32_t leaf = items.leaf[idx(item)];
        if (leaf < 0 || std::isnan(items.price[idx(item)])) continue;
        const auto [at, first] = prices.try_emplace(leaf, items.price[idx(item)]);
        if (!first) at->second = std::max(at->second, items.price[idx(item)]);
    }
    return prices;
}

}  // namespace

std::vector<LeafReturn> find_leaf_returns(const PurchaseHistory& history, std::int64_t begin, const ItemFacts& items,
                                          double min_price_ratio) {
    std::vector<LeafReturn> found;
    LeafWalk walk(items);
    for (std::int32_t customer = 0; customer < history.customers; ++customer) {
        walk.begin(customer);
        for (const std::int32_t basket : history.customer_baskets.view().row(customer)) {
            const auto bought = history.baskets.view().row(basket);
            if (basket >= begin) {
                for (const auto& [leaf, price] : dearest(bought, items)) {
                    const std::int32_t from = walk.leaf(leaf).last;
                    if (from < 0) continue;
                    const double bar = min_price_ratio * static_cast<double>(items.price[idx(from)]);
                    found.push_back({customer, basket, from, static_cast<double>(price) >= bar});
                }
            }
            walk.pass(bought);
        }
    }
    return found;
}

UpShares count_up_shares(const PurchaseHistory& train, const ItemFacts& items, double min_price_ratio) {
    std::vector<std::vector<float>> prices(idx(items.leaves));
    for (std::int64_t basket = 0; basket < train.basket_count(); ++basket)
        for (const auto& [leaf, price] : dearest(train.baskets.view().row(basket), items))
            prices[idx(leaf)].push_back(price);
    for (auto& leaf : prices) std::ranges::sort(leaf);
    std::vector<double> returns(items.leaf.size()), ups(items.leaf.size());
    for (const LeafReturn& it : find_leaf_returns(train, 0, items, min_price_ratio)) {
        returns[idx(it.from)] += 1;
        ups[idx(it.from)] += it.up ? 1 : 0;
    }
    UpShares shares{std::vector<double>(items.leaf.size()), std::vector<double>(items.leaf.size())};
    double expected = 0, went_up = 0;
    for (std::size_t i = 0; i < items.leaf.size(); ++i) {
        if (items.leaf[i] < 0 || std::isnan(items.price[i])) continue;
        const auto& leaf = prices[idx(items.leaf[i])];
        const double bar = min_price_ratio * static_cast<double>(items.price[i]);
        const auto dearer = std::ranges::count_if(leaf, [&](float price) { return static_cast<double>(price) >= bar; });
        shares.dearer_share[i] = (static_cast<double>(dearer) + 1) / (static_cast<double>(leaf.size()) + 2);
        expected += returns[i] * shares.dearer_share[i];
        went_up += ups[i];
    }
    const double scale = expected > 0 ? went_up / expected : 1;
    for (std::size_t i = 0; i < items.leaf.size(); ++i)
        shares.item_rate[i] = (ups[i] + 10 * std::min(1.0, scale * shares.dearer_share[i])) / (returns[i] + 10);
    return shares;
}

}  // namespace crosslift::evaluation
