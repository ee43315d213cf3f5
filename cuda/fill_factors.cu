#include "cuda/cuda_backend.hpp"
#include "cuda/threads.cuh"
#include "formulas/philox.hpp"

namespace crosslift::cuda {
namespace {

constexpr int threads = 256;

/// One thread per four columns of a row.
__global__ void __launch_bounds__(threads)
    fill_factors_kernel(backend::DenseSpan out, std::uint64_t seed, std::uint32_t table, float scale) {
    const std::int64_t groups = (out.cols + 3) / 4;
    for (std::int64_t i = thread_of_grid(); i < out.rows * groups; i += threads_in_grid()) {
        const std::int64_t row = i / groups;
        const std::int64_t group = i % groups;
        const auto words = formulas::random_words(seed, table, row, static_cast<std::uint32_t>(group));
        float* to = out.data + row * out.stride + group * 4;
        for (int j = 0; j < 4; ++j)
            if (group * 4 + j < out.cols) to[j] = formulas::symmetric_uniform(words.word[j]) * scale;
    }
}

}  // namespace

void CudaBackend::fill_factors(backend::Lane& lane, backend::DenseSpan out, std::uint64_t seed, backend::Table table,
                               float scale) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    if (out.rows == 0 || out.cols == 0) return;
    const unsigned blocks = blocks_for(out.rows * ((out.cols + 3) / 4), threads, std::int64_t{1} << 20);
    launch("fill_factors", fill_factors_kernel, {blocks, threads, 0, own.stream()}, out, seed,
           static_cast<std::uint32_t>(table), scale);
}

}  // namespace crosslift::cuda
