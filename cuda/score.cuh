// The score of one item for one query. Every path to an answer adds the products in the order of the factors, so that
// the same question has the same bits in a batch and alone.
#pragma once

#include "cuda/tile.cuh"
#include "cuda/top_k.hpp"
#include "formulas/eligibility.hpp"

#include <cstdint>

namespace crosslift::cuda {

/// Which query stands at a place.
__device__ inline std::int64_t query_at(const TopKProblem& problem, std::int64_t place) {
    return problem.order == nullptr ? place : problem.order[place];
}

/// Which row of the catalog stands at a place.
__device__ inline std::int32_t row_at(const TopKProblem& problem, std::int64_t place) {
    return problem.items.rows == nullptr ? static_cast<std::int32_t>(place) : problem.items.rows[place];
}

/// Numbers k .. k + 4 of a row of `factors` numbers, 0 beyond; `aligned`: rows begin at multiples of 16 bytes.
__device__ inline float4 four_of(const float* row, int k, int factors, bool aligned) {
    if (aligned && k + 4 <= factors) return *reinterpret_cast<const float4*>(row + k);
    return {k < factors ? row[k] : 0.0F, k + 1 < factors ? row[k + 1] : 0.0F, k + 2 < factors ? row[k + 2] : 0.0F,
            k + 3 < factors ? row[k + 3] : 0.0F};
}

__device__ inline bool is_aligned(const backend::DenseView& rows) {
    return reinterpret_cast<std::uintptr_t>(rows.data) % 16 == 0 && rows.stride % 4 == 0;
}

/// Sums a tile of scores without bias: items at places item0 .. along the rows, queries at places query0 .. along the
/// columns.
template <class Product>
__device__ void score_tile(typename Product::Shared& s, typename Product::Sum& sum, const TopKProblem& problem,
                           std::int64_t item0, std::int64_t query0, std::int64_t query_end) {
    const backend::DenseView& factors = problem.items.factors;
    const int d = static_cast<int>(factors.cols);
    const bool items_aligned = is_aligned(factors);
    const bool queries_aligned = is_aligned(problem.queries);
    const auto item = [&](int k, int i) {
        return item0 + i < factors.rows ? four_of(factors.row(item0 + i), k, d, items_aligned) : float4{};
    };
    const auto query = [&](int k, int j) {
        return query0 + j < query_end
                   ? four_of(problem.queries.row(query_at(problem, query0 + j)), k, d, queries_aligned)
                   : float4{};
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
