// Rows of chosen lengths, and how far a solution is from solving its system: checked row by row without solving
// anything, so that large systems can be checked as well.
#pragma once

#include "every_backend.hpp"

#include <algorithm>
#include <numeric>

namespace crosslift::testing {

using backend::AlsStep;

/// Rows of the given numbers of cells at random columns.
inline CsrMatrix rows_of_lengths(const std::vector<std::int64_t>& lengths, std::int64_t cols, bool with_values) {
    std::mt19937 generator(11);
    CsrMatrix cells;
    cells.rows = static_cast<std::int64_t>(lengths.size());
    cells.cols = cols;
    std::vector<std::int32_t> all(static_cast<std::size_t>(cols));
    std::iota(all.begin(), all.end(), 0);
    for (const std::int64_t length : lengths) {
        std::shuffle(all.begin(), all.end(), generator);
        const auto begin = cells.indices.size();
        cells.indices.insert(cells.indices.end(), all.begin(), all.begin() + length);
        std::sort(cells.indices.begin() + static_cast<std::ptrdiff_t>(begin), cells.indices.end());
        cells.indptr.push_back(static_cast<std::int64_t>(cells.indices.size()));
    }
    if (with_values)
        for (std::size_t i = 0; i < cells.indices.size(); ++i)
            cells.values.push_back(0.25F + static_cast<float>(generator() % 64) / 16.0F);
    return cells;
}

inline AlsStep some_step() {
    AlsStep step;
    step.background = 0.5F;
    step.alpha = 1.3F;
    step.target_offset = 1;
    step.regularization = 0.2F;
    step.frequency_offset = 3;
    step.nu = 0.5F;
    return step;
}

inline double ridge_of(const AlsStep& step, std::int64_t cells) {
    return static_cast<double>(step.regularization) *
           std::pow(static_cast<double>(cells) + static_cast<double>(step.frequency_offset),
                    static_cast<double>(step.nu));
}

class AlsResidual : public EveryBackend {
protected:
    HostMatrix solve(const CsrMatrix& cells, const HostMatrix& fixed, const AlsStep& step, const HostMatrix& before) {
        const backend::DenseSpan gram = on_device(HostMatrix(fixed.cols, fixed.cols), 1);
        const backend::DenseSpan view = on_device(fixed, 3);
        backend().gram(lane(), view, gram);
        const backend::DenseSpan out = on_device(before, 1);
        backend().als_solve(lane(), *backend().make_rows(cells), view, gram, step, out);
        return from_device(out);
    }

    /// |A x - b| / |b| of one row in double precision.
    static double residual(const CsrMatrix& cells, const HostMatrix& fixed, const AlsStep& step, std::int64_t row,
                           const HostMatrix& x) {
        const auto d = static_cast<std::size_t>(fixed.cols);
        std::vector<double> rest(d, 0.0);
        double right = 0;
        const auto score = [&](std::int64_t item) {
            double sum = 0;
            for (std::int64_t f = 0; f < fixed.cols; ++f) sum += fixed.at(item, f) * x.at(row, f);
            return sum;
        };
        const auto add = [&](std::int64_t item, double factor) {
            for (std::int64_t f = 0; f < fixed.cols; ++f)
                rest[static_cast<std::size_t>(f)] += factor * fixed.at(item, f);
        };
        for (std::int64_t item = 0; item < fixed.rows; ++item)
            add(item, static_cast<double>(step.background) * score(item));
        const auto columns = cells.view().row(row);
        std::vector<double> b(d, 0.0);
        for (std::size_t c = 0; c < columns.size(); ++c) {
            const double w = static_cast<double>(step.alpha) *
                             (cells.values.empty() ? 1.0 : static_cast<double>(cells.view().row_values(row)[c]));
            add(columns[c], w * score(columns[c]));
            for (std::int64_t f = 0; f < fixed.cols; ++f)
                b[static_cast<std::size_t>(f)] +=
                    (static_cast<double>(step.target_offset) + w) * fixed.at(columns[c], f);
        }
        double error = 0;
        for (std::size_t f = 0; f < d; ++f) {
            rest[f] +=
                ridge_of(step, static_cast<std::int64_t>(columns.size())) * x.at(row, static_cast<std::int64_t>(f));
            error += (rest[f] - b[f]) * (rest[f] - b[f]);
            right += b[f] * b[f];
        }
        return std::sqrt(error / right);
    }
};

}  // namespace crosslift::testing
