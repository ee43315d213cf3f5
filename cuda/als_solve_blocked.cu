// Rows whose matrix does not fit one block, and rows of very many cells: matrices in device memory, a slot for each
// piece of a row. The sums of all tiles run side by side; then one block per row factors or iterates.
#include "cuda/als_cells.cuh"
#include "cuda/als_cholesky.cuh"
#include "cuda/als_iteration.cuh"
#include "cuda/als_solve.hpp"
#include "cuda/tile.cuh"

#include <algorithm>
#include <vector>

namespace crosslift::cuda {
namespace {

using Sums = Tile<64, 64>;
constexpr int threads = solver_threads;
static_assert(threads == Sums::threads);
constexpr std::int64_t shortest_piece = 1024;
constexpr std::int64_t slot_bytes = std::int64_t{1} << 30;  // memory for matrices; fixes how long rows are cut

/// Part of a row that one slot sums. The first piece of a row also holds the dense part and, in the end, the whole.
struct Piece {
    std::int64_t row;
    std::int64_t begin;
    std::int64_t end;
    bool is_first;
};

/// A row and the slots of its pieces: slot .. slot + pieces.
struct RowSlots {
    std::int64_t row;
    int slot;
    int pieces;
};

/// What the kernels of one batch work on. Without lists, slot i holds the whole of row order[first + i].
struct Batch {
    const Piece* pieces;
    const RowSlots* rows;
    std::int64_t first;
    float* slots;
    int size;  ///< rows and columns of a slot's matrix, a multiple of 64; the right-hand side follows as one row more
};

__device__ inline float* slot_of(const Batch& batch, std::int64_t slot) {
    return batch.slots + slot * static_cast<std::int64_t>(batch.size) * (batch.size + 1);
}

__device__ inline Piece piece_of(const AlsProblem& problem, const Batch& batch, std::int64_t slot) {
    if (batch.pieces != nullptr) return batch.pieces[slot];
    const std::int64_t row = problem.order[batch.first + slot];
    return {row, problem.rows.indptr[row], problem.rows.indptr[row + 1], true};
}

__device__ inline RowSlots row_slots_of(const AlsProblem& problem, const Batch& batch, std::int64_t index) {
    if (batch.rows != nullptr) return batch.rows[index];
    return {problem.order[batch.first + index], static_cast<int>(index), 1};
}

/// Block (t, p): tile t of the lower triangle of sum w y y' over piece p; tiles on the diagonal also sum t y.
__global__ void __launch_bounds__(threads) als_sums_kernel(AlsProblem problem, Batch batch) {
    auto& s = shared<Sums::Shared>();
    const TriangleTile tile = triangle_tile(static_cast<int>(blockIdx.x));
    const Piece piece = piece_of(problem, batch, blockIdx.y);
    float* matrix = slot_of(batch, blockIdx.y);
    const int row0 = tile.row * Sums::rows;
    const int col0 = tile.col * Sums::cols;
    const std::int64_t cells = piece.end - piece.begin;
    const auto factor = [&](std::int64_t k, int col) {
        if (k >= cells || col >= problem.pitch) return 0.0F;
        return problem.fixed[problem.rows.indices[piece.begin + k] * problem.pitch + col];
    };
    const auto weighted = [&](std::int64_t k, int i) {
        const float y = factor(k, row0 + i);
        return y == 0.0F ? 0.0F : cell_weights(problem, piece.begin + k).weight * y;
    };
    Sums::Sum sum = {};
    Sums::multiply<Sums::Walk::tile, Sums::Walk::tile>(s, sum, cells, weighted,
                                                       [&](std::int64_t k, int j) { return factor(k, col0 + j); });
    const float ridge = piece.is_first ? problem.ridge[piece.row] : 0.0F;
    for (int i = 0; i < Sums::patch; ++i)
        for (int j = 0; j < Sums::patch; ++j) {
            const int row = row0 + Sums::patch_row() + i;
            const int col = col0 + Sums::patch_col() + j;
            const float dense = piece.is_first ? dense_part(problem, ridge, row, col) : 0.0F;
            matrix[static_cast<std::int64_t>(row) * batch.size + col] = sum[i][j] + dense;
        }
    if (tile.row != tile.col || thread_of_block() >= Sums::cols) return;
    float pull = 0;
    for (std::int64_t k = 0; k < cells; ++k)
        pull = fmaf(cell_weights(problem, piece.begin + k).target, factor(k, col0 + thread_of_block()), pull);
    matrix[static_cast<std::int64_t>(batch.size) * batch.size + col0 + thread_of_block()] = pull;
}

/// Adds a row's pieces to the first one, number by number in their order. blockIdx.y counts rows.
__global__ void __launch_bounds__(threads) als_add_pieces_kernel(AlsProblem problem, Batch batch) {
    const RowSlots slots = row_slots_of(problem, batch, blockIdx.y);
    const std::int64_t numbers = static_cast<std::int64_t>(batch.size) * (batch.size + 1);
    float* to = slot_of(batch, slots.slot);
    for (std::int64_t e = thread_of_grid(); e < numbers; e += threads_in_grid()) {
        if (e % batch.size > e / batch.size) continue;
        double sum = 0;
        for (int piece = 0; piece < slots.pieces; ++piece) sum += static_cast<double>(to[piece * numbers + e]);
        to[e] = static_cast<float>(sum);
    }
}

__global__ void __launch_bounds__(threads) als_cholesky_kernel(AlsProblem problem, Batch batch) {
    const RowSlots slots = row_slots_of(problem, batch, blockIdx.x);
    Cholesky cholesky(slot_of(batch, slots.slot), batch.size);
    cholesky.run();
    for (int i = thread_of_block(); i < problem.out.cols; i += threads)
        problem.out.row(slots.row)[i] = cholesky.solution()[i];
}

__global__ void __launch_bounds__(threads) als_iterate_kernel(AlsProblem problem, Batch batch) {
    const RowSlots slots = row_slots_of(problem, batch, blockIdx.x);
    Iteration(slot_of(batch, slots.slot), batch.size).run(problem, problem.out.row(slots.row));
}

/// Runs the batches of one half step.
class BlockedSolver {
public:
    BlockedSolver(LaneState& lane, const AlsProblem& problem)
        : lane_(lane),
          problem_(problem),
          scratch_(lane.pool(), lane.stream()),
          size_((problem.factors() + Sums::rows - 1) / Sums::rows * Sums::rows) {
        const std::int64_t slot = size_ * (size_ + 1) * static_cast<std::int64_t>(sizeof(float));
        most_slots_ = std::clamp<std::int64_t>(slot_bytes / slot, 1, 4096);
    }

    std::int64_t most_slots() const { return most_slots_; }

    /// Rows order[first .. first + count), each in one piece.
    void whole_rows(std::int64_t first, std::int64_t count) { run(nullptr, nullptr, first, count, count); }

    /// Rows in pieces; the lists are on the host.
    void cut_rows(const std::vector<Piece>& pieces, const std::vector<RowSlots>& rows) {
        Scratch lists(lane_.pool(), lane_.stream());
        auto* device_pieces = lists.take<Piece>(static_cast<std::int64_t>(pieces.size()));
        auto* device_rows = lists.take<RowSlots>(static_cast<std::int64_t>(rows.size()));
        lane_.copy_in(device_pieces, pieces.data(), static_cast<std::int64_t>(pieces.size() * sizeof(Piece)));
        lane_.copy_in(device_rows, rows.data(), static_cast<std::int64_t>(rows.size() * sizeof(RowSlots)));
        run(device_pieces, device_rows, 0, static_cast<std::int64_t>(pieces.size()),
            static_cast<std::int64_t>(rows.size()));
    }

private:
    void run(const Piece* pieces, const RowSlots* rows, std::int64_t first, std::int64_t piece_count,
             std::int64_t row_count) {
        if (slots_ == nullptr || piece_count > slot_count_) {
            slot_count_ = piece_count;
            slots_ = scratch_.take<float>(slot_count_ * size_ * (size_ + 1));
        }
        const Batch batch = {pieces, rows, first, slots_, static_cast<int>(size_)};
        const std::int64_t side = size_ / Sums::rows;
        lane_.begin_batch();
        launch("als_sums", als_sums_kernel,
               {dim3(static_cast<unsigned>(side * (side + 1) / 2), static_cast<unsigned>(piece_count)), threads,
                sizeof(Sums::Shared), lane_.stream()},
               problem_, batch);
        if (rows != nullptr)
            launch("als_add_pieces", als_add_pieces_kernel,
                   {dim3(blocks_for(size_ * (size_ + 1), threads, 256), static_cast<unsigned>(row_count)), threads, 0,
                    lane_.stream()},
                   problem_, batch);
        const auto blocks = static_cast<unsigned>(row_count);
        if (problem_.cg_steps > 0)
            launch("als_iterate", als_iterate_kernel, {blocks, threads, sizeof(IterationShared), lane_.stream()},
                   problem_, batch);
        else
            launch("als_cholesky", als_cholesky_kernel, {blocks, threads, sizeof(CholeskyShared), lane_.stream()},
                   problem_, batch);
        lane_.end_batch();
    }

    LaneState& lane_;
    const AlsProblem& problem_;
    Scratch scratch_;
    std::int64_t size_;
    std::int64_t most_slots_ = 0;
    std::int64_t slot_count_ = 0;
    float* slots_ = nullptr;
};

/// Cells per piece of a long row: a multiple of shortest_piece so that its pieces fit the slots.
std::int64_t piece_length(std::int64_t cells, std::int64_t most_slots) {
    const std::int64_t fitting = (cells + most_slots - 1) / most_slots;
    return std::max<std::int64_t>(1, (fitting + shortest_piece - 1) / shortest_piece) * shortest_piece;
}

}  // namespace

void solve_blocked(LaneState& lane, const AlsProblem& problem, const Bin& bin, const std::stop_token& stop) {
    BlockedSolver solver(lane, problem);
    for (std::int64_t first = 0; first < bin.count && !stop.stop_requested(); first += solver.most_slots())
        solver.whole_rows(bin.first + first, std::min(solver.most_slots(), bin.count - first));
}

void solve_long(LaneState& lane, const AlsProblem& problem, const std::vector<LongRow>& rows,
                const std::stop_token& stop) {
    if (rows.empty()) return;
    BlockedSolver solver(lane, problem);
    std::vector<Piece> pieces;
    std::vector<RowSlots> slots;
    for (std::size_t i = 0; i < rows.size() && !stop.stop_requested(); ++i) {
        const LongRow& row = rows[i];
        const std::int64_t length = piece_length(row.cells, solver.most_slots());
        const std::int64_t count = (row.cells + length - 1) / length;
        if (static_cast<std::int64_t>(pieces.size()) + count > solver.most_slots()) {
            solver.cut_rows(pieces, slots);
            pieces.clear();
            slots.clear();
        }
        slots.push_back({row.row, static_cast<int>(pieces.size()), static_cast<int>(count)});
        for (std::int64_t first = 0; first < row.cells; first += length)
            pieces.push_back(
                {row.row, row.first_cell + first, row.first_cell + std::min(first + length, row.cells), first == 0});
    }
    if (!stop.stop_requested()) solver.cut_rows(pieces, slots);
}

}  // namespace crosslift::cuda
