#include "cpu/cpu_backend.hpp"
#include "cpu/mirror.hpp"
#include "cpu/scratch.hpp"
#include "cpu/threads.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace crosslift::cpu {
namespace {

/// Which rows hold each column, ascending.
struct Columns {
    std::vector<std::int64_t> begin;
    std::vector<std::int64_t> rows;
};

Columns columns_of(const CsrView& matrix) {
    Columns columns;
    columns.begin.assign(static_cast<std::size_t>(matrix.cols) + 1, 0);
    columns.rows.resize(static_cast<std::size_t>(matrix.nnz()));
    for (const std::int32_t col : matrix.indices) ++columns.begin[static_cast<std::size_t>(col) + 1];
    for (std::size_t col = 1; col < columns.begin.size(); ++col) columns.begin[col] += columns.begin[col - 1];
    std::vector<std::int64_t> next(columns.begin.begin(), columns.begin.end() - 1);
    for (std::int64_t row = 0; row < matrix.rows; ++row)
        for (const std::int32_t col : matrix.row(row))
            columns.rows[static_cast<std::size_t>(next[static_cast<std::size_t>(col)]++)] = row;
    return columns;
}

}  // namespace

void CpuBackend::item_gram(backend::Lane& lane, const backend::Rows& rows, std::span<const float> weights,
                           backend::DenseSpan out) const {
    const CsrView& matrix = cpu_rows(rows).view();
    const std::int64_t n = matrix.cols;
    check_shape(out, n, n, "the result of item_gram");
    if (static_cast<std::int64_t>(weights.size()) != matrix.rows)
        throw InvalidArgument("item_gram: " + std::to_string(weights.size()) + " weights came for " +
                              std::to_string(matrix.rows) + " rows; give one per row");
    if (!std::ranges::all_of(weights, [](float weight) { return std::isfinite(weight); }))
        throw InvalidArgument("item_gram: a weight is not a finite number; give one finite weight per row");
    const Columns columns = columns_of(matrix);
    const int threads = threads_of(lane);
    Scratch<double> sums(threads * n);
    // Each task owns whole rows of the result and adds the baskets in their order, so no two threads ever share a sum.
    constexpr std::int64_t items_per_task = 16;
    parallel_for(threads, (n + items_per_task - 1) / items_per_task, [&](std::int64_t task, int worker) {
        double* sum = sums.data() + worker * n;
        for (std::int64_t item = task * items_per_task; item < std::min(n, (task + 1) * items_per_task); ++item) {
            std::fill(sum, sum + item + 1, 0.0);
            const auto c = static_cast<std::size_t>(item);
            for (std::int64_t cell = columns.begin[c]; cell < columns.begin[c + 1]; ++cell) {
                const std::int64_t row = columns.rows[static_cast<std::size_t>(cell)];
                const double weight = static_cast<double>(weights[static_cast<std::size_t>(row)]);
                for (const std::int32_t other : matrix.row(row)) {
                    if (other > item) break;
                    sum[other] += weight;
                }
            }
            for (std::int64_t other = 0; other <= item; ++other) out.row(item)[other] = static_cast<float>(sum[other]);
        }
    });
    mirror_lower(threads, out, 1.0F);
}

}  // namespace crosslift::cpu
