// Who am I, and sums over the lanes of a warp: what every kernel begins with.
#pragma once

#include "cuda/launch.cuh"

#include <cstdint>

namespace crosslift::cuda {

constexpr int warp_size = 32;
constexpr unsigned whole_warp = 0xFFFFFFFFU;

__device__ inline int thread_of_block() {
    return static_cast<int>(threadIdx.x);
}
__device__ inline int lane_of_warp() {
    return static_cast<int>(threadIdx.x) % warp_size;
}
__device__ inline int warp_of_block() {
    return static_cast<int>(threadIdx.x) / warp_size;
}
__device__ inline int threads_in_block() {
    return static_cast<int>(blockDim.x);
}

/// The number of this thread in a grid of one dimension, and how many there are.
__device__ inline std::int64_t thread_of_grid() {
    return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ inline std::int64_t threads_in_grid() {
    return static_cast<std::int64_t>(gridDim.x) * blockDim.x;
}

/// The sum over all 32 lanes, in every lane, in an order that never changes. The whole warp calls it.
template <class T>
__device__ T warp_sum(T value) {
    for (int step = warp_size / 2; step > 0; step /= 2) value += __shfl_xor_sync(whole_warp, value, step);
    return value;
}

/// Which row of compressed rows holds `cell`.
__device__ inline std::int64_t row_of_cell(const std::int64_t* indptr, std::int64_t rows, std::int64_t cell) {
    std::int64_t low = 0;
    std::int64_t high = rows - 1;
    while (low < high) {
        const std::int64_t middle = low + (high - low + 1) / 2;
        if (indptr[middle] <= cell)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/// Tile `index` of a lower triangle counted row by row: (0,0) (1,0) (1,1) (2,0) ...
struct TriangleTile {
    int row;
    int col;
};
__device__ inline TriangleTile triangle_tile(int index) {
    int row = 0;
    while (index > row) index -= ++row;
    return {row, index};
}

/// Blocks for `items` pieces of work at `per_block` each, at least one and no more than `most`.
inline unsigned blocks_for(std::int64_t items, std::int64_t per_block, std::int64_t most = std::int64_t{1} << 30) {
    const std::int64_t blocks = (items + per_block - 1) / per_block;
    return static_cast<unsigned>(blocks < 1 ? 1 : blocks > most ? most : blocks);
}

}  // namespace crosslift::cuda
