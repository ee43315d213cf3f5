// One block's tile of a matrix product in float32: each thread sums a patch of numbers, always in the order of the
// depth, so that a number of the result does not depend on the shape of the tile.
#pragma once

#include "cuda/threads.cuh"

#include <cmath>

namespace crosslift::cuda {

/// `patch_` is 4 or 8: a larger patch reads fewer numbers per product and takes more registers.
template <int rows_, int cols_, int patch_ = 4>
struct Tile {
    static constexpr int rows = rows_;
    static constexpr int cols = cols_;
    static constexpr int patch = patch_;
    static constexpr int threads = rows * cols / (patch * patch);
    static constexpr int stage = patch == 8 ? 8 : 16;  ///< depth held in shared memory at a time, twice

    struct Shared {
        alignas(16) float a[2][stage][rows + 4];
        alignas(16) float b[2][stage][cols + 4];
    };

    using Sum = float[patch][patch];

    /// Where number (i, j) of this thread's patch lies in the tile. Patches are made of runs of four, those of
    /// neighbouring threads side by side, so that a warp reads whole lines of shared memory.
    __device__ static int row(int i) {
        return i / run * (rows / (patch / run)) + thread_of_block() / (cols / patch) * run + i % run;
    }
    __device__ static int col(int j) {
        return j / run * (cols / (patch / run)) + thread_of_block() % (cols / patch) * run + j % run;
    }

    /// How neighbouring threads of a loader walk: along the rows of the tile, a number each, or along the depth, four
    /// numbers each.
    enum class Walk { tile, depth };

    /// sum[i][j] += sum over k < depth of a(k, i) b(k, j). A loader answers with the number at k, or on a walk along
    /// the depth with the four at k, k + 1, ... as a float4; it is asked for k up to the next multiple of `stage` and
    /// must answer 0 beyond its end. All threads of the block call this; begins with a barrier, so that `shared` may
    /// have been in use.
    template <Walk walk_a, Walk walk_b, class LoadA, class LoadB>
    __device__ static void multiply(Shared& shared, Sum& sum, int depth, const LoadA& a, const LoadB& b) {
        float next_a[loads<rows>];
        float next_b[loads<cols>];
        fetch<walk_a, rows>(next_a, 0, a);
        fetch<walk_b, cols>(next_b, 0, b);
        __syncthreads();
        put<walk_a, rows>(shared.a[0], next_a);
        put<walk_b, cols>(shared.b[0], next_b);
        int slot = 0;
        for (int first = 0; first < depth; first += stage) {
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
    static constexpr int run = 4;

    template <int width>
    static constexpr int loads = (width * stage / run + threads - 1) / threads* run;

    template <Walk walk, int width, class Load>
    __device__ static void fetch(float (&next)[loads<width>], int first, const Load& load) {
        if constexpr (walk == Walk::tile) {
#pragma unroll
            for (int i = 0; i < loads<width>; ++i) {
                const int element = thread_of_block() + i * threads;
                if (element < width * stage) next[i] = load(first + element / width, element % width);
            }
        } else {
#pragma unroll
            for (int i = 0; i < loads<width> / run; ++i) {
                const int element = thread_of_block() + i * threads;
                if (element >= width * stage / run) continue;
                const float4 four = load(first + element % (stage / run) * run, element / (stage / run));
                next[i * run] = four.x;
                next[i * run + 1] = four.y;
                next[i * run + 2] = four.z;
                next[i * run + 3] = four.w;
            }
        }
    }

    template <Walk walk, int width>
    __device__ static void put(float (&slot)[stage][width + 4], const float (&next)[loads<width>]) {
#pragma unroll
        for (int i = 0; i < loads<width>; ++i) {
            const int element = thread_of_block() + (walk == Walk::tile ? i : i / run) * threads;
            if constexpr (walk == Walk::tile) {
                if (element < width * stage) slot[element / width][element % width] = next[i];
            } else {
                if (element < width * stage / run)
                    slot[element % (stage / run) * run + i % run][element / (stage / run)] = next[i];
            }
        }
    }

    __device__ static void add(const float (&a)[stage][rows + 4], const float (&b)[stage][cols + 4], Sum& sum) {
#pragma unroll
        for (int k = 0; k < stage; ++k) {
            float left[patch];
            float right[patch];
#pragma unroll
            for (int i = 0; i < patch; i += run) {
                take_run(&a[k][row(i)], &left[i]);
                take_run(&b[k][col(i)], &right[i]);
            }
#pragma unroll
            for (int i = 0; i < patch; ++i)
#pragma unroll
                for (int j = 0; j < patch; ++j) sum[i][j] = fmaf(left[i], right[j], sum[i][j]);
        }
    }

    __device__ static void take_run(const float* from, float* to) {
        const float4 four = *reinterpret_cast<const float4*>(from);
        to[0] = four.x;
        to[1] = four.y;
        to[2] = four.z;
        to[3] = four.w;
    }
};

}  // namespace crosslift::cuda
