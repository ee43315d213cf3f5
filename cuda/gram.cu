#include "cuda/cuda_backend.hpp"
#include "cuda/half.cuh"
#include "cuda/scratch_sizes.hpp"
#include "cuda/threads.cuh"
#include "cuda/tile.cuh"

#include <algorithm>

namespace crosslift::cuda {
namespace {

using Product = Tile<64, 64>;
constexpr int side = Product::rows;
constexpr std::int64_t numbers = std::int64_t{side} * side;
constexpr std::int64_t piece = 1024;  // rows that are summed in float32; pieces and stripes are summed in float64

/// Block (t, s) sums tile t of the lower triangle over stripe s of the rows.
__global__ void __launch_bounds__(Product::threads)
    gram_stripes_kernel(backend::FactorView factors, std::int64_t rows_per_stripe, double* partial) {
    auto& s = shared<Product::Shared>();
    const TriangleTile tile = triangle_tile(static_cast<int>(blockIdx.x));
    const std::int64_t begin = static_cast<std::int64_t>(blockIdx.y) * rows_per_stripe;
    const std::int64_t end = begin + rows_per_stripe < factors.rows ? begin + rows_per_stripe : factors.rows;
    double total[Product::patch][Product::patch] = {};
    for (std::int64_t first = begin; first < end; first += piece) {
        const int depth = static_cast<int>(end - first < piece ? end - first : piece);
        const auto load = [&](int tile_number) {
            return [=](int k, int i) {
                const std::int64_t col = static_cast<std::int64_t>(tile_number) * side + i;
                return k < depth && col < factors.cols ? factor_at(factors, first + k, col) : 0.0F;
            };
        };
        Product::Sum sum = {};
        Product::multiply<Product::Walk::tile, Product::Walk::tile>(s, sum, depth, load(tile.row), load(tile.col));
        for (int i = 0; i < Product::patch; ++i)
            for (int j = 0; j < Product::patch; ++j) total[i][j] += static_cast<double>(sum[i][j]);
    }
    double* to = partial + (static_cast<std::int64_t>(blockIdx.y) * gridDim.x + blockIdx.x) * numbers;
    for (int i = 0; i < Product::patch; ++i)
        for (int j = 0; j < Product::patch; ++j) to[Product::row(i) * side + Product::col(j)] = total[i][j];
}

/// Adds the stripes of each number in their order and writes both triangles.
__global__ void __launch_bounds__(256)
    gram_sum_kernel(const double* partial, int tiles, int stripes, backend::DenseSpan out) {
    const std::int64_t all = tiles * numbers;
    for (std::int64_t e = thread_of_grid(); e < all; e += threads_in_grid()) {
        const TriangleTile tile = triangle_tile(static_cast<int>(e / numbers));
        const std::int64_t row = static_cast<std::int64_t>(tile.row) * side + e % numbers / side;
        const std::int64_t col = static_cast<std::int64_t>(tile.col) * side + e % side;
        if (row >= out.rows || col > row) continue;
        double sum = 0;
        for (int stripe = 0; stripe < stripes; ++stripe) sum += partial[stripe * all + e];
        const auto value = static_cast<float>(sum);
        out.data[row * out.stride + col] = value;
        out.data[col * out.stride + row] = value;
    }
}

/// How the sum is cut, by the sizes alone, so that the same numbers give the same bits on every GPU.
struct Cut {
    std::int64_t tiles;
    std::int64_t rows_per_stripe;
    std::int64_t stripes;
};

Cut cut_of(std::int64_t rows, std::int64_t d) {
    constexpr std::int64_t most_blocks = 1024;
    const std::int64_t side_tiles = (d + side - 1) / side;
    const std::int64_t tiles = side_tiles * (side_tiles + 1) / 2;
    const std::int64_t most_stripes = std::max<std::int64_t>(1, most_blocks / tiles);
    const std::int64_t pieces = std::max<std::int64_t>(1, (rows + piece - 1) / piece);
    const std::int64_t rows_per_stripe = (pieces + most_stripes - 1) / most_stripes * piece;
    return {tiles, rows_per_stripe, std::max<std::int64_t>(1, (rows + rows_per_stripe - 1) / rows_per_stripe)};
}

}  // namespace

std::int64_t gram_scratch(std::int64_t rows, std::int64_t factors) {
    if (factors == 0) return 0;
    const Cut cut = cut_of(rows, factors);
    return cut.stripes * cut.tiles * numbers * static_cast<std::int64_t>(sizeof(double));
}

void CudaBackend::gram(backend::Lane& lane, const backend::FactorView& factors, backend::DenseSpan out) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    const std::int64_t d = factors.cols;
    check_shape(out, d, d, "the result of gram");
    if (d == 0) return;
    const Cut cut = cut_of(factors.rows, d);
    Scratch scratch(own.pool(), own.stream());
    auto* partial = scratch.take<double>(cut.stripes * cut.tiles * numbers);
    const dim3 blocks(static_cast<unsigned>(cut.tiles), static_cast<unsigned>(cut.stripes));
    launch("gram_stripes", gram_stripes_kernel, {blocks, Product::threads, sizeof(Product::Shared), own.stream()},
           factors, cut.rows_per_stripe, partial);
    launch("gram_sum", gram_sum_kernel, {blocks_for(cut.tiles * numbers, 256, 4096), 256, 0, own.stream()}, partial,
           static_cast<int>(cut.tiles), static_cast<int>(cut.stripes), out);
}

}  // namespace crosslift::cuda
