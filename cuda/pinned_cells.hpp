// The cells of rows that are streamed: a copy in pinned host memory, from which the device fetches while it computes.
#pragma once

#include "cuda/memory.hpp"

#include <crosslift/sparse.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace crosslift::cuda {

/// Cells first .. last - 1 of all.
struct CellRange {
    std::int64_t first;
    std::int64_t last;
};

class PinnedCells {
public:
    /// Copies the cells, in pieces of `cells_per_piece`.
    PinnedCells(const CsrView& host, std::int64_t cells_per_piece);

    bool has_values() const { return has_values_; }

    /// Issues the copy of a range to the device: columns and, where there are any, values.
    void copy(CellRange range, std::int32_t* indices, float* values, cudaStream_t stream) const;

private:
    struct FreePinned {
        void operator()(void* memory) const noexcept;
    };
    using Pinned = std::unique_ptr<void, FreePinned>;

    static Pinned pinned_copy(const void* from, std::int64_t bytes);

    std::int64_t cells_per_piece_;
    bool has_values_;
    std::vector<Pinned> indices_;
    std::vector<Pinned> values_;
};

}  // namespace crosslift::cuda
