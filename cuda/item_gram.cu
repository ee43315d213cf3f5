#include "cuda/cuda_backend.hpp"
#include "cuda/threads.cuh"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace crosslift::cuda {
namespace {

// Weights are added as 64-bit integers, in which sums do not depend on their order: atomic additions are then exact
// and repeatable. The scale leaves room for the sum of all weights, so the rounding is below 2^-50 of it.
using Fixed = unsigned long long;

constexpr int threads = 256;
constexpr std::int64_t cells_per_warp = 32;
constexpr std::int64_t stripe_bytes = std::int64_t{128} << 20;  // sums held at a time

/// For each stored cell (row, i) with i in [first, first + count): adds the row's weight to sums[i][j] of every j <= i
/// in that row. A warp takes `cells_per_warp` cells; its lanes share the j.
__global__ void __launch_bounds__(threads)
    add_pairs_kernel(DeviceRows rows, const long long* weights, std::int64_t first, std::int64_t count, Fixed* sums) {
    const std::int64_t begin = (thread_of_grid() / warp_size) * cells_per_warp;
    if (begin >= rows.nnz) return;
    const std::int64_t end = begin + cells_per_warp < rows.nnz ? begin + cells_per_warp : rows.nnz;
    std::int64_t row = row_of_cell(rows.indptr, rows.rows, begin);
    for (std::int64_t cell = begin; cell < end; ++cell) {
        while (rows.indptr[row + 1] <= cell) ++row;
        const std::int64_t i = rows.indices[cell] - first;
        if (i < 0 || i >= count) continue;
        const auto weight = static_cast<Fixed>(weights[row]);
        for (std::int64_t other = rows.indptr[row] + lane_of_warp(); other <= cell; other += warp_size)
            atomicAdd(&sums[i * rows.cols + rows.indices[other]], weight);
    }
}

/// Writes rows [first, first + count) of the lower triangle and their mirror image.
__global__ void __launch_bounds__(threads)
    write_sums_kernel(const Fixed* sums, double unit, std::int64_t first, std::int64_t count, backend::DenseSpan out) {
    for (std::int64_t e = thread_of_grid(); e < count * out.cols; e += threads_in_grid()) {
        const std::int64_t row = first + e / out.cols;
        const std::int64_t col = e % out.cols;
        if (col > row) continue;
        const auto value = static_cast<float>(static_cast<double>(static_cast<long long>(sums[e])) * unit);
        out.row(row)[col] = value;
        out.row(col)[row] = value;
    }
}

/// Power of two so that the sum of all weights stays below 2^62.
double fixed_point_scale(std::span<const float> weights) {
    double total = 0;
    for (const float weight : weights) total += std::abs(static_cast<double>(weight));
    if (!std::isfinite(total))
        throw InvalidArgument("item_gram: a weight is not a finite number; give one finite weight per row");
    int exponent = 0;
    std::frexp(total, &exponent);  // total < 2^exponent
    return std::ldexp(1.0, 61 - std::max(exponent, -900));
}

}  // namespace

void CudaBackend::item_gram(backend::Lane& lane, const backend::Rows& rows, std::span<const float> weights,
                            backend::DenseSpan out) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    const DeviceRows& matrix = cuda_rows(rows).view();
    const std::int64_t n = matrix.cols;
    check_shape(out, n, n, "the result of item_gram");
    if (static_cast<std::int64_t>(weights.size()) != matrix.rows)
        throw InvalidArgument("item_gram: " + std::to_string(weights.size()) + " weights came for " +
                              std::to_string(matrix.rows) + " rows; give one per row");
    if (n == 0) return;
    const double scale = fixed_point_scale(weights);
    std::vector<long long> fixed(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) fixed[i] = std::llround(static_cast<double>(weights[i]) * scale);

    Scratch scratch(own.pool(), own.stream());
    auto* device_weights = scratch.take<long long>(matrix.rows);
    own.copy_in(device_weights, fixed.data(), matrix.rows * static_cast<std::int64_t>(sizeof(long long)));
    const std::int64_t row_bytes = n * static_cast<std::int64_t>(sizeof(Fixed));
    const std::int64_t rows_at_once = std::clamp<std::int64_t>(stripe_bytes / row_bytes, 1, n);
    auto* sums = scratch.take<Fixed>(rows_at_once * n);
    for (std::int64_t first = 0; first < n; first += rows_at_once) {
        const std::int64_t count = std::min(rows_at_once, n - first);
        check(cudaMemsetAsync(sums, 0, static_cast<std::size_t>(count * row_bytes), own.stream()), "cudaMemsetAsync",
              {count * row_bytes});
        if (matrix.nnz > 0)
            launch("add_pairs", add_pairs_kernel,
                   {blocks_for((matrix.nnz + cells_per_warp - 1) / cells_per_warp, threads / warp_size), threads, 0,
                    own.stream()},
                   matrix, device_weights, first, count, sums);
        launch("write_sums", write_sums_kernel, {blocks_for(count * n, threads, 65536), threads, 0, own.stream()}, sums,
               1 / scale, first, count, out);
    }
}

}  // namespace crosslift::cuda
