// Rows whose matrix does not fit one block, and rows of very many cells: matrices in device memory, a slot for each
// piece of a row. The sums run side by side; then one block per row factors.
#include "cuda/als_cells.cuh"
#include "cuda/als_cholesky.cuh"
#include "cuda/als_pieces.hpp"

#include <algorithm>
#include <vector>

namespace crosslift::cuda {
namespace {

constexpr int threads = solver_threads;
constexpr std::int64_t slot_bytes = std::int64_t{1} << 30;  // memory for matrices; fixes how long rows are cut

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

__global__ void __launch_bounds__(threads) als_cholesky_kernel(AlsProblem problem, Window window, Batch batch) {
    const RowSlots slots = row_slots_of(problem, batch, blockIdx.x);
    Cholesky cholesky(slot_of(batch, slots.slot), batch.size);
    cholesky.run();
    for (int i = thread_of_block(); i < window.used; i += threads)
        problem.out.row(slots.row)[i] = cholesky.solution()[i];
}

/// One block of factors of iALS++: x += the solution, which is also left in the batch's changes.
__global__ void __launch_bounds__(threads) als_improve_kernel(AlsProblem problem, Window window, Batch batch) {
    const RowSlots slots = row_slots_of(problem, batch, blockIdx.x);
    float* matrix = slot_of(batch, slots.slot);
    float* right = matrix + static_cast<std::int64_t>(batch.size) * batch.size;
    float* x = problem.out.row(slots.row);
    for (int i = thread_of_block(); i < window.used; i += threads)
        right[i] -= dense_side(problem, window, problem.ridge[slots.row], x, i);
    // The same threads read the right-hand side first.
    Cholesky cholesky(matrix, batch.size);
    cholesky.run();
    float* change = batch.changes + static_cast<std::int64_t>(blockIdx.x) * backend::most_block;
    for (int i = thread_of_block(); i < window.used; i += threads) {
        change[i] = cholesky.solution()[i];
        x[window.first + i] += change[i];
    }
}

/// scores += y.change for the cells of piece blockIdx.y, or y.x of a window with `from_out`; a warp takes whole cells.
__global__ void __launch_bounds__(threads)
    als_scores_kernel(AlsProblem problem, Window window, Batch batch, bool from_out) {
    const Piece piece = piece_of(problem, batch, blockIdx.y);
    const float* change = from_out ? problem.out.row(piece.row) + window.first
                                   : batch.changes + static_cast<std::int64_t>(piece.owner) * backend::most_block;
    const std::int64_t warps = threads_in_grid() / warp_size;
    for (std::int64_t c = thread_of_grid() / warp_size; c < piece.end - piece.begin; c += warps) {
        const float score = window_score(problem, window, piece.begin + c, change);
        if (lane_of_warp() == 0) batch.scores[piece.first_score + c] += score;
    }
}

/// Runs the batches of one half step.
class BlockedSolver {
public:
    BlockedSolver(LaneState& lane, const AlsProblem& problem)
        : lane_(lane), problem_(problem), scratch_(lane.pool(), lane.stream()) {
        size_ = slot_size(problem);
        const std::int64_t slot = slot_numbers() * static_cast<std::int64_t>(sizeof(float));
        most_slots_ = std::clamp<std::int64_t>(slot_bytes / slot, 1, 4096);
    }

    std::int64_t most_slots() const { return most_slots_; }

    /// Rows order[first .. first + count), each in one piece.
    void whole_rows(std::int64_t first, std::int64_t count) {
        Batch batch{};
        batch.first = first;
        batch.piece_count = batch.row_count = count;
        run(batch);
    }

    /// Rows in pieces; the lists are on the host.
    void cut_rows(const std::vector<Piece>& pieces, const std::vector<RowSlots>& rows) {
        Scratch lists(lane_.pool(), lane_.stream());
        Batch batch{};
        batch.piece_count = static_cast<std::int64_t>(pieces.size());
        batch.row_count = static_cast<std::int64_t>(rows.size());
        batch.pieces = upload(lane_, lists, pieces);
        batch.rows = upload(lane_, lists, rows);
        if (problem_.block > 0) {
            const Piece& last = pieces.back();
            const std::int64_t cells = last.first_score + last.end - last.begin;
            batch.scores = lists.take<float>(cells);
            batch.changes = lists.take<float>(batch.row_count * backend::most_block);
            check(cudaMemsetAsync(batch.scores, 0, static_cast<std::size_t>(cells) * sizeof(float), lane_.stream()),
                  "cudaMemsetAsync", {cells});
        }
        run(batch);
    }

private:
    std::int64_t slot_numbers() const { return static_cast<std::int64_t>(size_) * (size_ + 1); }

    void run(Batch batch) {
        if (slots_ == nullptr || batch.piece_count > slot_count_) {
            slot_count_ = batch.piece_count;
            slots_ = scratch_.take<float>(slot_count_ * slot_numbers());
        }
        batch.slots = slots_;
        batch.size = size_;
        lane_.begin_batch();
        if (problem_.block > 0)
            improve(batch);
        else
            solve(batch);
        lane_.end_batch();
    }

    void solve(const Batch& batch) {
        const Window all = problem_.window(0);
        sum(all, batch);
        per_row("als_cholesky", als_cholesky_kernel, sizeof(CholeskyShared), batch, problem_, all, batch);
    }

    /// One pass over the blocks of factors.
    void improve(const Batch& batch) {
        for (int number = 0; number < problem_.windows(); ++number) add_scores(problem_.window(number), batch, true);
        for (int number = 0; number < problem_.windows(); ++number) {
            const Window window = problem_.window(number);
            sum(window, batch);
            per_row("als_improve", als_improve_kernel, sizeof(CholeskyShared), batch, problem_, window, batch);
            add_scores(window, batch, false);
        }
    }

    void sum(const Window& window, const Batch& batch) {
        sum_slots(lane_, problem_, window, batch);
        if (batch.rows == nullptr) return;
        launch("als_add_pieces", als_add_pieces_kernel,
               {dim3(blocks_for(slot_numbers(), threads, 256), static_cast<unsigned>(batch.row_count)), threads, 0,
                lane_.stream()},
               problem_, batch);
    }

    void add_scores(const Window& window, const Batch& batch, bool from_out) {
        constexpr unsigned blocks_per_piece = 16;
        launch("als_scores", als_scores_kernel,
               {dim3(blocks_per_piece, static_cast<unsigned>(batch.piece_count)), threads, 0, lane_.stream()}, problem_,
               window, batch, from_out);
    }

    template <class... Parameters, class... Arguments>
    void per_row(const char* name, void (*kernel)(Parameters...), std::size_t shared_bytes, const Batch& batch,
                 const Arguments&... arguments) {
        launch(name, kernel, {static_cast<unsigned>(batch.row_count), threads, shared_bytes, lane_.stream()},
               arguments...);
    }

    LaneState& lane_;
    const AlsProblem& problem_;
    Scratch scratch_;
    int size_ = 0;
    std::int64_t most_slots_ = 0;
    std::int64_t slot_count_ = 0;
    float* slots_ = nullptr;
};

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
    cut_long_rows(
        rows, solver.most_slots(), stop,
        [&](const std::vector<Piece>& pieces, const std::vector<RowSlots>& slots) { solver.cut_rows(pieces, slots); });
}

}  // namespace crosslift::cuda
