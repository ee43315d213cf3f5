#include "cuda/cuda_backend.hpp"
#include "cuda/multiply.hpp"
#include "cuda/threads.cuh"

#include <crosslift/error.hpp>

#include <algorithm>
#include <string>

namespace crosslift::cuda {
namespace {

/// out = factor * out; with factor 0 `out` is not read.
__global__ void __launch_bounds__(256) scale_kernel(backend::DenseSpan out, float factor) {
    for (std::int64_t e = thread_of_grid(); e < out.rows * out.cols; e += threads_in_grid()) {
        float& number = out.data[e / out.cols * out.stride + e % out.cols];
        number = factor == 0.0F ? 0.0F : factor * number;
    }
}

}  // namespace

void multiply(LaneState& lane, float alpha, backend::DenseView a, bool transpose_a, backend::DenseView b,
              bool transpose_b, float beta, backend::DenseSpan out) {
    if (out.rows == 0 || out.cols == 0) return;
    const std::int64_t depth = transpose_a ? a.rows : a.cols;
    if (depth == 0) {
        launch("scale", scale_kernel, {blocks_for(out.rows * out.cols, 256, 65536), 256, 0, lane.stream()}, out, beta);
        return;
    }
    // cuBLAS thinks in columns: it is asked for the transposed product of the same memory.
    check(cublasSgemm_64(lane.blas(), transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N, transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N,
                         out.cols, out.rows, depth, &alpha, b.data, std::max<std::int64_t>(b.stride, 1), a.data,
                         std::max<std::int64_t>(a.stride, 1), &beta, out.data, out.stride),
          "cublasSgemm", {out.rows, out.cols, depth});
}

void CudaBackend::multiply(backend::Lane& lane, float alpha, backend::DenseView a, bool transpose_a,
                           backend::DenseView b, bool transpose_b, float beta, backend::DenseSpan out) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    const std::int64_t rows = transpose_a ? a.cols : a.rows;
    const std::int64_t depth = transpose_a ? a.rows : a.cols;
    const std::int64_t cols = transpose_b ? b.rows : b.cols;
    const std::int64_t depth_b = transpose_b ? b.cols : b.rows;
    if (depth != depth_b)
        throw InvalidArgument("multiply: the left matrix has " + std::to_string(depth) + " columns and the right one " +
                              std::to_string(depth_b) + " rows; they must be the same");
    check_shape(out, rows, cols, "the result of multiply");
    cuda::multiply(own, alpha, a, transpose_a, b, transpose_b, beta, out);
}

}  // namespace crosslift::cuda
