// The score of one item for one query. Every path to an answer adds the products in the order of the factors, so that
// the same question has the same bits in a batch and alone.
#pragma once

#include "cuda/tile.cuh"
#include "cuda/top_k.hpp"
#include "formulas/eligibility.hpp"

namespace crosslift::cuda {

/// Sums a tile of scores without bias: items item0 .. along the rows, queries query0 .. along the columns.
template <class Product>
__device__ void score_tile(typename Product::Shared& s, typename Product::Sum& sum, const TopKProblem& problem,
                           std::int64_t item0, std::int64_t query0, std::int64_t query_end) {
    const std::int64_t d = problem.items.factors.cols;
    const auto item = [&](std::int64_t k, int i) {
        return k < d && item0 + i < problem.items.factors.rows ? problem.items.factors.row(item0 + i)[k] : 0.0F;
    };
    const auto query = [&](std::int64_t k, int j) {
        return k < d && query0 + j < query_end ? problem.queries.row(query0 + j)[k] : 0.0F;
    };
    Product::template multiply<Product::Walk::depth, Product::Walk::depth>(s, sum, d, item, query);
}

__device__ inline float with_bias(const TopKProblem& problem, std::int64_t item, float sum) {
    return problem.items.bias == nullptr ? sum : sum + problem.items.bias[item];
}

/// May this item be an answer to this query?
__device__ inline bool may_offer(const TopKProblem& problem, std::int64_t query, std::int64_t item) {
    return formulas::eligible(problem.filters[problem.one_filter ? 0 : query], static_cast<std::int32_t>(item),
                              problem.items.category == nullptr ? -1 : problem.items.category[item],
                              problem.items.price == nullptr ? NAN : problem.items.price[item]);
}

}  // namespace crosslift::cuda
