// The part of cudart that the CUDA backend calls, on host memory. Streams keep their work until somebody waits, so that
// a result read too early is not there yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cuda_runtime_api.h>
#include <functional>

namespace emulation {

/// Puts work behind everything that the stream already holds.
void enqueue(cudaStream_t stream, std::function<void()> work);

/// Throws KernelError for a launch that hardware refuses.
void check_launch(const char* name, dim3 blocks, dim3 threads, std::size_t shared_bytes, cudaStream_t stream);

/// Device memory that may be in use at once; more is cudaErrorMemoryAllocation.
void set_memory_limit(std::int64_t bytes);

}  // namespace emulation
