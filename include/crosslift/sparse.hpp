// Interactions as compressed sparse rows: customers x items, baskets x items, items x items.
#pragma once

#include <crosslift/api.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift {

/// Somebody else's compressed sparse rows. Offsets are 64-bit, columns 32-bit.
/// `values` may be empty: then every stored cell is 1.
struct CsrView {
    std::int64_t rows = 0;
    std::int64_t cols = 0;
    std::span<const std::int64_t> indptr;   ///< rows + 1 offsets, first 0, never decreasing
    std::span<const std::int32_t> indices;  ///< columns, strictly increasing inside a row
    std::span<const float> values;

    std::int64_t nnz() const { return indptr.empty() ? 0 : indptr.back(); }
    std::int64_t begin(std::int64_t row) const { return indptr[static_cast<std::size_t>(row)]; }
    std::int64_t end(std::int64_t row) const { return indptr[static_cast<std::size_t>(row) + 1]; }
    std::span<const std::int32_t> row(std::int64_t r) const {
        return indices.subspan(static_cast<std::size_t>(begin(r)), static_cast<std::size_t>(end(r) - begin(r)));
    }
    std::span<const float> row_values(std::int64_t r) const {
        if (values.empty()) return {};
        return values.subspan(static_cast<std::size_t>(begin(r)), static_cast<std::size_t>(end(r) - begin(r)));
    }
};

/// Compressed sparse rows that own their memory.
struct CROSSLIFT_API CsrMatrix {
    std::int64_t rows = 0;
    std::int64_t cols = 0;
    std::vector<std::int64_t> indptr = {0};
    std::vector<std::int32_t> indices;
    std::vector<float> values;

    CsrView view() const { return {rows, cols, indptr, indices, values}; }
    operator CsrView() const { return view(); }  // NOLINT(google-explicit-constructor): a view costs nothing
};

/// Throws InvalidArgument, naming the row, unless offsets and columns are what CsrView promises and every value
/// is finite. Called at the door of each fit_ function.
CROSSLIFT_API void check(const CsrView& matrix);

/// The transpose, columns sorted inside each row.
CROSSLIFT_API CsrMatrix transpose(const CsrView& matrix);

}  // namespace crosslift
