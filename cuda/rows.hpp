// Interactions on the device, with the plan that the kernels follow.
#pragma once

#include "backend/backend.hpp"
#include "cuda/lane.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace crosslift::cuda {

/// Compressed rows as a kernel sees them. `values` is null where every stored cell is 1.
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

class CudaRows final : public backend::Rows {
public:
    /// The longest row that one block works on alone.
    static constexpr std::int64_t longest_whole_row = 2048;

    /// Copies and plans; waits.
    CudaRows(const CsrView& host, const std::shared_ptr<MemoryPool>& pool, LaneState& lane);

    std::int64_t rows() const override { return view_.rows; }
    std::int64_t cols() const override { return view_.cols; }
    std::int64_t nnz() const override { return view_.nnz; }

    const DeviceRows& view() const { return view_; }
    /// Row numbers bin by bin, on the device; inside a bin ascending.
    const std::int64_t* order() const { return static_cast<const std::int64_t*>(order_.get()); }
    /// Bins of rows with 1 to longest_whole_row cells, the longest first; empty bins are left out.
    const std::vector<Bin>& bins() const { return bins_; }
    /// Rows without cells, also in order().
    const Bin& empty_rows() const { return empty_rows_; }
    /// Longer rows, the longest first; not in order().
    const std::vector<LongRow>& long_rows() const { return long_rows_; }

private:
    std::vector<std::int64_t> plan(const CsrView& host);

    DeviceRows view_{};
    std::shared_ptr<void> indptr_;
    std::shared_ptr<void> indices_;
    std::shared_ptr<void> values_;
    std::shared_ptr<void> order_;
    std::vector<Bin> bins_;
    Bin empty_rows_{};
    std::vector<LongRow> long_rows_;
};

}  // namespace crosslift::cuda
