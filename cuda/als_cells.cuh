// What the ALS kernels share: the numbers of one stored cell and of one row.
#pragma once

#include "cuda/als_solve.hpp"
#include "cuda/intrinsics.cuh"
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

/// Factors the leading `size` x `size` block of a warp's rows in place: lane l holds row l as `row`, its diagonal
/// number before any elimination as `diagonal`, and `right` of the right-hand side. Afterwards row[l] is the inverse of
/// the diagonal number of the factor (0 where nothing is left of it), and `right` is the solution of the lower system.
/// The whole warp calls it; lanes beyond `size` hold zeros. Columns are eliminated before they are scaled, so that no
/// root stands between one step and the next.
template <int size>
__device__ void factor_in_warp(float (&row)[size], float diagonal, float& right) {
    constexpr float smallest_number = 1e-30F;
    const int lane = lane_of_warp();
    const float least = fmaxf(smallest_pivot * diagonal, smallest_number);
    float pivot = 0;  // this lane's own
#pragma unroll
    for (int k = 0; k < size; ++k) {
        const float taken = __shfl_sync(whole_warp, row[k], k);
        const float solved = __shfl_sync(whole_warp, right, k);
        const float scaled = taken > __shfl_sync(whole_warp, least, k) ? row[k] * fast_reciprocal(taken) : 0.0F;
        if (lane == k) pivot = taken;
        if (lane > k) right = fmaf(-scaled, solved, right);
#pragma unroll
        for (int j = k + 1; j < size; ++j) {
            const float other = __shfl_sync(whole_warp, row[k], j);
            if (lane >= j) row[j] = fmaf(-scaled, other, row[j]);
        }
    }
    const float root = pivot > least ? 1.0F / sqrtf(pivot) : 0.0F;
    right *= root;
#pragma unroll
    for (int k = 0; k < size; ++k) {
        const float scale = __shfl_sync(whole_warp, root, k);
        row[k] = lane == k ? scale : row[k] * scale;
    }
}

/// Solves numbers[0..size) of one row below a factored block: x L' = numbers. Numbers L(m .. , m) of the factor lie at
/// column(m) + m, in float4s from column(m) on, the inverse of L(m, m) first.
template <int size, class Column>
__device__ void solve_row(float (&numbers)[size], const Column& column) {
#pragma unroll
    for (int m = 0; m < size; ++m) {
        float lower[size];
#pragma unroll
        for (int k = m / 4 * 4; k < size; k += 4) {
            const float4 four = *reinterpret_cast<const float4*>(column(m) + k);
            lower[k] = four.x;
            lower[k + 1] = four.y;
            lower[k + 2] = four.z;
            lower[k + 3] = four.w;
        }
        numbers[m] *= lower[m];
#pragma unroll
        for (int k = m + 1; k < size; ++k) numbers[k] = fmaf(-numbers[m], lower[k], numbers[k]);
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
