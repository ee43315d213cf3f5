// Instructions that have no name in CUDA C++. tests/emulation/cuda/intrinsics.cuh stands in for this file where kernels
// run on the CPU.
#pragma once

#include <cuda_runtime.h>

namespace crosslift::cuda {

/// Begins to copy 16 bytes from global to shared memory, both aligned to 16; they are there after the wait for their
/// group and, for other threads, a barrier. Before compute capability 8.0 the copy is made at once.
__device__ inline void copy_async16(void* to_shared, const void* from_global) {
#if __CUDA_ARCH__ >= 800
    asm volatile(
        "cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(static_cast<unsigned>(__cvta_generic_to_shared(to_shared))),
        "l"(__cvta_generic_to_global(from_global))
        : "memory");
#else
    *static_cast<float4*>(to_shared) = *static_cast<const float4*>(from_global);
#endif
}

/// Ends a group of copies.
__device__ inline void copy_commit() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits until at most `pending` of the newest groups of this thread are under way.
template <int pending>
__device__ inline void copy_wait() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
#endif
}

}  // namespace crosslift::cuda
