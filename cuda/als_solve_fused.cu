// Gather, sum and solve one row in one block: the row's matrix is born in registers and never leaves the chip.
#include "cuda/als_cells.cuh"
#include "cuda/als_solve.hpp"
#include "cuda/intrinsics.cuh"

namespace crosslift::cuda {
namespace {

constexpr int stage = 16;  // gathered rows in shared memory at a time, twice; also the width of a Cholesky panel

/// Each thread owns a patch of the lower triangle for the whole life of the row, first as sums, then as what is left
/// to eliminate.
template <int d>
struct Shape {
    static constexpr int patch = d >= 128 ? 8 : 4;
    static constexpr int side = d / patch;
    static constexpr int patches = side * (side + 1) / 2;
    static constexpr int threads = patches <= 64 ? 64 : (patches + warp_size - 1) / warp_size * warp_size;
    static_assert(d % stage == 0 && stage % patch == 0 && threads >= d);

    struct Shared {
        alignas(16) float rows[2][stage][d + 4];  ///< gathered factors; later rows[0] is the panel, by column
        float weight[2][stage];
        float target[2][stage];
        float lower[d * (d + 1) / 2];  ///< the Cholesky factor, row after row, inverse roots on the diagonal
        float diagonal[d];
        float right[d];
    };
};

__device__ inline int packed(int row, int col) {
    return row * (row + 1) / 2 + col;
}

/// One row's work, thread by thread.
template <int d>
class RowSolver {
    using S = Shape<d>;
    static constexpr int patch = S::patch;

public:
    __device__ RowSolver(const AlsProblem& problem, std::int64_t row)
        : problem_(problem),
          s_(shared<typename S::Shared>()),
          row_(row),
          begin_(problem.rows.indptr[row]),
          end_(problem.rows.indptr[row + 1]),
          tile_(triangle_tile(thread_of_block())),
          owner_(thread_of_block() < S::patches) {}

    __device__ void run() {
        gather();
        add_dense_part();
        for (int base = 0; base < d; base += stage) eliminate(base);
        for (int base = d - stage; base >= 0; base -= stage) substitute(base);
        for (int i = thread_of_block(); i < problem_.out.cols; i += S::threads) problem_.out.row(row_)[i] = s_.right[i];
    }

private:
    /// Begins to copy the factors of cells first .. first + stage into a slot.
    __device__ void fetch(std::int64_t first, int slot) {
        for (int e = thread_of_block(); e < stage * (d / 4); e += S::threads) {
            const int k = e / (d / 4);
            const int part = e % (d / 4) * 4;
            float* to = &s_.rows[slot][k][part];
            if (first + k < end_) {
                copy_async16(to, problem_.fixed + problem_.rows.indices[first + k] * problem_.pitch + part);
            } else {
                for (int j = 0; j < 4; ++j) to[j] = 0.0F;
            }
        }
        copy_commit();
        if (thread_of_block() < stage) {
            const std::int64_t cell = first + thread_of_block();
            const CellWeights weights = cell < end_ ? cell_weights(problem_, cell) : CellWeights{0, 0};
            s_.weight[slot][thread_of_block()] = weights.weight;
            s_.target[slot][thread_of_block()] = weights.target;
        }
    }

    /// left_ = sum w y y' over the row's cells in their order, and right = sum t y.
    __device__ void gather() {
        float pull = 0;
        fetch(begin_, 0);
        int slot = 0;
        for (std::int64_t first = begin_; first < end_; first += stage) {
            fetch(first + stage, slot ^ 1);
            copy_wait<1>();
            __syncthreads();
            if (owner_) {
#pragma unroll 2
                for (int k = 0; k < stage; ++k) add_product(s_.rows[slot][k], s_.weight[slot][k]);
            }
            if (thread_of_block() < d)
                for (int k = 0; k < stage; ++k)
                    pull = fmaf(s_.target[slot][k], s_.rows[slot][k][thread_of_block()], pull);
            __syncthreads();
            slot ^= 1;
        }
        copy_wait<0>();
        if (thread_of_block() < d) s_.right[thread_of_block()] = pull;
    }

    /// left_ += factor * (the patch of v v').
    __device__ void add_product(const float* v, float factor) {
        float a[patch];
        float b[patch];
        load_patch(v + tile_.row * patch, a);
        load_patch(v + tile_.col * patch, b);
#pragma unroll
        for (int i = 0; i < patch; ++i) {
            const float scaled = factor * a[i];
#pragma unroll
            for (int j = 0; j < patch; ++j) left_[i][j] = fmaf(scaled, b[j], left_[i][j]);
        }
    }

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

    __device__ void add_dense_part() {
        if (!owner_) return;
        const float ridge = problem_.ridge[row_];
#pragma unroll
        for (int i = 0; i < patch; ++i)
#pragma unroll
            for (int j = 0; j < patch; ++j) {
                const int row = tile_.row * patch + i;
                const int col = tile_.col * patch + j;
                left_[i][j] += dense_part(problem_, ridge, row, col);
                if (row == col) s_.diagonal[row] = left_[i][j];
            }
    }

    /// Factors columns base .. base + stage and takes their part out of what is left.
    __device__ void eliminate(int base) {
        auto& panel = s_.rows[0];
        if (owner_ && tile_.col * patch >= base && tile_.col * patch < base + stage) {
#pragma unroll
            for (int i = 0; i < patch; ++i)
#pragma unroll
                for (int j = 0; j < patch; ++j) {
                    const int row = tile_.row * patch + i;
                    const int col = tile_.col * patch + j;
                    if (col <= row) s_.lower[packed(row, col)] = left_[i][j];
                }
        }
        __syncthreads();
        if (warp_of_block() == 0) factor_block(base);
        __syncthreads();
        const int row = base + stage + thread_of_block();
        if (row < d) {
            float numbers[stage];
#pragma unroll
            for (int k = 0; k < stage; ++k) numbers[k] = s_.lower[packed(row, base + k)];
            solve_row(numbers, [&](int k, int m) { return s_.lower[packed(base + k, base + m)]; });
#pragma unroll
            for (int k = 0; k < stage; ++k) panel[k][row] = s_.lower[packed(row, base + k)] = numbers[k];
            float right = s_.right[row];
#pragma unroll
            for (int k = 0; k < stage; ++k) right = fmaf(-numbers[k], s_.right[base + k], right);
            s_.right[row] = right;
        }
        __syncthreads();
        if (owner_ && tile_.col * patch >= base + stage) {
#pragma unroll 2
            for (int k = 0; k < stage; ++k) add_product(panel[k], -1.0F);
        }
    }

    /// The first warp factors the diagonal block and solves its part of the lower system.
    __device__ void factor_block(int base) {
        const int lane = lane_of_warp();
        const int row = base + lane;
        float numbers[stage];
#pragma unroll
        for (int k = 0; k < stage; ++k) numbers[k] = lane < stage && k <= lane ? s_.lower[packed(row, base + k)] : 0.0F;
        float right = lane < stage ? s_.right[row] : 0.0F;
        factor_in_warp(numbers, lane < stage ? s_.diagonal[row] : 0.0F, right);
        if (lane >= stage) return;
#pragma unroll
        for (int k = 0; k < stage; ++k)
            if (k <= lane) s_.lower[packed(row, base + k)] = numbers[k];
        s_.right[row] = right;
    }

    /// Solves the upper system for rows base .. base + stage and takes them out of the rows above.
    __device__ void substitute(int base) {
        __syncthreads();
        if (warp_of_block() == 0) {
            const int lane = lane_of_warp();
            const float solved =
                solve_upper_in_warp<stage>(lane < stage ? s_.right[base + lane] : 0.0F,
                                           [&](int k, int l) { return s_.lower[packed(base + k, base + l)]; });
            if (lane < stage) s_.right[base + lane] = solved;
        }
        __syncthreads();
        if (thread_of_block() < base) {
            float right = s_.right[thread_of_block()];
            for (int k = 0; k < stage; ++k)
                right = fmaf(-s_.lower[packed(base + k, thread_of_block())], s_.right[base + k], right);
            s_.right[thread_of_block()] = right;
        }
        if (base == 0) __syncthreads();
    }

    const AlsProblem& problem_;
    typename S::Shared& s_;
    std::int64_t row_;
    std::int64_t begin_;
    std::int64_t end_;
    TriangleTile tile_;
    bool owner_;
    float left_[patch][patch] = {};
};

template <int d>
__global__ void __launch_bounds__(Shape<d>::threads) als_fused_kernel(AlsProblem problem, std::int64_t first) {
    RowSolver<d>(problem, problem.order[first + blockIdx.x]).run();
}

template <int d>
void solve(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count) {
    launch("als_fused", als_fused_kernel<d>,
           {static_cast<unsigned>(count), Shape<d>::threads, sizeof(typename Shape<d>::Shared), lane.stream()}, problem,
           first);
}

}  // namespace

std::int64_t fused_pitch(std::int64_t factors) {
    for (const std::int64_t pitch : {16, 32, 64, most_fused_factors})
        if (factors <= pitch) return pitch;
    return (factors + 63) / 64 * 64;
}

void solve_fused(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count) {
    if (problem.pitch == 16)
        solve<16>(lane, problem, first, count);
    else if (problem.pitch == 32)
        solve<32>(lane, problem, first, count);
    else if (problem.pitch == 64)
        solve<64>(lane, problem, first, count);
    else
        solve<most_fused_factors>(lane, problem, first, count);
}

}  // namespace crosslift::cuda
