// One row's system inside one block: its matrix is born in registers and never leaves the chip.
#pragma once

#include "cuda/als_cells.cuh"
#include "cuda/intrinsics.cuh"

namespace crosslift::cuda {

constexpr int row_panel = 16;  ///< width of a Cholesky panel

/// How a block works on a system of d x d: each thread owns a patch of the lower triangle for the whole life of the
/// row, first as sums, then as what is left to eliminate.
template <int d>
struct RowShape {
    static constexpr int patch = d >= 128 ? 8 : 4;
    static constexpr int side = d / patch;
    static constexpr int patches = side * (side + 1) / 2;
    static constexpr int threads = patches <= 64 ? 64 : (patches + warp_size - 1) / warp_size * warp_size;
    static constexpr int warps = threads / warp_size;
    /// Large systems at a time in a multiprocessor: as many registers as that leaves.
    static constexpr int blocks = d >= 128 ? large_blocks : 1;
    static_assert(d % row_panel == 0 && row_panel % patch == 0 && threads >= d);

    using Patch = float[patch][patch];
};

/// Where (row, col) of a lower triangle lies, rows behind one another.
__device__ inline int packed(int row, int col) {
    return row * (row + 1) / 2 + col;
}

/// Shared memory of a row: `Stages`, what the sums are gathered through, lives before the factor and in its place.
template <int d, class Stages>
struct RowShared {
    union {
        Stages stages;
        float lower[d * (d + 1) / 2];  ///< sums, then the Cholesky factor with inverse roots on the diagonal
    };
    alignas(16) float panel[row_panel][d + 4];  ///< the panel by column
    float diagonal[d];                          ///< before any elimination
    float right[d];                             ///< right-hand side, then the solution
};

/// Factors and solves: left-over patches in registers, finished columns in shared memory.
template <int d, class Shared>
class RowSystem {
    using S = RowShape<d>;
    static constexpr int patch = S::patch;

public:
    __device__ explicit RowSystem(Shared& shared)
        : s_(shared), tile_(triangle_tile(thread_of_block())), owner_(thread_of_block() < S::patches) {}

    __device__ bool is_owner() const { return owner_; }
    __device__ int first_row() const { return tile_.row * patch; }
    __device__ int first_col() const { return tile_.col * patch; }

    /// left += factor * (the patch of v v').
    __device__ void add_product(typename S::Patch& left, const float* v, float factor) const {
        float a[patch];
        float b[patch];
        load_patch(v + first_row(), a);
        load_patch(v + first_col(), b);
#pragma unroll
        for (int i = 0; i < patch; ++i) {
            const float scaled = factor * a[i];
#pragma unroll
            for (int j = 0; j < patch; ++j) left[i][j] = fmaf(scaled, b[j], left[i][j]);
        }
    }

    /// left += background * gram + ridge on the diagonal.
    __device__ void add_dense_part(const AlsProblem& problem, const Window& window, float ridge,
                                   typename S::Patch& left) {
        if (!owner_) return;
        // One pointer that walks down: an address for each row of the patch would be more registers than there are.
        const float* gram = problem.gram.row(window.first + first_row()) + window.first + first_col();
#pragma unroll
        for (int i = 0; i < patch; ++i) {
            const int row = first_row() + i;
#pragma unroll
            for (int j = 0; j < patch; ++j) {
                const int col = first_col() + j;
                left[i][j] += dense_part(problem, window, ridge, row, col, gram + j);
                if (row == col) s_.diagonal[row] = left[i][j];
            }
            gram += problem.gram.stride;
            hide_origin(gram);
        }
    }

    /// Adds the dense part to the sums in `left` and solves with right; all threads of the block call it after
    /// Sums::run(). Has a barrier before right is read, and ends with one, the solution in right.
    __device__ void solve(const AlsProblem& problem, const Window& window, float ridge, typename S::Patch& left) {
        add_dense_part(problem, window, ridge, left);
        for (int base = 0; base < d; base += row_panel) eliminate(base, left);
        for (int base = d - row_panel; base >= 0; base -= row_panel) substitute(base);
    }

private:
    __device__ static void load_patch(const float* from, float (&to)[patch]) {
#pragma unroll
        for (int i = 0; i < patch; i += 4) {
            const float4 four = *reinterpret_cast<const float4*>(from + i);
            to[i] = four.x;
            to[i + 1] = four.y;
            to[i + 2] = four.z;
            to[i + 3] = four.w;
        }
    }

    /// Factors columns base .. base + row_panel and takes their part out of what is left.
    __device__ void eliminate(int base, typename S::Patch& left) {
        if (owner_ && first_col() >= base && first_col() < base + row_panel) {
#pragma unroll
            for (int i = 0; i < patch; ++i)
#pragma unroll
                for (int j = 0; j < patch; ++j) {
                    const int row = first_row() + i;
                    const int col = first_col() + j;
                    if (col <= row) s_.lower[packed(row, col)] = left[i][j];
                }
        }
        __syncthreads();
        if (warp_of_block() == 0) factor_block(base);
        __syncthreads();
        const int row = base + row_panel + thread_of_block();
        if (row < d) {
            float numbers[row_panel];
#pragma unroll
            for (int k = 0; k < row_panel; ++k) numbers[k] = s_.lower[packed(row, base + k)];
            solve_row(numbers, [&](int m) { return s_.panel[m] + base; });
#pragma unroll
            for (int k = 0; k < row_panel; ++k) s_.panel[k][row] = s_.lower[packed(row, base + k)] = numbers[k];
            float right = s_.right[row];
#pragma unroll
            for (int k = 0; k < row_panel; ++k) right = fmaf(-numbers[k], s_.right[base + k], right);
            s_.right[row] = right;
        }
        __syncthreads();
        if (owner_ && first_col() >= base + row_panel) {
#pragma unroll 2
            for (int k = 0; k < row_panel; ++k) add_product(left, s_.panel[k], -1.0F);
        }
    }

    /// The first warp factors the diagonal block and solves its part of the lower system.
    __device__ void factor_block(int base) {
        const int lane = lane_of_warp();
        const int row = base + lane;
        float numbers[row_panel];
#pragma unroll
        for (int k = 0; k < row_panel; ++k)
            numbers[k] = lane < row_panel && k <= lane ? s_.lower[packed(row, base + k)] : 0.0F;
        float right = lane < row_panel ? s_.right[row] : 0.0F;
        factor_in_warp(numbers, lane < row_panel ? s_.diagonal[row] : 0.0F, right);
        if (lane >= row_panel) return;
#pragma unroll
        for (int k = 0; k < row_panel; ++k)
            if (k <= lane) s_.panel[k][row] = s_.lower[packed(row, base + k)] = numbers[k];
        s_.right[row] = right;
    }

    /// Solves the upper system for rows base .. base + row_panel and takes them out of the rows above.
    __device__ void substitute(int base) {
        __syncthreads();
        if (warp_of_block() == 0) {
            const int lane = lane_of_warp();
            const float solved =
                solve_upper_in_warp<row_panel>(lane < row_panel ? s_.right[base + lane] : 0.0F,
                                               [&](int k, int l) { return s_.lower[packed(base + k, base + l)]; });
            if (lane < row_panel) s_.right[base + lane] = solved;
        }
        __syncthreads();
        if (thread_of_block() < base) {
            float right = s_.right[thread_of_block()];
            for (int k = 0; k < row_panel; ++k)
                right = fmaf(-s_.lower[packed(base + k, thread_of_block())], s_.right[base + k], right);
            s_.right[thread_of_block()] = right;
        }
        if (base == 0) __syncthreads();
    }

    Shared& s_;
    TriangleTile tile_;
    bool owner_;
};

}  // namespace crosslift::cuda
