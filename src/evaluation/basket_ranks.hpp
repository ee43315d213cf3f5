// Places of the targets in one method's rankings.
#pragma once

#include "evaluation/basket_queries.hpp"
#include "evaluation/scorer.hpp"

#include <array>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace crosslift::evaluation {

constexpr int list_length = 10;

/// What one method did with every query.
struct BasketRanks {
    std::string method;
    std::vector<std::int32_t> rank;             ///< place of the target among all items but the query's, 0 = first
    std::vector<std::int32_t> other_leaf_rank;  ///< the same with the query's leaves taken out; only for targets that
                                                ///< lie in none of them
    std::vector<std::array<std::int32_t, list_length>> best;  ///< the first ten, -1 where there are fewer
};

/// The query's surroundings that every method shares.
struct BasketTask {
    const BasketQueries& queries;
    const std::vector<std::int32_t>& leaf;  ///< per item of training, -1 unknown; empty without categories
    std::int32_t leaves = 0;
    std::vector<std::uint8_t> crosses;  ///< per query: its target lies in no leaf of the query
    int threads = 0;
    std::stop_token stop;
};

BasketTask make_basket_task(const BasketQueries& queries, const std::vector<std::int32_t>& leaf, std::int32_t leaves,
                            int threads, const std::stop_token& stop);

/// Ranks every query by the scorer's numbers.
BasketRanks rank_by(std::string method, const BasketTask& task, const Scorer& scorer);

/// Mean hit rate at 10 and mean of 1 / log2(place + 1) over the whole ranking: what tuning maximises, and its
/// tie-break.
std::pair<double, double> merit(const BasketRanks& ranks);

}  // namespace crosslift::evaluation
