// Systems of rows in device memory: a slot holds what one piece of a row sums up.
#pragma once

#include "cuda/als_solve.hpp"
#include "cuda/threads.cuh"

namespace crosslift::cuda {

/// Part of a row that one slot sums. The first piece of a row also holds the dense part and, in the end, the whole.
struct Piece {
    std::int64_t row;
    std::int64_t begin;
    std::int64_t end;
    std::int64_t first_score;  ///< of its cells, in Batch::scores
    int owner;                 ///< number of its row in the batch
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
    std::int64_t piece_count;
    std::int64_t row_count;
    float* slots;
    int size;  ///< rows and columns of a slot's matrix: slot_size(); the right-hand side follows as one row
    // iALS++ only:
    float* scores;   ///< y.x of each cell
    float* changes;  ///< of the window's factors, backend::most_block numbers for each row of the batch
};

/// Rows and columns of a slot's matrix, a multiple of 16.
int slot_size(const AlsProblem& problem);

/// Sums the systems of a window, lower triangles: sum w y y' plus, in first pieces, the dense part; sum t y, less
/// w (y.x) y where there are scores.
void sum_slots(LaneState& lane, const AlsProblem& problem, const Window& window, const Batch& batch);

__device__ inline float* slot_of(const Batch& batch, std::int64_t slot) {
    return batch.slots + slot * static_cast<std::int64_t>(batch.size) * (batch.size + 1);
}

__device__ inline Piece piece_of(const AlsProblem& problem, const Batch& batch, std::int64_t slot) {
    if (batch.pieces != nullptr) return batch.pieces[slot];
    const std::int64_t row = problem.order[batch.first + slot];
    return {row, problem.rows.indptr[row], problem.rows.indptr[row + 1], 0, static_cast<int>(slot), true};
}

__device__ inline RowSlots row_slots_of(const AlsProblem& problem, const Batch& batch, std::int64_t index) {
    if (batch.rows != nullptr) return batch.rows[index];
    return {problem.order[batch.first + index], static_cast<int>(index), 1};
}

/// What is left of a cell's target after the scores of iALS++.
__device__ inline float rest_of(const Batch& batch, const Piece& piece, std::int64_t cell, float weight, float target) {
    if (batch.scores == nullptr) return target;
    return target - weight * batch.scores[piece.first_score + cell - piece.begin];
}

}  // namespace crosslift::cuda
