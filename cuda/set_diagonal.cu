#include "cuda/cuda_backend.hpp"
#include "cuda/threads.cuh"

namespace crosslift::cuda {
namespace {

constexpr int threads = 256;

__global__ void __launch_bounds__(threads) set_diagonal_kernel(const float* values, backend::DenseSpan matrix) {
    for (std::int64_t i = thread_of_grid(); i < matrix.rows; i += threads_in_grid()) matrix.row(i)[i] = values[i];
}

}  // namespace

void CudaBackend::set_diagonal(backend::Lane& lane, std::span<const float> values, backend::DenseSpan matrix) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    const auto n = static_cast<std::int64_t>(values.size());
    check_shape(matrix, n, n, "the matrix of set_diagonal");
    if (n == 0) return;
    Scratch scratch(own.pool(), own.stream());
    auto* on_device = scratch.take<float>(n);
    own.copy_in(on_device, values.data(), n * static_cast<std::int64_t>(sizeof(float)));
    launch("set_diagonal", set_diagonal_kernel, {blocks_for(n, threads, 65536), threads, 0, own.stream()}, on_device,
           matrix);
}

}  // namespace crosslift::cuda
