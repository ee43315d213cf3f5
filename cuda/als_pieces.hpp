// Rows of very many cells, cut into pieces that blocks work on side by side.
#pragma once

#include "cuda/als_slots.cuh"

#include <algorithm>
#include <vector>

namespace crosslift::cuda {

/// Cells per piece of a long row: a multiple of a fixed number, so that no more than `most_pieces` come of it.
inline std::int64_t piece_length(std::int64_t cells, std::int64_t most_pieces) {
    constexpr std::int64_t shortest = 1024;
    const std::int64_t fitting = (cells + most_pieces - 1) / most_pieces;
    return std::max<std::int64_t>(1, (fitting + shortest - 1) / shortest) * shortest;
}

/// Calls visit(pieces, rows) for batches of whole rows of at most `most_pieces` pieces.
template <class Visit>
void cut_long_rows(const std::vector<LongRow>& rows, std::int64_t most_pieces, const std::stop_token& stop,
                   const Visit& visit) {
    std::vector<Piece> pieces;
    std::vector<RowSlots> slots;
    std::int64_t scores = 0;
    for (const LongRow& row : rows) {
        if (stop.stop_requested()) return;
        const std::int64_t length = piece_length(row.cells, most_pieces);
        const std::int64_t count = (row.cells + length - 1) / length;
        if (static_cast<std::int64_t>(pieces.size()) + count > most_pieces) {
            visit(pieces, slots);
            pieces.clear();
            slots.clear();
            scores = 0;
        }
        const int owner = static_cast<int>(slots.size());
        slots.push_back({row.row, static_cast<int>(pieces.size()), static_cast<int>(count)});
        for (std::int64_t first = 0; first < row.cells; first += length)
            pieces.push_back({row.row, row.first_cell + first, row.first_cell + std::min(first + length, row.cells),
                              scores + first, owner, first == 0});
        scores += row.cells;
    }
    if (!rows.empty() && !stop.stop_requested()) visit(pieces, slots);
}

/// A list on the device. Waits.
template <class T>
const T* upload(LaneState& lane, Scratch& scratch, const std::vector<T>& list) {
    T* to = scratch.take<T>(static_cast<std::int64_t>(list.size()));
    lane.copy_in(to, list.data(), static_cast<std::int64_t>(list.size() * sizeof(T)));
    return to;
}

}  // namespace crosslift::cuda
