#include "cuda/cuda_backend.hpp"
#include "cuda/half.cuh"
#include "formulas/half.hpp"

namespace crosslift::cuda {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;
constexpr unsigned most_blocks = 1024;

struct LargestShared {
    float warp_largest[warps];
};

/// The largest of each thread's `value` over the block, in thread 0.
__device__ float block_largest(float value) {
    auto& s = shared<LargestShared>();
    for (int step = warp_size / 2; step > 0; step /= 2) value = fmaxf(value, __shfl_xor_sync(whole_warp, value, step));
    if (lane_of_warp() == 0) s.warp_largest[warp_of_block()] = value;
    __syncthreads();
    if (thread_of_block() == 0)
        for (int warp = 1; warp < warps; ++warp) value = fmaxf(value, s.warp_largest[warp]);
    return value;
}

/// The largest magnitude that each block meets; maxima do not depend on their order.
__global__ void __launch_bounds__(threads) largest_kernel(backend::FactorView factors, float* largest) {
    float value = 0;
    for (std::int64_t e = thread_of_grid(); e < factors.rows * factors.cols; e += threads_in_grid())
        value = fmaxf(value, fabsf(factor_at(factors, e / factors.cols, e % factors.cols)));
    value = block_largest(value);
    if (thread_of_block() == 0) largest[blockIdx.x] = value;
}

__global__ void __launch_bounds__(threads) half_scale_kernel(const float* largest, int count, float* scale) {
    float value = 0;
    for (int i = thread_of_block(); i < count; i += threads) value = fmaxf(value, largest[i]);
    value = block_largest(value);
    if (thread_of_block() == 0) *scale = formulas::half_scale(value);
}

__global__ void set_kernel(float value, float* to) {
    *to = value;
}

__global__ void __launch_bounds__(threads)
    narrow_kernel(backend::DenseView from, const float* scale, backend::HalfSpan out) {
    const float by = 1.0F / *scale;
    for (std::int64_t e = thread_of_grid(); e < from.rows * from.cols; e += threads_in_grid()) {
        const std::int64_t row = e / from.cols;
        const std::int64_t col = e % from.cols;
        reinterpret_cast<__half*>(out.row(row))[col] = __float2half_rn(by * from.row(row)[col]);
    }
}

__global__ void __launch_bounds__(threads) widen_kernel(backend::FactorView from, backend::DenseSpan out) {
    for (std::int64_t e = thread_of_grid(); e < from.rows * from.cols; e += threads_in_grid())
        out.row(e / from.cols)[e % from.cols] = factor_at(from, e / from.cols, e % from.cols);
}

}  // namespace

void find_half_scale(LaneState& lane, const backend::FactorView& factors, float* scale) {
    if (factors.dtype == DType::f16) {
        launch("set", set_kernel, {1, 1, 0, lane.stream()}, factors.scale, scale);
        return;
    }
    const unsigned blocks = blocks_for(factors.rows * factors.cols, threads * 16, most_blocks);
    Scratch scratch(lane.pool(), lane.stream());
    auto* largest = scratch.take<float>(blocks);
    launch("largest", largest_kernel, {blocks, threads, sizeof(LargestShared), lane.stream()}, factors, largest);
    launch("half_scale", half_scale_kernel, {1, threads, sizeof(LargestShared), lane.stream()}, largest,
           static_cast<int>(blocks), scale);
}

float CudaBackend::narrow(backend::Lane& lane, backend::DenseView from, backend::HalfSpan out) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    check_shape(from, out.rows, out.cols, "what narrow is to round");
    Scratch scratch(own.pool(), own.stream());
    auto* scale = scratch.take<float>(1);
    find_half_scale(own, from, scale);
    launch("narrow", narrow_kernel, {blocks_for(from.rows * from.cols, threads, 65536), threads, 0, own.stream()}, from,
           scale, out);
    auto* host = static_cast<float*>(own.pinned(sizeof(float)));
    own.copy_out(host, scale, sizeof(float));
    return *host;
}

void CudaBackend::widen(backend::Lane& lane, const backend::FactorView& from, backend::DenseSpan out) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    check_shape(out, from.rows, from.cols, "the result of widen");
    launch("widen", widen_kernel, {blocks_for(from.rows * from.cols, threads, 65536), threads, 0, own.stream()}, from,
           out);
}

}  // namespace crosslift::cuda
