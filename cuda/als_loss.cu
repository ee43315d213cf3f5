#include "cuda/cell_stream.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/half.cuh"
#include "cuda/scratch_sizes.hpp"
#include "cuda/threads.cuh"
#include "formulas/als.hpp"

#include <algorithm>
#include <vector>

namespace crosslift::cuda {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;
constexpr std::int64_t cells_per_warp = 128;
constexpr std::int64_t rows_per_warp = 32;

struct LossShared {
    double warp_sums[warps];
};

/// Row i of a times row j of b: float32 inside a lane, float64 between lanes. The whole warp calls it.
__device__ double warp_dot(const backend::FactorView& a, std::int64_t i, const backend::FactorView& b, std::int64_t j) {
    float sum = 0;
    for (std::int64_t f = lane_of_warp(); f < a.cols; f += warp_size)
        sum = fmaf(factor_at(a, i, f), factor_at(b, j, f), sum);
    return warp_sum(static_cast<double>(sum));
}

/// Adds the warps of a block in their order; thread 0 stores the sum at blockIdx.x of `partial`.
__device__ void store_block_sum(double warp_total, double* partial) {
    auto& s = shared<LossShared>();
    if (lane_of_warp() == 0) s.warp_sums[warp_of_block()] = warp_total;
    __syncthreads();
    if (thread_of_block() != 0) return;
    double sum = 0;
    for (int warp = 0; warp < warps; ++warp) sum += s.warp_sums[warp];
    partial[blockIdx.x] = sum;
}

/// What the stored cells of a range add to the objective. A warp takes `cells_per_warp` cells in their order.
__global__ void __launch_bounds__(threads)
    cell_loss_kernel(DeviceRows rows, CellRange range, backend::FactorView customers, backend::FactorView items,
                     float alpha, float target_offset, double* partial) {
    const std::int64_t begin = range.first + (thread_of_grid() / warp_size) * cells_per_warp;
    const std::int64_t end = begin + cells_per_warp < range.last ? begin + cells_per_warp : range.last;
    double sum = 0;
    if (begin < end) {
        std::int64_t row = row_of_cell(rows.indptr, rows.rows, begin);
        for (std::int64_t cell = begin; cell < end; ++cell) {
            while (rows.indptr[row + 1] <= cell) ++row;
            const float r = rows.values == nullptr ? 1.0F : rows.values[cell];
            const double s = warp_dot(customers, row, items, rows.indices[cell]);
            sum += formulas::als_cell_loss(static_cast<double>(formulas::als_weight(alpha, r)),
                                           static_cast<double>(formulas::als_target(target_offset, alpha, r)), s);
        }
    }
    store_block_sum(sum, partial);
}

/// The ridge of one side, lambda_u |x_u|^2 summed; the cells of row u are counts[u], or indptr's where that is null.
__global__ void __launch_bounds__(threads)
    ridge_loss_kernel(const std::int64_t* indptr, const unsigned long long* counts, backend::FactorView factors,
                      float regularization, float frequency_offset, float nu, double* partial) {
    const std::int64_t begin = (thread_of_grid() / warp_size) * rows_per_warp;
    const std::int64_t end = begin + rows_per_warp < factors.rows ? begin + rows_per_warp : factors.rows;
    double sum = 0;
    for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t cells =
            counts == nullptr ? indptr[row + 1] - indptr[row] : static_cast<std::int64_t>(counts[row]);
        const double square = warp_dot(factors, row, factors, row);
        sum += static_cast<double>(formulas::als_ridge(regularization, frequency_offset, nu, cells)) * square;
    }
    store_block_sum(sum, partial);
}

/// How many cells each column has; integers, so that their order does not matter.
__global__ void __launch_bounds__(threads)
    count_columns_kernel(DeviceRows rows, CellRange range, unsigned long long* counts) {
    for (std::int64_t cell = range.first + thread_of_grid(); cell < range.last; cell += threads_in_grid())
        atomicAdd(&counts[rows.indices[cell]], 1ULL);
}

/// <a, b> of two square matrices, a block per `warps` rows.
__global__ void __launch_bounds__(threads)
    matrix_dot_kernel(backend::DenseView a, backend::DenseView b, double* partial) {
    const std::int64_t row = thread_of_grid() / warp_size;
    double sum = 0;
    if (row < a.rows) {
        for (std::int64_t i = lane_of_warp(); i < a.cols; i += warp_size)
            sum += static_cast<double>(a.row(row)[i]) * static_cast<double>(b.row(row)[i]);
        sum = warp_sum(sum);
    }
    store_block_sum(sum, partial);
}

/// out = sum of `count` numbers, in an order that depends on `count` alone. One block.
__global__ void __launch_bounds__(threads) sum_kernel(const double* numbers, std::int64_t count, double* out) {
    double sum = 0;
    for (std::int64_t i = thread_of_block(); i < count; i += threads) sum += numbers[i];
    store_block_sum(warp_sum(sum), out);
}

/// The terms of the objective, each summed on the device.
class Terms {
public:
    explicit Terms(LaneState& lane) : lane_(lane), scratch_(lane.pool(), lane.stream()) {
        sums_ = scratch_.take<double>(term_count);
    }

    Scratch& scratch() { return scratch_; }

    /// Runs a kernel that leaves one partial sum per block, and adds them into the next term.
    template <class... Parameters, class... Arguments>
    void add(const char* name, void (*kernel)(Parameters...), std::int64_t work, std::int64_t work_per_warp,
             const Arguments&... arguments) {
        const unsigned blocks = blocks_for(work, work_per_warp * warps);
        Scratch scratch(lane_.pool(), lane_.stream());
        auto* partial = scratch.take<double>(blocks);
        launch(name, kernel, {blocks, threads, sizeof(LossShared), lane_.stream()}, arguments..., partial);
        add_partial(partial, blocks);
    }

    /// Adds `count` partial sums into the next term.
    void add_partial(const double* partial, std::int64_t count) {
        launch("sum", sum_kernel, {1, threads, sizeof(LossShared), lane_.stream()}, partial, count, sums_ + terms_);
        ++terms_;
    }

    /// The terms in the order of add(). Waits.
    const double* read() {
        auto* host = static_cast<double*>(lane_.pinned(term_count * sizeof(double)));
        lane_.copy_out(host, sums_, terms_ * static_cast<std::int64_t>(sizeof(double)));
        return host;
    }

private:
    static constexpr std::int64_t term_count = 4;
    LaneState& lane_;
    Scratch scratch_;
    double* sums_;
    std::int64_t terms_ = 0;
};

/// The term of the stored cells; counts the cells of each column on the way. Partial sums are cut alike for resident
/// and streamed cells.
void add_cells(LaneState& lane, const CudaRows& rows, const backend::FactorView& customers,
               const backend::FactorView& items, const backend::AlsStep& step, unsigned long long* counts,
               Terms& terms) {
    constexpr std::int64_t cells_per_block = cells_per_warp * warps;
    const std::int64_t blocks = blocks_for(rows.nnz(), cells_per_block);
    auto* partial = terms.scratch().take<double>(blocks);
    const std::vector<CellRange> ranges = ranges_of_cells(rows, cells_per_block);
    CellStream cells(lane, rows, ranges);
    for (const CellRange& range : ranges) {
        const DeviceRows there = cells.next();
        const std::int64_t count = range.last - range.first;
        launch("count_columns", count_columns_kernel, {blocks_for(count, threads, 65536), threads, 0, lane.stream()},
               there, range, counts);
        launch("cell_loss", cell_loss_kernel,
               {blocks_for(count, cells_per_block), threads, sizeof(LossShared), lane.stream()}, there, range,
               customers, items, step.alpha, step.target_offset, partial + range.first / cells_per_block);
        cells.done();
    }
    terms.add_partial(partial, blocks);
}

}  // namespace

std::int64_t als_loss_scratch(const backend::Workload& workload) {
    const std::int64_t partial = 8 * (workload.nnz / cells_per_warp / warps + workload.rows + 1);
    // gram() of both sides, with its stripes, and the counts of the columns.
    return partial + 8 * workload.cols + 2 * workload.factors * workload.factors * 4 +
           gram_scratch(workload.rows, workload.factors) + gram_scratch(workload.cols, workload.factors);
}

double CudaBackend::als_loss(backend::Lane& lane, const backend::Rows& rows, const backend::FactorView& customers,
                             const backend::FactorView& items, const backend::AlsStep& customer_step,
                             const backend::AlsStep& item_step) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    const CudaRows& plan = cuda_rows(rows);
    const DeviceRows& matrix = plan.view();
    const std::int64_t d = items.cols;
    check_shape(customers, matrix.rows, d, "the customer factors of als_loss");
    check_shape(items, matrix.cols, d, "the item factors of als_loss");
    Terms terms(own);
    auto* counts = terms.scratch().take<unsigned long long>(matrix.cols);
    const std::int64_t count_bytes = matrix.cols * static_cast<std::int64_t>(sizeof(unsigned long long));
    if (count_bytes > 0)
        check(cudaMemsetAsync(counts, 0, static_cast<std::size_t>(count_bytes), own.stream()), "cudaMemsetAsync",
              {count_bytes});
    add_cells(own, plan, customers, items, customer_step, counts, terms);
    const unsigned long long* no_counts = nullptr;
    terms.add("ridge_loss", ridge_loss_kernel, matrix.rows, rows_per_warp, matrix.indptr, no_counts, customers,
              customer_step.regularization, customer_step.frequency_offset, customer_step.nu);
    terms.add("ridge_loss", ridge_loss_kernel, matrix.cols, rows_per_warp, matrix.indptr, counts, items,
              item_step.regularization, item_step.frequency_offset, item_step.nu);
    // The sum over all cells of (x.y)^2 is <X'X, Y'Y>.
    auto* grams = terms.scratch().take<float>(2 * d * d);
    const backend::DenseSpan customer_gram = {grams, d, d, d};
    const backend::DenseSpan item_gram = {grams + d * d, d, d, d};
    gram(lane, customers, customer_gram);
    gram(lane, items, item_gram);
    terms.add("matrix_dot", matrix_dot_kernel, d, 1, backend::DenseView(customer_gram), backend::DenseView(item_gram));
    const double* sums = terms.read();
    return sums[0] + sums[1] + sums[2] + static_cast<double>(customer_step.background) * sums[3];
}

}  // namespace crosslift::cuda
