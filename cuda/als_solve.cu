#include "cuda/als_slots.cuh"
#include "cuda/als_solve.hpp"
#include "cuda/cell_stream.hpp"
#include "cuda/half.cuh"
#include "cuda/scratch_sizes.hpp"
#include "cuda/threads.cuh"
#include "formulas/als.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <string>

namespace crosslift::cuda {
namespace {

constexpr int threads = 256;

/// Copies the fixed factors to where AlsProblem wants them, window by window, zeros behind each.
__global__ void __launch_bounds__(threads)
    place_factors_kernel(backend::FactorView from, AlsProblem problem, float* floats, __half* halves) {
    for (std::int64_t e = thread_of_grid(); e < from.rows * problem.pitch; e += threads_in_grid()) {
        const int place = static_cast<int>(e % problem.pitch);
        const Window window = problem.window(place / problem.width);
        const int i = place - window.place;
        const float number = i < window.used ? factor_at(from, e / problem.pitch, window.first + i) : 0.0F;
        if (halves != nullptr)
            halves[e] = __float2half_rn(number / *problem.half_scale);
        else
            floats[e] = number;
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

/// Rows for about a tenth of a second, so that a request to stop is seen in time.
std::int64_t rows_per_batch(std::int64_t longest, const AlsProblem& problem) {
    constexpr double operations_per_batch = 1e12;
    const auto d = static_cast<double>(problem.pitch);
    const double per_row = 2 * static_cast<double>(longest) * d * d + d * d * d;
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(operations_per_batch / per_row), 4096,
                                    std::int64_t{1} << 24);
}

/// Lays the fixed factors out for the solver that `problem` names, in 16 bits where the sums are mixed.
void place_factors(LaneState& lane, Scratch& scratch, const backend::FactorView& fixed, bool mixed,
                   AlsProblem& problem) {
    const std::int64_t size = problem.block > 0 ? problem.block : fixed.cols;
    problem.width = problem.cg_steps > 0 ? cg_width(size) : fused_width(size);
    problem.pitch = static_cast<std::int64_t>(problem.windows()) * problem.width;
    const std::int64_t numbers = fixed.rows * problem.pitch;
    float* floats = mixed ? nullptr : scratch.take<float>(numbers);
    __half* halves = mixed ? scratch.take<__half>(numbers) : nullptr;
    if (mixed) {
        auto* scale = scratch.take<float>(1);
        find_half_scale(lane, fixed, scale);
        problem.half_scale = scale;
    }
    launch("place_factors", place_factors_kernel, {blocks_for(numbers, threads, 65536), threads, 0, lane.stream()},
           fixed, problem, floats, halves);
    problem.fixed = floats;
    problem.halves = halves;
}

/// Rows that one launch solves, in the way that problem.solver() says.
void solve_rows(LaneState& lane, const AlsProblem& problem, const Bin& rows) {
    switch (problem.solver()) {
        case Solver::cg:
            return solve_cg(lane, problem, rows);
        case Solver::ials_pp:
            return solve_ials_pp(lane, problem, rows.first, rows.count);
        default:
            return solve_fused(lane, problem, rows.first, rows.count);
    }
}

/// Solves the rows of one block, whose cells are there.
void solve_block(LaneState& lane, const AlsProblem& problem, const RowBlock& block, const std::stop_token& stop) {
    if (const Bin& empty = block.empty_rows; empty.count > 0)
        launch("zero_rows", zero_rows_kernel,
               {blocks_for(empty.count * problem.factors(), threads, 65536), threads, 0, lane.stream()},
               problem.order + empty.first, empty.count, problem.out);
    if (problem.solver() == Solver::cg)
        solve_long_cg(lane, problem, block.long_rows, stop);
    else
        solve_long(lane, problem, block.long_rows, stop);
    for (const Bin& bin : block.bins) {
        if (problem.solver() == Solver::blocked) {
            solve_blocked(lane, problem, bin, stop);
            continue;
        }
        const std::int64_t batch = rows_per_batch(bin.longest, problem);
        for (std::int64_t first = 0; first < bin.count && !stop.stop_requested(); first += batch) {
            lane.begin_batch();
            solve_rows(lane, problem, {bin.longest, bin.first + first, std::min(batch, bin.count - first)});
            lane.end_batch();
        }
    }
}

}  // namespace

std::int64_t als_solve_scratch(const backend::Workload& workload) {
    constexpr auto float_bytes = static_cast<std::int64_t>(sizeof(float));
    const std::int64_t d = workload.factors;
    const std::int64_t size = workload.block > 0 ? std::min<std::int64_t>(workload.block, d) : d;
    const std::int64_t width = workload.cg_steps > 0 ? cg_width(size) : fused_width(size);
    const std::int64_t placed = workload.cols * ((d + size - 1) / size) * width * (workload.mixed ? 2 : float_bytes);
    const std::int64_t long_row_pieces = 2 * (workload.nnz / 1024);
    const std::int64_t common = placed + float_bytes * workload.rows;
    const std::int64_t gram = gram_scratch(std::max(workload.rows, workload.cols), d);
    if (workload.cg_steps > 0) {
        // The sums of each piece, and three vectors of each long row, which has three pieces at least.
        const std::int64_t lists = long_row_pieces * static_cast<std::int64_t>(sizeof(Piece) + sizeof(RowSlots));
        return std::max(common + 2 * long_row_pieces * (width + 1) * float_bytes + lists, gram);
    }
    // A matrix per row that does not fit a block, and per piece of a long row (als_solve_blocked.cu).
    constexpr std::int64_t most_bytes = std::int64_t{1} << 30;
    const std::int64_t slot = (size + 128) * (size + 129) * float_bytes;
    const std::int64_t slots = std::max(width > most_fused_factors ? workload.rows : 0, long_row_pieces);
    const std::int64_t scores = workload.block > 0 ? workload.nnz + long_row_pieces * backend::most_block : 0;
    return std::max(common + float_bytes * scores + std::min(most_bytes + slot, slots * slot), gram);
}

void CudaBackend::als_solve(backend::Lane& lane, const backend::Rows& rows, const backend::FactorView& fixed,
                            backend::DenseView gram, const backend::AlsStep& step, backend::DenseSpan out) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    const CudaRows& plan = cuda_rows(rows);
    const std::int64_t d = fixed.cols;
    check_shape(fixed, plan.cols(), d, "the fixed factors of als_solve");
    check_shape(gram, d, d, "the gram matrix of als_solve");
    check_shape(out, plan.rows(), d, "the result of als_solve");
    if (d == 0 || plan.rows() == 0) return;

    if (step.block > backend::most_block)
        throw InvalidArgument("als_solve: blocks of " + std::to_string(step.block) + " factors; at most " +
                              std::to_string(backend::most_block));

    Scratch scratch(own.pool(), own.stream());
    AlsProblem problem{};
    problem.order = plan.order();
    problem.gram = gram;
    problem.out = out;
    problem.background = step.background;
    problem.alpha = step.alpha;
    problem.target_offset = step.target_offset;
    problem.cg_steps = step.cg_steps;
    problem.block = step.block > 0 ? static_cast<int>(std::min<std::int64_t>(step.block, d)) : 0;
    place_factors(own, scratch, fixed, step.mixed, problem);
    auto* ridge = scratch.take<float>(plan.rows());
    launch("row_ridges", row_ridges_kernel, {blocks_for(plan.rows(), threads, 65536), threads, 0, own.stream()},
           plan.view().indptr, plan.rows(), step.regularization, step.frequency_offset, step.nu, ridge);
    problem.ridge = ridge;
    CellStream cells(own, plan, ranges_of_blocks(plan));
    for (const RowBlock& block : plan.blocks()) {
        if (step.stop.stop_requested()) return;
        problem.rows = cells.next();
        solve_block(own, problem, block, step.stop);
        cells.done();
    }
}

}  // namespace crosslift::cuda
