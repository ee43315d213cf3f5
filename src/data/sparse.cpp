// Checks and the transpose of compressed sparse rows.
#include <crosslift/error.hpp>
#include <crosslift/sparse.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace crosslift {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

void check_shape(const CsrView& matrix) {
    if (matrix.rows < 0 || matrix.cols < 0 || matrix.cols > std::numeric_limits<std::int32_t>::max()) {
        throw InvalidArgument("sparse matrix of " + std::to_string(matrix.rows) + " x " + std::to_string(matrix.cols) +
                              ": sizes must be 0 or more, columns at most 2^31 - 1");
    }
    if (matrix.indptr.size() != idx(matrix.rows) + 1) {
        throw InvalidArgument("indptr has " + std::to_string(matrix.indptr.size()) + " offsets for " +
                              std::to_string(matrix.rows) + " rows; it must have rows + 1");
    }
    if (matrix.indptr.front() != 0 || matrix.nnz() != static_cast<std::int64_t>(matrix.indices.size())) {
        throw InvalidArgument("indptr must run from 0 to the number of indices (" +
                              std::to_string(matrix.indices.size()) + "); it runs from " +
                              std::to_string(matrix.indptr.front()) + " to " + std::to_string(matrix.nnz()));
    }
    if (!matrix.values.empty() && matrix.values.size() != matrix.indices.size()) {
        throw InvalidArgument(std::to_string(matrix.values.size()) + " values for " +
                              std::to_string(matrix.indices.size()) + " indices; give one each, or none at all");
    }
}

void check_row(const CsrView& matrix, std::int64_t row) {
    const auto columns = matrix.row(row);
    std::int32_t previous = -1;
    for (const std::int32_t column : columns) {
        if (column <= previous || column >= matrix.cols) {
            throw InvalidArgument("row " + std::to_string(row) + " has column " + std::to_string(column) + " after " +
                                  std::to_string(previous) + "; columns must increase and lie in 0 .. " +
                                  std::to_string(matrix.cols - 1));
        }
        previous = column;
    }
    for (const float value : matrix.row_values(row)) {
        if (!std::isfinite(value)) {
            throw InvalidArgument("row " + std::to_string(row) +
                                  " has a value that is NaN or infinite; every stored value must be finite");
        }
    }
}

}  // namespace

void check(const CsrView& matrix) {
    check_shape(matrix);
    for (std::int64_t row = 0; row < matrix.rows; ++row) {
        if (matrix.end(row) < matrix.begin(row) || matrix.end(row) > matrix.nnz()) {
            throw InvalidArgument("indptr decreases at row " + std::to_string(row) + "; offsets must never decrease");
        }
        check_row(matrix, row);
    }
}

CsrMatrix transpose(const CsrView& matrix) {
    CsrMatrix out;
    out.rows = matrix.cols;
    out.cols = matrix.rows;
    out.indptr.assign(idx(matrix.cols) + 1, 0);
    for (const std::int32_t column : matrix.indices) ++out.indptr[idx(column) + 1];
    for (std::size_t n = 1; n < out.indptr.size(); ++n) out.indptr[n] += out.indptr[n - 1];
    out.indices.resize(matrix.indices.size());
    out.values.resize(matrix.values.size());
    std::vector<std::int64_t> next(out.indptr.begin(), out.indptr.end() - 1);
    for (std::int64_t row = 0; row < matrix.rows; ++row) {
        for (std::int64_t cell = matrix.begin(row); cell < matrix.end(row); ++cell) {
            const std::size_t to = idx(next[idx(matrix.indices[idx(cell)])]++);
            out.indices[to] = static_cast<std::int32_t>(row);
            if (!matrix.values.empty()) out.values[to] = matrix.values[idx(cell)];
        }
    }
    return out;
}

}  // namespace crosslift
