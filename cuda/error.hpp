// Every call to CUDA and cuBLAS is checked here; a failure says the call, its sizes and the reason.
#pragma once

#include <cstdint>
#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <initializer_list>

namespace crosslift::cuda {

using Sizes = std::initializer_list<std::int64_t>;

/// Throw DeviceError: "<call> (<sizes>) failed: <reason>".
[[noreturn]] void fail(cudaError_t code, const char* call, Sizes sizes);
[[noreturn]] void fail(cublasStatus_t code, const char* call, Sizes sizes);

inline void check(cudaError_t code, const char* call, Sizes sizes = {}) {
    if (code != cudaSuccess) fail(code, call, sizes);
}

inline void check(cublasStatus_t code, const char* call, Sizes sizes = {}) {
    if (code != CUBLAS_STATUS_SUCCESS) fail(code, call, sizes);
}

}  // namespace crosslift::cuda
