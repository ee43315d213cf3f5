#include "cuda/cell_stream.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/scratch_sizes.hpp"
#include "cuda/sort.hpp"
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

/// Stored cells in the order of their columns: the column and the row of each.
struct CellsByColumn {
    const std::int32_t* columns;
    const std::int64_t* rows;
};

/// row_of[cell - range.first], and a copy of the cell's column beside it.
__global__ void __launch_bounds__(threads)
    list_cells_kernel(DeviceRows rows, CellRange range, std::int32_t* columns, std::int64_t* row_of) {
    for (std::int64_t cell = range.first + thread_of_grid(); cell < range.last; cell += threads_in_grid()) {
        columns[cell - range.first] = rows.indices[cell];
        row_of[cell - range.first] = row_of_cell(rows.indptr, rows.rows, cell);
    }
}

/// begins[c] = number of listed cells in columns before c, for c up to and including `cols`.
__global__ void __launch_bounds__(threads)
    find_columns_kernel(const std::int32_t* columns, std::int64_t count, std::int64_t cols, std::int64_t* begins) {
    for (std::int64_t col = thread_of_grid(); col <= cols; col += threads_in_grid()) {
        std::int64_t low = 0;
        std::int64_t high = count;
        while (low < high) {
            const std::int64_t middle = low + (high - low) / 2;
            if (columns[middle] < col)
                low = middle + 1;
            else
                high = middle;
        }
        begins[col] = low;
    }
}

/// For each listed cell (row, i) from begin to end: adds the row's weight to sums[i - first][j] of every j <= i in that
/// row. A warp takes `cells_per_warp` cells; its lanes share the j.
__global__ void __launch_bounds__(threads)
    add_pairs_kernel(DeviceRows rows, CellsByColumn cells, const std::int64_t* begins, const long long* weights,
                     std::int64_t first, std::int64_t count, Fixed* sums) {
    const std::int64_t end = begins[first + count];
    const std::int64_t step = threads_in_grid() / warp_size * cells_per_warp;
    for (std::int64_t begin = begins[first] + thread_of_grid() / warp_size * cells_per_warp; begin < end;
         begin += step) {
        const std::int64_t last = begin + cells_per_warp < end ? begin + cells_per_warp : end;
        for (std::int64_t cell = begin; cell < last; ++cell) {
            const std::int32_t item = cells.columns[cell];
            const std::int64_t row = cells.rows[cell];
            const auto weight = static_cast<Fixed>(weights[row]);
            Fixed* sum = sums + (item - first) * rows.cols;
            for (std::int64_t other = rows.indptr[row] + lane_of_warp(); other < rows.indptr[row + 1];
                 other += warp_size) {
                const std::int32_t j = rows.indices[other];
                if (j > item) break;
                atomicAdd(&sum[j], weight);
            }
        }
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

/// Rows of the result that are summed at a time.
std::int64_t rows_at_once(std::int64_t items) {
    return std::clamp<std::int64_t>(stripe_bytes / (items * static_cast<std::int64_t>(sizeof(Fixed))), 1, items);
}

/// Adds the pairs of all rows to some rows of the result. Of resident rows the cells are sorted by column once;
/// streamed ones are sorted block by block each time they come.
class PairSums {
public:
    PairSums(LaneState& lane, const CudaRows& rows, const long long* weights)
        : lane_(lane),
          rows_(rows),
          weights_(weights),
          scratch_(lane.pool(), lane.stream()),
          columns_(scratch_.take<std::int32_t>(rows.largest_block())),
          row_of_(scratch_.take<std::int64_t>(rows.largest_block())),
          begins_(scratch_.take<std::int64_t>(rows.cols() + 1)) {
        if (rows.streamed() == nullptr) sort(rows.view(), {0, rows.nnz()});
    }

    void add(std::int64_t first, std::int64_t count, Fixed* sums) {
        if (rows_.nnz() == 0) return;
        if (rows_.streamed() == nullptr) return add_sorted(rows_.view(), first, count, sums);
        CellStream cells(lane_, rows_, ranges_of_blocks(rows_));
        for (const RowBlock& block : rows_.blocks()) {
            const DeviceRows there = cells.next();
            sort(there, block.cells);
            add_sorted(there, first, count, sums);
            cells.done();
        }
    }

private:
    void sort(const DeviceRows& rows, CellRange range) {
        const std::int64_t cells = range.last - range.first;
        if (cells > 0) {
            launch("list_cells", list_cells_kernel, {blocks_for(cells, threads, 65536), threads, 0, lane_.stream()},
                   rows, range, columns_, row_of_);
            sort_by_column(lane_, columns_, row_of_, cells);
        }
        launch("find_columns", find_columns_kernel, {blocks_for(rows.cols + 1, threads), threads, 0, lane_.stream()},
               columns_, cells, rows.cols, begins_);
    }

    void add_sorted(const DeviceRows& rows, std::int64_t first, std::int64_t count, Fixed* sums) {
        // How many cells these columns have only the device knows; a block takes what is left as long as there is any.
        const unsigned blocks = blocks_for(rows_.largest_block(), cells_per_warp * threads / warp_size, 8192);
        launch("add_pairs", add_pairs_kernel, {blocks, threads, 0, lane_.stream()}, rows,
               CellsByColumn{columns_, row_of_}, begins_, weights_, first, count, sums);
    }

    LaneState& lane_;
    const CudaRows& rows_;
    const long long* weights_;
    Scratch scratch_;
    std::int32_t* columns_;
    std::int64_t* row_of_;
    std::int64_t* begins_;
};

}  // namespace

std::int64_t item_gram_scratch(std::int64_t rows, std::int64_t items, std::int64_t cells) {
    constexpr std::int64_t per_cell = sizeof(std::int32_t) + sizeof(std::int64_t);
    return 8 * rows + 2 * per_cell * cells + 8 * (items + 1) +
           rows_at_once(items) * items * static_cast<std::int64_t>(sizeof(Fixed));
}

void CudaBackend::item_gram(backend::Lane& lane, const backend::Rows& rows, std::span<const float> weights,
                            backend::DenseSpan out) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    const CudaRows& plan = cuda_rows(rows);
    const std::int64_t n = plan.cols();
    check_shape(out, n, n, "the result of item_gram");
    if (static_cast<std::int64_t>(weights.size()) != plan.rows())
        throw InvalidArgument("item_gram: " + std::to_string(weights.size()) + " weights came for " +
                              std::to_string(plan.rows()) + " rows; give one per row");
    if (n == 0) return;
    const double scale = fixed_point_scale(weights);
    std::vector<long long> fixed(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) fixed[i] = std::llround(static_cast<double>(weights[i]) * scale);

    Scratch scratch(own.pool(), own.stream());
    auto* device_weights = scratch.take<long long>(plan.rows());
    own.copy_in(device_weights, fixed.data(), plan.rows() * static_cast<std::int64_t>(sizeof(long long)));
    const std::int64_t most = rows_at_once(n);
    auto* sums = scratch.take<Fixed>(most * n);
    PairSums pairs(own, plan, device_weights);
    for (std::int64_t first = 0; first < n; first += most) {
        const std::int64_t count = std::min(most, n - first);
        const std::int64_t bytes = count * n * static_cast<std::int64_t>(sizeof(Fixed));
        check(cudaMemsetAsync(sums, 0, static_cast<std::size_t>(bytes), own.stream()), "cudaMemsetAsync", {bytes});
        pairs.add(first, count, sums);
        launch("write_sums", write_sums_kernel, {blocks_for(count * n, threads, 65536), threads, 0, own.stream()}, sums,
               1 / scale, first, count, out);
    }
}

}  // namespace crosslift::cuda
