// Stands in for cuda/launch.cuh where kernels run on the CPU: the same names, answered by emulation/block.hpp.
#pragma once

#include "cuda/error.hpp"
#include "emulation/block.hpp"
#include "emulation/runtime.hpp"

#include <atomic>
#include <bit>
#include <cstring>
#include <cuda_runtime_api.h>
#include <tuple>

// Under g++ CUDA's headers turn these into attributes without meaning; an ignored __shared__ would silently give each
// thread a variable of its own.
#undef __shared__
#define __shared__ static_assert(false, "take shared memory by shared<T>()");
#undef __global__
#define __global__
#undef __device__
#define __device__
#undef __grid_constant__
#define __grid_constant__
#undef __launch_bounds__
#define __launch_bounds__(...)
#define threadIdx (emulation::current().thread().index)
#define blockIdx (emulation::current().block_index())
#define blockDim (emulation::current().block_size())
#define gridDim (emulation::current().grid_size())

namespace crosslift::cuda {

struct Grid {
    dim3 blocks;
    dim3 threads;
    std::size_t shared_bytes;
    cudaStream_t stream;
};

/// Checks what a real launch would refuse, and puts the kernel behind the other work of its stream.
template <class... Parameters, class... Arguments>
void launch(const char* name, void (*kernel)(Parameters...), const Grid& grid, const Arguments&... arguments) {
    emulation::check_launch(name, grid.blocks, grid.threads, grid.shared_bytes, grid.stream);
    emulation::enqueue(grid.stream, [=, values = std::tuple<Parameters...>(static_cast<Parameters>(arguments)...)] {
        emulation::current().run(name, grid.blocks, grid.threads, grid.shared_bytes,
                                 [&] { std::apply(kernel, values); });
    });
}

template <class T>
T& shared() {
    return *static_cast<T*>(emulation::current().shared_bytes());
}

}  // namespace crosslift::cuda

inline void __syncthreads(const emulation::Place& place = emulation::Place::current()) {
    emulation::current().sync_block(place);
}

inline void __syncwarp(unsigned mask = 0xFFFFFFFFU, const emulation::Place& place = emulation::Place::current()) {
    emulation::current().sync_warp(mask, place, nullptr, 0);
}

namespace emulation {

/// The value that lane `from` left; an error where it is not in the mask.
template <class T>
T value_of_lane(const Slots& slots, unsigned mask, unsigned from) {
    if (from >= 32 || (mask >> from & 1U) == 0) current().fail("reads a lane outside the mask of its shuffle");
    T value;
    std::memcpy(&value, slots[from], sizeof value);
    return value;
}

}  // namespace emulation

template <class T>
T __shfl_sync(unsigned mask, T value, int from, const emulation::Place& place = emulation::Place::current()) {
    auto& block = emulation::current();
    const auto& slots = block.sync_warp(mask, place, &value, sizeof value);
    return emulation::value_of_lane<T>(slots, mask, static_cast<unsigned>(from) % 32);
}

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, const emulation::Place& place = emulation::Place::current()) {
    auto& block = emulation::current();
    const auto& slots = block.sync_warp(mask, place, &value, sizeof value);
    return emulation::value_of_lane<T>(slots, mask, block.thread().lane ^ static_cast<unsigned>(lanes));
}

inline unsigned __ballot_sync(unsigned mask, bool yes, const emulation::Place& place = emulation::Place::current()) {
    const auto& slots = emulation::current().sync_warp(mask, place, &yes, sizeof yes);
    unsigned votes = 0;
    for (unsigned lane = 0; lane < 32; ++lane)
        if ((mask >> lane & 1U) != 0 && emulation::value_of_lane<bool>(slots, mask, lane)) votes |= 1U << lane;
    return votes;
}

inline int __ffs(int bits) {
    return __builtin_ffs(bits);
}

template <class T>
T atomicAdd(T* number, T value) {
    return std::atomic_ref<T>(*number).fetch_add(value, std::memory_order_relaxed);
}

inline unsigned __float_as_uint(float value) {
    return std::bit_cast<unsigned>(value);
}
inline float __uint_as_float(unsigned bits) {
    return std::bit_cast<float>(bits);
}
