// Interactions on the device, with the plan that the kernels follow.
#pragma once

#include "backend/backend.hpp"
#include "cuda/lane.hpp"
#include "cuda/pinned_cells.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace crosslift::cuda {

/// Compressed rows as a kernel sees them. `values` is null where every stored cell is 1. Of streamed rows only the
/// cells of one block are there: `indices` and `values` are counted from the first cell of all, and may be read inside
/// the block alone.
struct DeviceRows {
    const std::int64_t* indptr;
    const std::int32_t* indices;
    const float* values;
    std::int64_t rows;
    std::int64_t cols;
    std::int64_t nnz;
};

/// Rows of one bin have between half and all of `longest` cells: blocks that run at the same time end at about the
/// same time. They are order[first .. first + count).
struct Bin {
    std::int64_t longest;
    std::int64_t first;
    std::int64_t count;
};

/// A row too long for one block; it is cut into pieces of fixed size.
struct LongRow {
    std::int64_t row;
    std::int64_t first_cell;
    std::int64_t cells;
};

/// Rows that follow each other, and the plan for them. Resident rows are one block.
struct RowBlock {
    CellRange cells{};
    /// Bins of rows with 1 to longest_whole_row cells, the longest first; empty bins are left out.
    std::vector<Bin> bins;
    /// Rows without cells.
    Bin empty_rows{};
    /// Longer rows, the longest first; not in order().
    std::vector<LongRow> long_rows;
};

class CudaRows final : public backend::Rows {
public:
    /// The longest row that one block works on alone.
    static constexpr std::int64_t longest_whole_row = 2048;

    /// Copies and plans; waits. Rows that take more than `budget` bytes are streamed.
    CudaRows(const CsrView& host, std::int64_t budget, const std::shared_ptr<MemoryPool>& pool, LaneState& lane);

    /// What the rows would take; `streamed` includes the places that an operation streams through.
    static backend::RowsMemory memory(const CsrView& host);

    std::int64_t rows() const override { return view_.rows; }
    std::int64_t cols() const override { return view_.cols; }
    std::int64_t nnz() const override { return view_.nnz; }

    /// With cells only if the rows are resident; else CellStream brings them block by block.
    const DeviceRows& view() const { return view_; }
    /// Row numbers block by block and bin by bin, on the device; inside a bin ascending.
    const std::int64_t* order() const { return static_cast<const std::int64_t*>(order_.get()); }
    const std::vector<RowBlock>& blocks() const { return blocks_; }

    /// The cells in pinned host memory where they are streamed, else null.
    const PinnedCells* streamed() const { return streamed_.get(); }
    /// The most cells of a block.
    std::int64_t largest_block() const { return largest_block_; }

private:
    // Freed last: what is on the device goes first and waits for all work (cudaFree), also for copies out of here.
    std::unique_ptr<PinnedCells> streamed_;
    DeviceRows view_{};
    std::shared_ptr<void> indptr_;
    std::shared_ptr<void> indices_;
    std::shared_ptr<void> values_;
    std::shared_ptr<void> order_;
    std::vector<RowBlock> blocks_;
    std::int64_t largest_block_ = 0;
};

}  // namespace crosslift::cuda
