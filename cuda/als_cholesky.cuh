// Factors and solves one symmetric positive definite system that lies in device memory, by one block.
#pragma once

#include "cuda/als_cells.cuh"
#include "cuda/tile.cuh"

#include <cstdint>

namespace crosslift::cuda {

constexpr int solver_threads = 256;

struct CholeskyShared {
    using Product = Tile<256, 16>;
    static constexpr int panel = Product::cols;
    static_assert(Product::threads == solver_threads && panel % Product::stage == 0);

    Product::Shared product;
    alignas(16) float block[panel][panel + 4];  ///< factored block on the diagonal, by column
    float diagonal[most_factors];               ///< before any elimination
    float right[most_factors];
};

/// Factors and solves one row's system, left-looking: a panel of columns is brought up to date by one product with all
/// columns before it, its diagonal block is factored by one warp, and the rows below are solved by one thread each.
class Cholesky {
    using Product = CholeskyShared::Product;
    static constexpr int panel = CholeskyShared::panel;

public:
    __device__ Cholesky(float* matrix, int size)
        : s_(shared<CholeskyShared>()),
          matrix_(matrix),
          right_(matrix + static_cast<std::int64_t>(size) * size),
          size_(size) {}

    /// The solution is then in solution().
    __device__ void run() {
        for (int i = thread_of_block(); i < size_; i += solver_threads) {
            s_.diagonal[i] = *at(i, i);
            s_.right[i] = right_[i];
        }
        __syncthreads();
        for (int base = 0; base < size_; base += panel) {
            update_panel(base);
            update_right(base);
            __syncthreads();
            if (warp_of_block() == 0) factor_block(base);
            __syncthreads();
            solve_below(base);
            __syncthreads();
        }
        for (int base = size_ - panel; base >= 0; base -= panel) substitute(base);
    }

    __device__ const float* solution() const { return s_.right; }

private:
    __device__ float* at(int row, int col) const { return matrix_ + static_cast<std::int64_t>(row) * size_ + col; }

    /// Columns base .. base + panel minus L(:, 0 .. base) L(base .. base + panel, 0 .. base)'.
    __device__ void update_panel(int base) {
        if (base == 0) return;
        for (int row0 = base; row0 < size_; row0 += Product::rows) {
            Product::Sum sum = {};
            // `base` is a multiple of what the product is asked for at a time.
            const auto left = [&](int k, int i) {
                return row0 + i < size_ ? *reinterpret_cast<const float4*>(at(row0 + i, k)) : float4{};
            };
            const auto right = [&](int k, int j) { return *reinterpret_cast<const float4*>(at(base + j, k)); };
            Product::multiply<Product::Walk::depth, Product::Walk::depth>(s_.product, sum, base, left, right);
            for (int i = 0; i < Product::patch; ++i)
                for (int j = 0; j < Product::patch; ++j) {
                    const int row = row0 + Product::row(i);
                    if (row < size_) *at(row, base + Product::col(j)) -= sum[i][j];
                }
        }
    }

    /// The panel's part of the right-hand side minus what is solved before it: a warp per number.
    __device__ void update_right(int base) {
        for (int j = warp_of_block(); j < panel; j += solver_threads / warp_size) {
            float sum = 0;
            for (int k = lane_of_warp(); k < base; k += warp_size) sum = fmaf(*at(base + j, k), s_.right[k], sum);
            sum = warp_sum(sum);
            if (lane_of_warp() == 0) s_.right[base + j] -= sum;
        }
    }

    __device__ void factor_block(int base) {
        const int lane = lane_of_warp();
        const int row = base + lane;
        float numbers[panel];
#pragma unroll
        for (int k = 0; k < panel; ++k) numbers[k] = lane < panel && k <= lane ? *at(row, base + k) : 0.0F;
        float right = lane < panel ? s_.right[row] : 0.0F;
        factor_in_warp(numbers, lane < panel ? s_.diagonal[row] : 0.0F, right);
        if (lane >= panel) return;
#pragma unroll
        for (int k = 0; k < panel; ++k) {
            s_.block[k][lane] = numbers[k];
            if (k <= lane) *at(row, base + k) = numbers[k];
        }
        s_.right[row] = right;
    }

    __device__ void solve_below(int base) {
        for (int row = base + panel + thread_of_block(); row < size_; row += solver_threads) {
            float numbers[panel];
#pragma unroll
            for (int k = 0; k < panel; ++k) numbers[k] = *at(row, base + k);
            solve_row(numbers, [&](int m) { return s_.block[m]; });
#pragma unroll
            for (int k = 0; k < panel; ++k) *at(row, base + k) = numbers[k];
        }
    }

    __device__ void substitute(int base) {
        __syncthreads();
        if (warp_of_block() == 0) {
            const int lane = lane_of_warp();
            const float solved = solve_upper_in_warp<panel>(lane < panel ? s_.right[base + lane] : 0.0F,
                                                            [&](int k, int l) { return *at(base + k, base + l); });
            if (lane < panel) s_.right[base + lane] = solved;
        }
        __syncthreads();
        for (int j = thread_of_block(); j < base; j += solver_threads) {
            float right = s_.right[j];
            for (int k = 0; k < panel; ++k) right = fmaf(-*at(base + k, j), s_.right[base + k], right);
            s_.right[j] = right;
        }
        if (base == 0) __syncthreads();
    }

    CholeskyShared& s_;
    float* matrix_;
    float* right_;
    int size_;
};

}  // namespace crosslift::cuda
