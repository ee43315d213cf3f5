// Instructions that have no name in CUDA C++. tests/emulation/cuda/intrinsics.cuh stands in for this file where kernels
// run on the CPU.
#pragma once

#include <cstdint>
#include <cuda_runtime.h>

namespace crosslift::cuda {

/// How many blocks of some 42 KB of shared memory a multiprocessor holds at a time, and so how many their registers
/// have to leave room for. Compute capability 7.5 has 64 KB.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
constexpr int large_blocks = 1;
#else
constexpr int large_blocks = 2;
#endif

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

/// Loads four 8 x 8 matrices of 16-bit numbers from shared memory, transposed: lane l gives the address of row l % 8 of
/// matrix l / 8 (16 bytes, aligned to 16) and gets, of matrix m, column l / 4 at rows 2 (l % 4) and one more, in
/// matrices[m]. The whole warp calls it.
__device__ inline void load_matrices_transposed(std::uint32_t (&matrices)[4], const void* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(matrices[0]), "=r"(matrices[1]), "=r"(matrices[2]), "=r"(matrices[3])
                 : "r"(static_cast<unsigned>(__cvta_generic_to_shared(row)))
                 : "memory");
}

/// sum (16 x 8, 32-bit) += a (16 x 16) b (16 x 8), both of 16-bit floats, by tensor cores. Lane l holds, with row
/// g = l / 4 and t = l % 4: of the sum (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1); of a, two numbers each,
/// those at (g, 2t), (g + 8, 2t), (g, 2t + 8), (g + 8, 2t + 8) and one column on; of b those at (2t, g), (2t + 8, g)
/// and one row on. The whole warp calls it. Compute capability 7.5 does it in two halves.
__device__ inline void multiply_add_16x8x16(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                            std::uint32_t b1) {
#if __CUDA_ARCH__ >= 800
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(b0));
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[2]), "r"(a[3]), "r"(b1));
#endif
}

/// 1 / value to the last bit but one, for values that are not denormal.
__device__ inline float fast_reciprocal(float value) {
    float result;
    asm("rcp.approx.f32 %0, %1;" : "=f"(result) : "f"(value));
    return result;
}

/// Hides where a value comes from, so that what follows from it is computed where it is used, and not ahead of a loop
/// into registers that a kernel lacks.
__device__ inline void hide_origin(int& value) {
    asm volatile("" : "+r"(value));
}
__device__ inline void hide_origin(const float*& value) {
    asm volatile("" : "+l"(value));
}

}  // namespace crosslift::cuda
