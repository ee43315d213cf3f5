#include "cuda/als_solve.hpp"
#include "cuda/cell_stream.hpp"
#include "cuda/scratch_sizes.hpp"
#include "cuda/threads.cuh"
#include "formulas/als.hpp"

#include <algorithm>

namespace crosslift::cuda {
namespace {

constexpr int threads = 256;

/// Copies the fixed factors to rows of `pitch` numbers, zeros beyond the last column. Later: whitened, in 16 bits.
__global__ void __launch_bounds__(threads) pad_factors_kernel(backend::DenseView from, std::int64_t pitch, float* to) {
    for (std::int64_t e = thread_of_grid(); e < from.rows * pitch; e += threads_in_grid()) {
        const std::int64_t col = e % pitch;
        to[e] = col < from.cols ? from.row(e / pitch)[col] : 0.0F;
    }
}

/// lambda_u of every row, here and not in the solving kernels because a power costs many registers.
__global__ void __launch_bounds__(threads)
    row_ridges_kernel(const std::int64_t* indptr, std::int64_t rows, float regularization, float frequency_offset,
                      float nu, float* ridge) {
    for (std::int64_t row = thread_of_grid(); row < rows; row += threads_in_grid())
        ridge[row] = formulas::als_ridge(regularization, frequency_offset, nu, indptr[row + 1] - indptr[row]);
}

/// Rows without cells become zero.
__global__ void __launch_bounds__(threads)
    zero_rows_kernel(const std::int64_t* order, std::int64_t count, backend::DenseSpan out) {
    for (std::int64_t e = thread_of_grid(); e < count * out.cols; e += threads_in_grid())
        out.row(order[e / out.cols])[e % out.cols] = 0.0F;
}

std::int64_t pitch_of(const backend::AlsStep& step, std::int64_t factors) {
    return step.cg_steps > 0 ? cg_pitch(factors) : fused_pitch(factors);
}

/// Rows for about a tenth of a second, so that a request to stop is seen in time.
std::int64_t rows_per_batch(std::int64_t longest, std::int64_t pitch) {
    constexpr double operations_per_batch = 1e12;
    const auto d = static_cast<double>(pitch);
    const double per_row = 2 * static_cast<double>(longest) * d * d + d * d * d;
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(operations_per_batch / per_row), 4096,
                                    std::int64_t{1} << 24);
}

/// Solves the rows of one block, whose cells are there.
void solve_block(LaneState& lane, const AlsProblem& problem, const RowBlock& block, const std::stop_token& stop) {
    if (const Bin& empty = block.empty_rows; empty.count > 0)
        launch("zero_rows", zero_rows_kernel,
               {blocks_for(empty.count * problem.factors(), threads, 65536), threads, 0, lane.stream()},
               problem.order + empty.first, empty.count, problem.out);
    solve_long(lane, problem, block.long_rows, stop);
    for (const Bin& bin : block.bins) {
        if (problem.cg_steps == 0 && problem.pitch > most_fused_factors) {
            solve_blocked(lane, problem, bin, stop);
            continue;
        }
        const std::int64_t batch = rows_per_batch(bin.longest, problem.pitch);
        for (std::int64_t first = 0; first < bin.count && !stop.stop_requested(); first += batch) {
            const std::int64_t count = std::min(batch, bin.count - first);
            lane.begin_batch();
            if (problem.cg_steps > 0)
                solve_cg(lane, problem, bin.first + first, count);
            else
                solve_fused(lane, problem, bin.first + first, count);
            lane.end_batch();
        }
    }
}

}  // namespace

std::int64_t als_solve_scratch(const backend::Workload& workload) {
    constexpr auto float_bytes = static_cast<std::int64_t>(sizeof(float));
    const std::int64_t d = workload.factors;
    const std::int64_t pitch = workload.cg_steps > 0 ? cg_pitch(d) : fused_pitch(d);
    // A matrix per row that does not fit a block, and per piece of a long row (als_solve_blocked.cu).
    constexpr std::int64_t most_bytes = std::int64_t{1} << 30;
    const std::int64_t slot = (pitch + 64) * (pitch + 65) * float_bytes;
    const std::int64_t long_row_pieces = 2 * (workload.nnz / 1024);
    const bool in_blocks = workload.cg_steps == 0 && pitch > most_fused_factors;
    const std::int64_t slots = std::max(in_blocks ? workload.rows : 0, long_row_pieces);
    const std::int64_t gram = gram_scratch(std::max(workload.rows, workload.cols), d);
    const std::int64_t solving =
        float_bytes * (workload.cols * pitch + workload.rows) + std::min(most_bytes + slot, slots * slot);
    return std::max(solving, gram);
}

void CudaBackend::als_solve(backend::Lane& lane, const backend::Rows& rows, backend::DenseView fixed,
                            backend::DenseView gram, const backend::AlsStep& step, backend::DenseSpan out) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    const CudaRows& plan = cuda_rows(rows);
    const std::int64_t d = fixed.cols;
    check_shape(fixed, plan.cols(), d, "the fixed factors of als_solve");
    check_shape(gram, d, d, "the gram matrix of als_solve");
    check_shape(out, plan.rows(), d, "the result of als_solve");
    if (d == 0 || plan.rows() == 0) return;

    Scratch scratch(own.pool(), own.stream());
    const std::int64_t pitch = pitch_of(step, d);
    auto* padded = scratch.take<float>(fixed.rows * pitch);
    launch("pad_factors", pad_factors_kernel,
           {blocks_for(fixed.rows * pitch, threads, 65536), threads, 0, own.stream()}, fixed, pitch, padded);
    auto* ridge = scratch.take<float>(plan.rows());
    launch("row_ridges", row_ridges_kernel, {blocks_for(plan.rows(), threads, 65536), threads, 0, own.stream()},
           plan.view().indptr, plan.rows(), step.regularization, step.frequency_offset, step.nu, ridge);
    AlsProblem problem{};
    problem.order = plan.order();
    problem.fixed = padded;
    problem.pitch = pitch;
    problem.gram = gram;
    problem.out = out;
    problem.background = step.background;
    problem.alpha = step.alpha;
    problem.target_offset = step.target_offset;
    problem.ridge = ridge;
    problem.cg_steps = step.cg_steps;
    CellStream cells(own, plan, ranges_of_blocks(plan));
    for (const RowBlock& block : plan.blocks()) {
        if (step.stop.stop_requested()) return;
        problem.rows = cells.next();
        solve_block(own, problem, block, step.stop);
        cells.done();
    }
}

}  // namespace crosslift::cuda
