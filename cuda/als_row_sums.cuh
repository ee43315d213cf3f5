// Gathers a row's cells and sums w y y' and t y in 32-bit floats: the strict mode.
#pragma once

#include "cuda/als_row_system.cuh"
#include "cuda/intrinsics.cuh"

namespace crosslift::cuda {

constexpr int strict_stage = 16;  ///< gathered cells in shared memory at a time, twice

template <int d>
struct StrictStages {
    alignas(16) float rows[2][strict_stage][d + 4];
    float weight[2][strict_stage];
    float target[2][strict_stage];
};

template <int d>
class StrictSums {
    using S = RowShape<d>;

public:
    using Stages = StrictStages<d>;
    using Shared = RowShared<d, Stages>;

    /// Sums over cells begin .. end of one row, of the factors from `place` on in a padded row.
    __device__ StrictSums(const AlsProblem& problem, Shared& shared, int place, std::int64_t begin, std::int64_t end)
        : problem_(problem), s_(shared), place_(place), begin_(begin), end_(end) {}

    /// left = sum w y y' and right = sum target y over the cells in their order; target(cell, weights) is a cell's.
    /// All threads of the block call it; begins and ends with a barrier.
    template <class Target>
    __device__ void run(const RowSystem<d, Shared>& system, typename S::Patch& left, const Target& target) {
#pragma unroll
        for (int i = 0; i < S::patch; ++i)
#pragma unroll
            for (int j = 0; j < S::patch; ++j) left[i][j] = 0.0F;
        float pull = 0;
        __syncthreads();
        fetch(begin_, 0, target);
        int slot = 0;
        for (std::int64_t first = begin_; first < end_; first += strict_stage) {
            fetch(first + strict_stage, slot ^ 1, target);
            copy_wait<1>();
            __syncthreads();
            const auto& rows = s_.stages.rows[slot];
            if (system.is_owner()) {
#pragma unroll 2
                for (int k = 0; k < strict_stage; ++k) system.add_product(left, rows[k], s_.stages.weight[slot][k]);
            }
            if (thread_of_block() < d)
                for (int k = 0; k < strict_stage; ++k)
                    pull = fmaf(s_.stages.target[slot][k], rows[k][thread_of_block()], pull);
            __syncthreads();
            slot ^= 1;
        }
        copy_wait<0>();
        if (thread_of_block() < d) s_.right[thread_of_block()] = pull;
        __syncthreads();
    }

private:
    /// Begins to copy the factors of cells first .. first + strict_stage into a slot.
    template <class Target>
    __device__ void fetch(std::int64_t first, int slot, const Target& target) {
        for (int e = thread_of_block(); e < strict_stage * (d / 4); e += S::threads) {
            const int k = e / (d / 4);
            const int part = e % (d / 4) * 4;
            float* to = &s_.stages.rows[slot][k][part];
            if (first + k < end_) {
                copy_async16(to, problem_.fixed + problem_.rows.indices[first + k] * problem_.pitch + place_ + part);
            } else {
                for (int j = 0; j < 4; ++j) to[j] = 0.0F;
            }
        }
        copy_commit();
        if (thread_of_block() < strict_stage) {
            const std::int64_t cell = first + thread_of_block();
            const CellWeights weights = cell < end_ ? cell_weights(problem_, cell) : CellWeights{0, 0};
            s_.stages.weight[slot][thread_of_block()] = weights.weight;
            s_.stages.target[slot][thread_of_block()] = cell < end_ ? target(cell, weights) : 0.0F;
        }
    }

    const AlsProblem& problem_;
    Shared& s_;
    int place_;
    std::int64_t begin_;
    std::int64_t end_;
};

}  // namespace crosslift::cuda
