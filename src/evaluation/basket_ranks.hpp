// Ranks of the targets by each method: the classic baselines, EASE over its grid, the engine.
#pragma once

#include "evaluation/basket_queries.hpp"
#include "evaluation/steps.hpp"

#include <crosslift/offers.hpp>

#include <array>
#include <cstdint>
#include <span>
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
    std::vector<std::int32_t> leaf;  ///< per item of training, -1 unknown; empty without categories
    std::int32_t leaves = 0;
    std::vector<std::uint8_t> crosses;  ///< per query: its target lies in no leaf of the query
    int threads = 0;
    std::stop_token stop;
};

/// Popularity, co-count, lift and cosine, from the training baskets with two items or more.
std::vector<BasketRanks> rank_by_counts(const BasketTask& task, const CsrView& train_baskets);

/// EASE, the lambda of `grid` with the highest hit rate at 10 on these queries (ties: nDCG@10, then the smaller).
/// Taken over at most `max_items` best sellers; the others score 0. One step per lambda; adds to `notes` what was
/// tried.
BasketRanks rank_by_ease(const BasketTask& task, const CsrView& train_baskets, std::span<const double> grid,
                         std::int64_t max_items, Steps& steps, std::vector<std::string>& notes);

/// The engine, without or with the customers of the baskets. Items that the engine does not know are not ranked.
BasketRanks rank_by_engine(const BasketTask& task, const OfferEngine& engine, const IdMap& items, bool personal);

}  // namespace crosslift::evaluation
