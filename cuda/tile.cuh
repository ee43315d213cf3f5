// One block's tile of a matrix product in float32: each thread sums a patch of four by four numbers, always in the
// order of the depth, so that a number of the result does not depend on the shape of the tile.
#pragma once

#include "cuda/threads.cuh"

#include <cmath>

namespace crosslift::cuda {

template <int rows_, int cols_>
struct Tile {
    static constexpr int rows = rows_;
    static constexpr int cols = cols_;
    static constexpr int patch = 4;
    static constexpr int threads = rows * cols / (patch * patch);
    static constexpr int stage = 16;  ///< depth held in shared memory at a time, twice

    struct Shared {
        alignas(16) float a[2][stage][rows + 4];
        alignas(16) float b[2][stage][cols + 4];
    };

    using Sum = float[patch][patch];

    /// First row and column of this thread's patch inside the tile.
    __device__ static int patch_row() { return thread_of_block() / (cols / patch) * patch; }
    __device__ static int patch_col() { return thread_of_block() % (cols / patch) * patch; }

    /// How neighbouring threads of a loader walk: along the rows of the tile, or along the depth.
    enum class Walk { tile, depth };

    /// sum[i][j] += sum over k < depth of a(k, i) b(k, j). The loaders are asked for k up to the next multiple of
    /// `stage` and must answer 0 beyond their ends. All threads of the block call this; begins with a barrier, so that
    /// `shared` may have been in use.
    template <Walk walk_a, Walk walk_b, class LoadA, class LoadB>
    __device__ static void multiply(Shared& shared, Sum& sum, std::int64_t depth, const LoadA& a, const LoadB& b) {
        constexpr int loads_a = (rows * stage + threads - 1) / threads;
        constexpr int loads_b = (cols * stage + threads - 1) / threads;
        float next_a[loads_a];
        float next_b[loads_b];
        fetch<walk_a, rows>(next_a, 0, a);
        fetch<walk_b, cols>(next_b, 0, b);
        __syncthreads();
        put<walk_a, rows>(shared.a[0], next_a);
        put<walk_b, cols>(shared.b[0], next_b);
        int slot = 0;
        for (std::int64_t first = 0; first < depth; first += stage) {
            __syncthreads();  // this slot is filled, and nobody reads the other one any more
            const bool more = first + stage < depth;
            if (more) {
                fetch<walk_a, rows>(next_a, first + stage, a);
                fetch<walk_b, cols>(next_b, first + stage, b);
            }
            add(shared.a[slot], shared.b[slot], sum);
            slot ^= 1;
            if (more) {
                put<walk_a, rows>(shared.a[slot], next_a);
                put<walk_b, cols>(shared.b[slot], next_b);
            }
        }
    }

private:
    template <Walk walk, int width>
    __device__ static int place(int element) {
        return walk == Walk::tile ? element % width : element / stage;
    }
    template <Walk walk, int width>
    __device__ static int depth_of(int element) {
        return walk == Walk::tile ? element / width : element % stage;
    }

    template <Walk walk, int width, int loads, class Load>
    __device__ static void fetch(float (&next)[loads], std::int64_t first, const Load& load) {
#pragma unroll
        for (int i = 0; i < loads; ++i) {
            const int element = thread_of_block() + i * threads;
            if (element < width * stage)
                next[i] = load(first + depth_of<walk, width>(element), place<walk, width>(element));
        }
    }

    template <Walk walk, int width, int loads>
    __device__ static void put(float (&slot)[stage][width + 4], const float (&next)[loads]) {
#pragma unroll
        for (int i = 0; i < loads; ++i) {
            const int element = thread_of_block() + i * threads;
            if (element < width * stage) slot[depth_of<walk, width>(element)][place<walk, width>(element)] = next[i];
        }
    }

    __device__ static void add(const float (&a)[stage][rows + 4], const float (&b)[stage][cols + 4], Sum& sum) {
        const int row = patch_row();
        const int col = patch_col();
#pragma unroll
        for (int k = 0; k < stage; ++k) {
            const float4 left = *reinterpret_cast<const float4*>(&a[k][row]);
            const float4 right = *reinterpret_cast<const float4*>(&b[k][col]);
            const float l[patch] = {left.x, left.y, left.z, left.w};
            const float r[patch] = {right.x, right.y, right.z, right.w};
#pragma unroll
            for (int i = 0; i < patch; ++i)
#pragma unroll
                for (int j = 0; j < patch; ++j) sum[i][j] = fmaf(l[i], r[j], sum[i][j]);
        }
    }
};

}  // namespace crosslift::cuda
