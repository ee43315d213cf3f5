// Gathers a row's cells in 16 bits and sums w y y' by tensor cores, t y in 32-bit floats: the mixed mode.
#pragma once

#include "cuda/als_half_stages.cuh"
#include "cuda/als_row_system.cuh"

#include <type_traits>

namespace crosslift::cuda {

/// Tiles of 16 x 16 of the lower triangle: warp w takes rows last - w and w, together as many as every other.
template <int d>
struct TriangleShare {
    static constexpr int rows = d / tensor_tile;
    static constexpr int warps = rows > 1 ? rows / 2 : 1;
    static constexpr int tiles = rows > 1 ? rows + 1 : 1;  ///< of a warp

    __host__ __device__ static constexpr TriangleTile tile(int warp, int number) {
        const int long_row = rows - 1 - warp;
        return number <= long_row ? TriangleTile{long_row, number} : TriangleTile{warp, number - long_row - 1};
    }

    /// Calls visit with the number of this warp as a constant, so that its tiles are known to the compiler.
    template <int warp = 0, class Visit>
    __device__ static void as_this_warp(const Visit& visit) {
        if (warp_of_block() == warp)
            visit(std::integral_constant<int, warp>{});
        else if constexpr (warp + 1 < warps)
            as_this_warp<warp + 1>(visit);
    }
};

template <int d>
struct MixedStages {
    using Gather = HalfGather<d, RowShape<d>::threads>;
    union {
        HalfStages<d> gathered;
        float partial[Gather::partial_size];
    };
    float warp_largest[RowShape<d>::warps];
};

/// The same as StrictSums.
template <int d>
class MixedSums {
    using S = RowShape<d>;
    using Share = TriangleShare<d>;
    using Sum = float[Share::tiles][2][4];

public:
    using Stages = MixedStages<d>;
    using Shared = RowShared<d, Stages>;

    __device__ MixedSums(const AlsProblem& problem, Shared& shared, int place, std::int64_t begin, std::int64_t end)
        : problem_(problem), s_(shared), place_(place), begin_(begin), end_(end) {}

    template <class Target>
    __device__ void run(const RowSystem<d, Shared>& system, typename S::Patch& left, const Target& target) {
        __syncthreads();
        const float largest = largest_weight(problem_, begin_, end_, s_.stages.warp_largest);
        const float scale = *problem_.half_scale;
        Sum sum = {};
        typename Stages::Gather gather(problem_, s_.stages.gathered, begin_, end_, largest);
        gather.run([this](int feature) { return place_ + feature; }, target,
                   [&](const auto& rows) { multiply(sum, rows); });
        gather.reduce_pull(s_.stages.partial, s_.right);
        if (thread_of_block() < d) s_.right[thread_of_block()] *= scale;
        leave(sum, largest * scale * scale);
        __syncthreads();
        // Beyond the diagonal a patch holds what happens to lie there; it is never used.
#pragma unroll
        for (int i = 0; i < S::patch; ++i) {
            const float* row = s_.lower + packed(system.first_row() + i, system.first_col());
#pragma unroll
            for (int j = 0; j < S::patch; ++j) left[i][j] = system.is_owner() ? row[j] : 0.0F;
        }
        __syncthreads();
    }

private:
    __device__ static void multiply(Sum& sum, const __half (&rows)[half_stage][d + half_chunk]) {
        Share::as_this_warp([&](auto warp) {
#pragma unroll
            for (int cell = 0; cell < half_stage; cell += tensor_tile) {
                std::uint32_t long_row[4];
                std::uint32_t short_row[4];
                load_fragment<d>(long_row, rows, cell, Share::tile(warp, 0).row * tensor_tile);
                load_fragment<d>(short_row, rows, cell, Share::tile(warp, Share::tiles - 1).row * tensor_tile);
#pragma unroll
                for (int n = 0; n < Share::tiles; ++n) {
                    const TriangleTile at = Share::tile(warp, n);
                    std::uint32_t col[4];
                    load_fragment<d>(col, rows, cell, at.col * tensor_tile);
                    add_tile(sum[n], at.row == Share::tile(warp, 0).row ? long_row : short_row, col);
                }
            }
        });
    }

    /// Puts the sums into the lower triangle.
    __device__ void leave(const Sum& sum, float unit) {
        Share::as_this_warp([&](auto warp) {
#pragma unroll
            for (int n = 0; n < Share::tiles; ++n) {
                const TriangleTile at = Share::tile(warp, n);
                for_each_of_tile(sum[n], [&](int i, int j, float number) {
                    const int row = at.row * tensor_tile + i;
                    const int col = at.col * tensor_tile + j;
                    if (at.row > at.col || col <= row) s_.lower[packed(row, col)] = unit * number;
                });
            }
        });
    }

    const AlsProblem& problem_;
    Shared& s_;
    int place_;
    std::int64_t begin_;
    std::int64_t end_;
};

}  // namespace crosslift::cuda
