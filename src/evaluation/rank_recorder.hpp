// Turns the scores of one query into the numbers that are kept of it.
#pragma once

#include "evaluation/basket_ranks.hpp"
#include "evaluation/ranking_metrics.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace crosslift::evaluation {

inline BasketRanks make_ranks(std::string method, const BasketTask& task) {
    BasketRanks ranks;
    ranks.method = std::move(method);
    ranks.rank.resize(task.queries.queries.size());
    ranks.other_leaf_rank.resize(ranks.rank.size());
    ranks.best.resize(ranks.rank.size());
    return ranks;
}

/// Writes query q of `ranks`. `items` is the query's basket without its target; `scores` (one per item) is spoiled.
/// Calls for different queries may run at once.
template <class T>
void record(const BasketTask& task, std::size_t q, std::span<const std::int32_t> items, std::span<T> scores,
            BasketRanks& ranks) {
    const std::int32_t target = task.queries.queries[q].target;
    for (const std::int32_t item : items) scores[static_cast<std::size_t>(item)] = not_ranked<T>;
    ranks.rank[q] = rank_of<T>(scores, target);
    best_positions<T>(scores, ranks.best[q]);
    ranks.other_leaf_rank[q] = ranks.rank[q];
    if (task.crosses[q] == 0 || task.leaf.empty()) return;
    std::vector<std::uint8_t> taken(static_cast<std::size_t>(task.leaves) + 1);  // the last: items without a leaf
    const auto place = [&](std::size_t item) {
        return static_cast<std::size_t>(task.leaf[item] < 0 ? task.leaves : task.leaf[item]);
    };
    for (const std::int32_t item : items) taken[place(static_cast<std::size_t>(item))] = 1;
    taken.back() = 0;
    for (std::size_t j = 0; j < scores.size(); ++j) {
        if (taken[place(j)] != 0) scores[j] = not_ranked<T>;
    }
    ranks.other_leaf_rank[q] = rank_of<T>(scores, target);
}

}  // namespace crosslift::evaluation
