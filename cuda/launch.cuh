// The only way a kernel is started and the only way it takes shared memory. tests/emulation/cuda/launch.cuh stands in
// for this file where kernels run on the CPU.
#pragma once

#include "cuda/error.hpp"

#include <cstddef>
#include <cuda_runtime.h>

namespace crosslift::cuda {

struct Grid {
    dim3 blocks;
    dim3 threads;
    std::size_t shared_bytes;
    cudaStream_t stream;  ///< a lane's, never the default stream
};

/// Starts `kernel` on a stream and returns; a launch that cannot be made is a DeviceError with its name and sizes
/// (blocks x, y, z; threads x, y, z; bytes of shared memory).
template <class... Parameters, class... Arguments>
void launch(const char* name, void (*kernel)(Parameters...), const Grid& grid, const Arguments&... arguments) {
    constexpr std::size_t granted_to_all = 48 * 1024;
    const auto fail_launch = [&](cudaError_t code) {
        fail(code, name,
             {grid.blocks.x, grid.blocks.y, grid.blocks.z, grid.threads.x, grid.threads.y, grid.threads.z,
              static_cast<std::int64_t>(grid.shared_bytes)});
    };
    if (grid.stream == nullptr) fail_launch(cudaErrorInvalidResourceHandle);
    if (grid.shared_bytes > granted_to_all)
        if (const cudaError_t code = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                          static_cast<int>(grid.shared_bytes));
            code != cudaSuccess)
            fail_launch(code);
    cudaLaunchConfig_t config{};
    config.gridDim = grid.blocks;
    config.blockDim = grid.threads;
    config.dynamicSmemBytes = grid.shared_bytes;
    config.stream = grid.stream;
    const cudaError_t code = cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...);
    if (code != cudaSuccess) fail_launch(code);
}

/// All shared memory of the kernel that runs, as one struct; its size is Grid::shared_bytes.
template <class T>
__device__ T& shared() {
    extern __shared__ __align__(128) unsigned char bytes[];
    return *reinterpret_cast<T*>(bytes);
}

}  // namespace crosslift::cuda
