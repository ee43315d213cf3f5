// The score of one item for one query. Every path to an answer adds the products in the order of the factors, so that
// the same question has the same bits in a batch and alone.
#pragma once

#include "cuda/tile.cuh"
#include "cuda/top_k.hpp"
#include "formulas/eligibility.hpp"

namespace crosslift::cuda {

/// Which query stands at a place.
__device__ inline std::int64_t query_at(const TopKProblem& problem, std::int64_t place) {
    return problem.order == nullptr ? place : problem.order[place];
}

/// Which row of the catalog stands at a place.
__device__ inline std::int32_t row_at(const TopKProblem& problem, std::int64_t place) {
    return problem.items.rows == nullptr ? static_cast<std::int32_t>(place) : problem.items.rows[place];
}

/// Sums a tile of scores without bias: items at places item0 .. along the rows, queries at places query0 .. along the
/// columns.
template <class Product>
__device__ void score_tile(typename Product::Shared& s, typename Product::Sum& sum, const TopKProblem& problem,
                           std::int64_t item0, std::int64_t query0, std::int64_t query_end) {
    const std::int64_t d = problem.items.factors.cols;
    const auto item = [&](std::int64_t k, int i) {
        return k < d && item0 + i < problem.items.factors.rows ? problem.items.factors.row(item0 + i)[k] : 0.0F;
    };
    const auto query = [&](std::int64_t k, int j) {
        return k < d && query0 + j < query_end ? problem.queries.row(query_at(problem, query0 + j))[k] : 0.0F;
    };
    Product::template multiply<Product::Walk::depth, Product::Walk::depth>(s, sum, d, item, query);
}

__device__ inline float with_bias(const TopKProblem& problem, std::int64_t item, float sum) {
    return problem.items.bias == nullptr ? sum : sum + problem.items.bias[item];
}

/// May this row of the catalog be an answer to the query at this place?
__device__ inline bool may_offer(const TopKProblem& problem, std::int64_t query, std::int32_t row) {
    return formulas::eligible(problem.filters[problem.one_filter ? 0 : query_at(problem, query)], row,
                              problem.items.category == nullptr ? -1 : problem.items.category[row],
                              problem.items.price == nullptr ? NAN : problem.items.price[row]);
}

}  // namespace crosslift::cuda
