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

/// Copies from pinned memory happen as early as their stream allows (true), or as late as somebody waits (false): a
/// missing wait shows in one of the two.
void set_eager_copies(bool eager);

/// The most device memory that was in use at once since the last call.
std::int64_t most_memory_used();

}  // namespace emulation
