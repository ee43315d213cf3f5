// Factors in 16 bits: how kernels read them, and the scale under which they are stored.
#pragma once

#include "backend/array.hpp"
#include "cuda/lane.hpp"
#include "cuda/threads.cuh"

#include <cuda_fp16.h>

namespace crosslift::cuda {

/// Number (row, col) of factors of either kind.
__device__ inline float factor_at(const backend::FactorView& factors, std::int64_t row, std::int64_t col) {
    const std::int64_t at = row * factors.stride + col;
    if (factors.dtype == DType::f32) return factors.scale * static_cast<const float*>(factors.data)[at];
    return factors.scale * __half2float(static_cast<const __half*>(factors.data)[at]);
}

/// Issues kernels that leave at `scale` (device memory) the scale under which `factors` become halves: their own
/// where they are halves already.
void find_half_scale(LaneState& lane, const backend::FactorView& factors, float* scale);

}  // namespace crosslift::cuda
