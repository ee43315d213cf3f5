// Pair counts over training baskets and the three classic methods read from them.
#pragma once

#include <crosslift/sparse.hpp>

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace crosslift::evaluation {

/// How often items were bought, alone and in pairs, over the baskets with two items or more.
struct CoCounts {
    CsrMatrix pairs;            ///< items x items, zero diagonal: baskets with both; counts are exact in float
    std::vector<double> count;  ///< per item: baskets with it
    std::int64_t baskets = 0;
};

CoCounts count_pairs(const CsrView& baskets, int threads, const std::stop_token& stop);

/// Scores of the three methods for one basket, one number per item:
///   co-count   sum over i in the basket of C_ij / n_i                      (P(j | i))
///   lift       sum of C_ij N / (n_i n_j), pairs with C_ij >= 3 only
///   cosine     sum of C_ij / sqrt(n_i n_j)                                 (item-kNN with all neighbours)
struct CoCountScores {
    std::vector<double> co_count, lift, cosine;
};

/// Overwrites `scores`; the same bits for the same basket whatever was scored before.
void score_basket(const CoCounts& counts, std::span<const std::int32_t> basket, CoCountScores& scores);

}  // namespace crosslift::evaluation
