// The judge's protocol once more, written for clarity over ids and maps: what the library's evaluation is compared
// with.
#pragma once

#include <crosslift/catalog.hpp>
#include <crosslift/transactions.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace crosslift::testing {

using ItemSet = std::set<std::string>;

/// One basket as a person would write it down.
struct PlainBasket {
    std::string id;
    std::string customer;
    std::int64_t time = 0;
    std::int64_t arrival = 0;
    ItemSet items;
};

/// Baskets in the order of time, ties by arrival.
inline std::vector<PlainBasket> plain_baskets(const Transactions& transactions) {
    std::map<std::int32_t, PlainBasket> by_row;
    for (std::size_t n = 0; n < transactions.basket().size(); ++n) {
        const std::int32_t row = transactions.basket()[n];
        PlainBasket& basket = by_row[row];
        basket.id = transactions.baskets()[row];
        basket.arrival = row;
        if (transactions.customer()[n] != IdMap::unknown) {
            basket.customer = transactions.customers()[transactions.customer()[n]];
        }
        if (!transactions.time().empty()) basket.time = transactions.time()[n];
        basket.items.insert(std::string(transactions.items()[transactions.item()[n]]));
    }
    std::vector<PlainBasket> baskets;
    for (auto& [row, basket] : by_row) baskets.push_back(std::move(basket));
    std::stable_sort(baskets.begin(), baskets.end(),
                     [](const PlainBasket& a, const PlainBasket& b) { return a.time < b.time; });
    return baskets;
}

/// Pair counts over training baskets of two items or more, by brute force.
struct PlainCounts {
    double baskets = 0;
    std::map<std::string, double> count;
    std::map<std::pair<std::string, std::string>, double> together;

    explicit PlainCounts(const std::vector<PlainBasket>& train) {
        for (const auto& basket : train) {
            if (basket.items.size() < 2) continue;
            baskets += 1;
            for (const auto& i : basket.items) {
                count[i] += 1;
                for (const auto& j : basket.items) {
                    if (i != j) together[{i, j}] += 1;
                }
            }
        }
    }
    double of(const std::string& i) const { return count.contains(i) ? count.at(i) : 0; }
    double both(const std::string& i, const std::string& j) const {
        return together.contains({i, j}) ? together.at({i, j}) : 0;
    }
};

/// Inverse of a small dense matrix in float64 (Gauss-Jordan, rows swapped for the largest pivot).
inline std::vector<std::vector<double>> plain_inverse(std::vector<std::vector<double>> a) {
    const std::size_t n = a.size();
    std::vector<std::vector<double>> inverse(n, std::vector<double>(n));
    for (std::size_t i = 0; i < n; ++i) inverse[i][i] = 1;
    for (std::size_t c = 0; c < n; ++c) {
        std::size_t pivot = c;
        for (std::size_t r = c; r < n; ++r) {
            if (std::abs(a[r][c]) > std::abs(a[pivot][c])) pivot = r;
        }
        std::swap(a[c], a[pivot]);
        std::swap(inverse[c], inverse[pivot]);
        const double scale = a[c][c];
        for (std::size_t k = 0; k < n; ++k) {
            a[c][k] /= scale;
            inverse[c][k] /= scale;
        }
        for (std::size_t r = 0; r < n; ++r) {
            const double factor = a[r][c];
            if (r == c || factor == 0) continue;
            for (std::size_t k = 0; k < n; ++k) {
                a[r][k] -= factor * a[c][k];
                inverse[r][k] -= factor * inverse[c][k];
            }
        }
    }
    return inverse;
}

/// EASE's item-item weights by ids.
inline std::map<std::pair<std::string, std::string>, double> plain_ease(const PlainCounts& counts, double lambda) {
    std::vector<std::string> items;
    for (const auto& [item, count] : counts.count) items.push_back(item);
    std::vector<std::vector<double>> gram(items.size(), std::vector<double>(items.size()));
    for (std::size_t i = 0; i < items.size(); ++i) {
        for (std::size_t j = 0; j < items.size(); ++j) gram[i][j] = counts.both(items[i], items[j]);
        gram[i][i] = counts.of(items[i]) + lambda;
    }
    const auto p = plain_inverse(gram);
    std::map<std::pair<std::string, std::string>, double> weights;
    for (std::size_t i = 0; i < items.size(); ++i) {
        for (std::size_t j = 0; j < items.size(); ++j) {
            if (i != j) weights[{items[i], items[j]}] = -p[i][j] / p[j][j];
        }
    }
    return weights;
}

/// Score of item j for a query.
using PlainScore = std::function<double(const ItemSet& query, const std::string& j)>;

/// Metrics by name, and what they are sums over.
using PlainMetrics = std::map<std::string, double>;

inline std::string plain_leaf(const Catalog& catalog, const std::string& item) {
    const std::int32_t row = catalog.items().find(item);
    if (row == IdMap::unknown || catalog.leaf(row) == IdMap::unknown) return {};
    return std::string(catalog.leaves()[catalog.leaf(row)]);
}

/// The same where it depends on the customer ("" = not known).
using PlainCustomerScore =
    std::function<double(const std::string& customer, const ItemSet& query, const std::string& j)>;

/// Judges one method on every leave-one-out query of the later baskets, none left out.
inline PlainMetrics plain_basket_completion(const Transactions& train, const Transactions& later,
                                            const Catalog& catalog, const PlainCustomerScore& score) {
    std::map<std::string, ItemSet> bought;
    for (const auto& basket : plain_baskets(train))
        bought[basket.customer].insert(basket.items.begin(), basket.items.end());
    const PlainCounts counts(plain_baskets(train));
    PlainMetrics sums;
    PlainMetrics below;
    ItemSet covered;
    for (const auto& basket : plain_baskets(later)) {
        ItemSet known;
        for (const auto& item : basket.items) {
            if (train.items().find(item) != IdMap::unknown) known.insert(item);
        }
        if (known.size() < 2) continue;
        for (const auto& target : known) {
            ItemSet query = known;
            query.erase(target);
            ItemSet leaves;
            for (const auto& item : query) leaves.insert(plain_leaf(catalog, item));
            leaves.erase("");

            std::vector<std::string> ranked;
            for (std::int32_t i = 0; i < train.items().size(); ++i) {
                if (!query.contains(std::string(train.items()[i]))) ranked.emplace_back(train.items()[i]);
            }
            std::map<std::string, double> scores;
            for (const auto& item : ranked) scores[item] = score(basket.customer, query, item);
            std::stable_sort(ranked.begin(), ranked.end(),
                             [&](const auto& a, const auto& b) { return scores[a] > scores[b]; });
            const auto place = [&](const std::vector<std::string>& list) {
                return static_cast<double>(std::find(list.begin(), list.end(), target) - list.begin()) + 1;
            };
            const double at = place(ranked);
            const double hit10 = at <= 10 ? 1 : 0;
            const double price = catalog.price()[static_cast<std::size_t>(catalog.items().find(target))];
            const bool crosses = !leaves.contains(plain_leaf(catalog, target));
            const bool customer_known = !basket.customer.empty() && bought.contains(basket.customer);
            const bool again = customer_known && bought[basket.customer].contains(target);

            const auto add = [&](const std::string& name, double above, double weight) {
                sums[name] += above;
                below[name] += weight;
            };
            const auto add_gains = [&](const std::string& segment, double place_of_target) {
                for (const int k : {1, 5, 10, 20}) add(segment + "hr@" + std::to_string(k), place_of_target <= k, 1);
                for (const int k : {10, 20}) {
                    add(segment + "ndcg@" + std::to_string(k),
                        place_of_target <= k ? 1 / std::log2(place_of_target + 1) : 0, 1);
                }
                add(segment + "mrr", 1 / place_of_target, 1);
            };
            add_gains("", at);
            add_gains(crosses ? "cross_leaf_" : "in_leaf_", at);
            if (customer_known) {
                add_gains("known_customer_", at);
                add_gains(again ? "bought_before_" : "new_to_customer_", at);
            }
            add("price_weighted_hr@10", hit10 * price, price);
            double same = 0;
            double popular = 0;
            for (std::size_t n = 0; n < 10; ++n) {
                covered.insert(ranked[n]);
                same += leaves.contains(plain_leaf(catalog, ranked[n])) ? 0.1 : 0;
                popular += 0.1 * counts.of(ranked[n]) / counts.baskets;
            }
            add("substitute_rate@10", same, 1);
            add("mean_popularity@10", popular, 1);
            if (!crosses) continue;
            std::erase_if(ranked, [&](const auto& item) { return leaves.contains(plain_leaf(catalog, item)); });
            add_gains("other_leaves_", place(ranked));
        }
    }
    PlainMetrics result;
    for (const auto& [name, sum] : sums) result[name] = sum / below[name];
    result["coverage@10"] = static_cast<double>(covered.size()) / train.items().size();
    result["queries"] = below["hr@1"];
    return result;
}

inline PlainMetrics plain_basket_completion(const Transactions& train, const Transactions& later,
                                            const Catalog& catalog, const PlainScore& score) {
    const auto anonymous = [&](const std::string&, const ItemSet& query, const std::string& j) {
        return score(query, j);
    };
    return plain_basket_completion(train, later, catalog, PlainCustomerScore(anonymous));
}

}  // namespace crosslift::testing
