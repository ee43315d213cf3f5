// What the ALS kernels share: the numbers of one stored cell and of one row.
#pragma once

#include "cuda/als_solve.hpp"
#include "cuda/threads.cuh"
#include "formulas/als.hpp"

namespace crosslift::cuda {

struct CellWeights {
    float weight;  ///< w: of the square
    float target;  ///< t: of the pull towards 1
};

__device__ inline CellWeights cell_weights(const AlsProblem& problem, std::int64_t cell) {
    const float r = problem.rows.values == nullptr ? 1.0F : problem.rows.values[cell];
    return {formulas::als_weight(problem.alpha, r), formulas::als_target(problem.target_offset, problem.alpha, r)};
}

/// The number that the dense part adds at (i, j) of a window's matrix: background * gram plus the ridge on the
/// diagonal. Beyond the last factor the matrix is that of the identity, so that padding solves to zero. `gram` points
/// at the Gram matrix's number, and is read within the window only.
__device__ inline float dense_part(const AlsProblem& problem, const Window& window, float ridge, int i, int j,
                                   const float* gram) {
    if (i >= window.used || j >= window.used) return i == j ? 1.0F : 0.0F;
    const float sum = problem.background * *gram;
    return i == j ? sum + ridge : sum;
}

__device__ inline float dense_part(const AlsProblem& problem, const Window& window, float ridge, int i, int j) {
    return dense_part(problem, window, ridge, i, j, problem.gram.row(window.first + i) + window.first + j);
}

/// What all factors `x` of a row take from number i of a block's right-hand side: (background G x + ridge x)_i.
__device__ inline float dense_side(const AlsProblem& problem, const Window& window, float ridge, const float* x,
                                   int i) {
    if (i >= window.used) return 0.0F;
    float sum = 0;
    for (int k = 0; k < problem.out.cols; ++k) sum = fmaf(problem.gram.row(k)[window.first + i], x[k], sum);
    return fmaf(problem.background, sum, ridge * x[window.first + i]);
}

/// Number `place` of a padded row of the fixed factors.
__device__ inline float fixed_at(const AlsProblem& problem, std::int64_t row, std::int64_t place) {
    const std::int64_t at = row * problem.pitch + place;
    return problem.halves == nullptr ? problem.fixed[at] : *problem.half_scale * __half2float(problem.halves[at]);
}

/// y.x over a window of one cell's factors. The whole warp calls it.
__device__ inline float window_score(const AlsProblem& problem, const Window& window, std::int64_t cell,
                                     const float* x) {
    const std::int64_t row = problem.rows.indices[cell];
    float sum = 0;
    for (int i = lane_of_warp(); i < window.used; i += warp_size)
        sum = fmaf(fixed_at(problem, row, window.place + i), x[i], sum);
    return warp_sum(sum);
}

/// 1 / sqrt of a pivot; 0 where nothing is left of its diagonal number.
__device__ inline float inverse_root(float pivot, float diagonal) {
    return pivot > smallest_pivot * diagonal ? 1.0F / sqrtf(pivot) : 0.0F;
}

/// Factors the leading `size` x `size` block of a warp's rows in place: lane l holds row l as `row`, its diagonal
/// number before any elimination as `diagonal`, and `right` of the right-hand side. Afterwards row[l] is the inverse of
/// the diagonal number of the factor, and `right` is the solution of the lower system. The whole warp calls it; lanes
/// beyond `size` hold zeros.
template <int size>
__device__ void factor_in_warp(float (&row)[size], float diagonal, float& right) {
    const int lane = lane_of_warp();
#pragma unroll
    for (int k = 0; k < size; ++k) {
        const float inverse = __shfl_sync(whole_warp, inverse_root(row[k], diagonal), k);
        row[k] = lane == k ? inverse : row[k] * inverse;
        const float solved = __shfl_sync(whole_warp, right, k) * inverse;
        right = lane == k ? solved : lane > k ? fmaf(-row[k], solved, right) : right;
#pragma unroll
        for (int j = k + 1; j < size; ++j) {
            const float other = __shfl_sync(whole_warp, row[k], j);
            if (lane >= j) row[j] = fmaf(-row[k], other, row[j]);
        }
    }
}

/// Solves numbers[0..size) of one row below a factored block: x L' = numbers, with L(k, m) from `lower` and the
/// inverse of L(k, k) at lower(k, k).
template <int size, class Lower>
__device__ void solve_row(float (&numbers)[size], const Lower& lower) {
#pragma unroll
    for (int k = 0; k < size; ++k) {
        float sum = numbers[k];
#pragma unroll
        for (int m = 0; m < k; ++m) sum = fmaf(-numbers[m], lower(k, m), sum);
        numbers[k] = sum * lower(k, k);
    }
}

/// Solves the upper system of a factored block, L' x = z: lane l holds z[l] and gets x[l]. The whole warp calls it.
template <int size, class Lower>
__device__ float solve_upper_in_warp(float value, const Lower& lower) {
    const int lane = lane_of_warp();
    for (int k = size - 1; k >= 0; --k) {
        const float solved = __shfl_sync(whole_warp, value, k) * lower(k, k);
        if (lane == k)
            value = solved;
        else if (lane < k)
            value = fmaf(-lower(k, lane), solved, value);
    }
    return value;
}

}  // namespace crosslift::cuda
