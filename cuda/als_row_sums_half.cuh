// Gathers a row's cells in 16 bits and sums w y y' by tensor cores, t y in 32-bit floats: the mixed mode.
#pragma once

#include "cuda/als_half_stages.cuh"
#include "cuda/als_row_system.cuh"

#include <type_traits>

namespace crosslift::cuda {

/// Tiles of 16 x 16 of the lower triangle: warp w < rows / 2 takes row rows - 1 - w and what row w has below the
/// diagonal, as many tiles as every other; one more warp takes the diagonal tiles of the short rows.
template <int d>
struct TriangleShare {
    static constexpr int rows = d / tensor_tile;
    static constexpr int pairs = rows / 2;   ///< warps that take two rows
    static constexpr int warps = pairs + 1;  ///< with the one that is left the diagonal
    static constexpr int most_tiles = rows;  ///< of a warp

    __host__ __device__ static constexpr int tiles(int warp) { return warp < pairs ? rows : rows - pairs; }

    __host__ __device__ static constexpr TriangleTile tile(int warp, int number) {
        if (warp == pairs) return {number, number};
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
    using Sum = float[Share::most_tiles][2][4];
    static_assert(Share::warps <= S::warps);

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
            int at = system.first_row() + i;
            hide_origin(at);
            const float* row = s_.lower + packed(at, system.first_col());
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
                std::uint32_t row[4];
#pragma unroll
                for (int n = 0; n < Share::tiles(warp); ++n) {
                    const TriangleTile at = Share::tile(warp, n);
                    if (n == 0 || at.row != Share::tile(warp, n - 1).row)
                        load_fragment<d>(row, rows, cell, at.row * tensor_tile);
                    if (at.row == at.col) {
                        add_tile(sum[n], row, row);
                        continue;
                    }
                    std::uint32_t col[4];
                    load_fragment<d>(col, rows, cell, at.col * tensor_tile);
                    add_tile(sum[n], row, col);
                }
            }
        });
    }

    /// Puts the sums into the lower triangle.
    __device__ void leave(const Sum& sum, float unit) {
        Share::as_this_warp([&](auto warp) {
#pragma unroll
            for (int n = 0; n < Share::tiles(warp); ++n) {
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
