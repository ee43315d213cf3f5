// Conjugate gradients on rows of very many cells: each step goes over all pieces of all such rows side by side, and
// then a block per row adds the pieces in their order and takes the step. The vectors stay in device memory between
// steps.
#include "cuda/als_cg_cells.cuh"
#include "cuda/als_pieces.hpp"

#include <cstdint>

namespace crosslift::cuda {
namespace {

/// What the kernels of one batch of rows work on.
struct LongCg {
    const Piece* pieces;
    const RowSlots* rows;
    float* solution;  ///< problem.width numbers per row of the batch, and so on
    float* residual;
    float* direction;
    float* rest;  ///< residual . residual per row
    float* sums;  ///< problem.width numbers per piece
};

/// Which part of the iteration a launch is.
enum class Part { begin, step, last_step };

template <int parts>
struct PieceShared {
    alignas(16) float cells[cg_warps][parts * warp_size];
};

/// sums of piece blockIdx.x: (w y.v - t) y with v the solution, or w (y.v) y with v the direction.
template <int parts, bool mixed>
__global__ void __launch_bounds__(cg_threads, parts <= 4 ? 3 : 0)
    als_cg_pieces_kernel(AlsProblem problem, LongCg batch, bool begin) {
    constexpr int width = parts * warp_size;
    auto& s = shared<PieceShared<parts>>();
    const Piece piece = batch.pieces[blockIdx.x];
    const float* v = (begin ? batch.solution : batch.direction) + static_cast<std::int64_t>(piece.owner) * width;
    CellSums<parts, mixed>(problem).template add<cg_warps>(v, piece.begin + warp_of_block(), piece.end, begin,
                                                           s.cells[warp_of_block()]);
    __syncthreads();
    for (int i = thread_of_block(); i < width; i += cg_threads) {
        float sum = 0;
#pragma unroll
        for (int warp = 0; warp < cg_warps; ++warp) sum += s.cells[warp][i];
        batch.sums[static_cast<std::int64_t>(blockIdx.x) * width + i] = sum;
    }
}

/// Takes row blockIdx.x of the batch one step further.
template <int width>
__global__ void __launch_bounds__(cg_threads) als_cg_row_kernel(AlsProblem problem, LongCg batch, Part part) {
    auto& s = shared<CgVectors<width, 1>>();
    const RowSlots slots = batch.rows[blockIdx.x];
    const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * width;
    for (int i = thread_of_block(); i < width; i += cg_threads) {
        s.solution[0][i] = batch.solution[at + i];
        if (part == Part::begin) continue;
        s.residual[0][i] = batch.residual[at + i];
        s.direction[0][i] = batch.direction[at + i];
    }
    if (thread_of_block() == 0 && part != Part::begin) s.rest[0] = batch.rest[blockIdx.x];
    __syncthreads();
    const auto& v = part == Part::begin ? s.solution : s.direction;
    s.multiply_gram(problem, v);
    __syncthreads();
    for (int i = thread_of_block(); i < width; i += cg_threads) {
        double image = static_cast<double>(s.dense_part(problem, problem.ridge[slots.row], v, 0, i));
        for (int piece = 0; piece < slots.pieces; ++piece)
            image += static_cast<double>(batch.sums[static_cast<std::int64_t>(slots.slot + piece) * width + i]);
        s.image[0][i] = static_cast<float>(image);
    }
    __syncthreads();
    if (part == Part::begin)
        s.begin();
    else
        s.advance();
    for (int i = thread_of_block(); i < width; i += cg_threads) {
        batch.solution[at + i] = s.solution[0][i];
        batch.residual[at + i] = s.residual[0][i];
        batch.direction[at + i] = s.direction[0][i];
        if (part == Part::last_step && i < problem.factors()) problem.out.row(slots.row)[i] = s.solution[0][i];
    }
    if (thread_of_block() == 0) batch.rest[blockIdx.x] = s.rest[0];
}

/// The solutions that are there already, padded.
__global__ void __launch_bounds__(cg_threads) als_cg_take_kernel(AlsProblem problem, LongCg batch, std::int64_t rows) {
    for (std::int64_t e = thread_of_grid(); e < rows * problem.width; e += threads_in_grid()) {
        const int i = static_cast<int>(e % problem.width);
        batch.solution[e] = i < problem.factors() ? problem.out.row(batch.rows[e / problem.width].row)[i] : 0.0F;
    }
}

template <int parts>
void iterate(LaneState& lane, const AlsProblem& problem, const LongCg& batch, unsigned pieces, unsigned rows) {
    constexpr int width = parts * warp_size;
    launch("als_cg_take", als_cg_take_kernel,
           {blocks_for(static_cast<std::int64_t>(rows) * width, cg_threads, 65536), cg_threads, 0, lane.stream()},
           problem, batch, static_cast<std::int64_t>(rows));
    for (int step = 0; step <= problem.cg_steps; ++step) {
        launch("als_cg_pieces",
               problem.mixed() ? als_cg_pieces_kernel<parts, true> : als_cg_pieces_kernel<parts, false>,
               {pieces, cg_threads, sizeof(PieceShared<parts>), lane.stream()}, problem, batch, step == 0);
        const Part part = step == 0 ? Part::begin : step == problem.cg_steps ? Part::last_step : Part::step;
        launch("als_cg_row", als_cg_row_kernel<width>, {rows, cg_threads, sizeof(CgVectors<width, 1>), lane.stream()},
               problem, batch, part);
    }
}

void iterate_any(LaneState& lane, const AlsProblem& problem, const LongCg& batch, unsigned pieces, unsigned rows) {
    switch (problem.width / warp_size) {
        case 1:
            return iterate<1>(lane, problem, batch, pieces, rows);
        case 2:
            return iterate<2>(lane, problem, batch, pieces, rows);
        case 4:
            return iterate<4>(lane, problem, batch, pieces, rows);
        case 8:
            return iterate<8>(lane, problem, batch, pieces, rows);
        case 16:
            return iterate<16>(lane, problem, batch, pieces, rows);
        default:
            return iterate<32>(lane, problem, batch, pieces, rows);
    }
}

}  // namespace

void solve_long_cg(LaneState& lane, const AlsProblem& problem, const std::vector<LongRow>& rows,
                   const std::stop_token& stop) {
    constexpr std::int64_t most_pieces = 65536;
    cut_long_rows(rows, most_pieces, stop, [&](const std::vector<Piece>& pieces, const std::vector<RowSlots>& slots) {
        Scratch scratch(lane.pool(), lane.stream());
        LongCg batch{};
        batch.pieces = upload(lane, scratch, pieces);
        batch.rows = upload(lane, scratch, slots);
        const std::int64_t numbers = static_cast<std::int64_t>(slots.size()) * problem.width;
        batch.solution = scratch.take<float>(numbers);
        batch.residual = scratch.take<float>(numbers);
        batch.direction = scratch.take<float>(numbers);
        batch.rest = scratch.take<float>(static_cast<std::int64_t>(slots.size()));
        batch.sums = scratch.take<float>(static_cast<std::int64_t>(pieces.size()) * problem.width);
        lane.begin_batch();
        iterate_any(lane, problem, batch, static_cast<unsigned>(pieces.size()), static_cast<unsigned>(slots.size()));
        lane.end_batch();
    });
}

}  // namespace crosslift::cuda
