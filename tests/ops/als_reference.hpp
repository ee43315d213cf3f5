// A half step of ALS written for clarity in double precision, and data to try it on.
#pragma once

#include "every_backend.hpp"
#include "formulas/half.hpp"

#include <algorithm>

namespace crosslift::testing {

using backend::AlsStep;

/// Solves the rows of `cells` with the gram matrix of `fixed`; the factors have padded rows on the device.
class AlsOperation : public EveryBackend {
protected:
    HostMatrix solve(const CsrMatrix& cells, const HostMatrix& fixed, const AlsStep& step, const HostMatrix& before,
                     int threads = 2) {
        const backend::DenseSpan gram = on_device(HostMatrix(fixed.cols, fixed.cols));
        const backend::DenseSpan fixed_view = on_device(fixed, 1);
        backend().gram(lane(), fixed_view, gram);
        const backend::DenseSpan out = on_device(before, 2);
        backend().als_solve(lane(threads), *backend().make_rows(cells), fixed_view, gram, step, out);
        return from_device(out);
    }
};

/// Rows with 0, 1, 2, ... cells and `long_row` cells in the last one.
inline CsrMatrix cells_of_all_lengths(std::int64_t rows, std::int64_t cols, std::int64_t long_row, bool with_values) {
    std::mt19937 generator(3);
    CsrMatrix cells;
    cells.rows = rows;
    cells.cols = cols;
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::int64_t size = row + 1 == rows ? long_row : row * 7 % 50;
        std::vector<std::int32_t> all(static_cast<std::size_t>(cols));
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int32_t>(i);
        std::shuffle(all.begin(), all.end(), generator);
        all.resize(static_cast<std::size_t>(std::min(size, cols)));
        std::sort(all.begin(), all.end());
        cells.indices.insert(cells.indices.end(), all.begin(), all.end());
        cells.indptr.push_back(static_cast<std::int64_t>(cells.indices.size()));
    }
    if (with_values)
        for (std::size_t i = 0; i < cells.indices.size(); ++i)
            cells.values.push_back(0.5F + static_cast<float>(generator() % 100) / 20.0F);
    return cells;
}

/// A and b of one row, as backend.hpp defines them, in double precision.
struct System {
    std::vector<std::vector<double>> a;
    std::vector<double> b;
};

/// What a row's sum of w y y' adds up for one of its cells: sqrt(w) y. Its weight and the largest of the row are given.
using Rooted = std::vector<double> (*)(const HostMatrix& fixed, std::int64_t item, float weight, float largest);

inline std::vector<double> exactly_rooted(const HostMatrix& fixed, std::int64_t item, float weight, float) {
    std::vector<double> out;
    for (std::int64_t f = 0; f < fixed.cols; ++f)
        out.push_back(std::sqrt(static_cast<double>(weight)) * fixed.at(item, f));
    return out;
}

/// The dense part is of `all`, the cells' part of `fixed`, which differ where the cells' is rounded.
inline System system_of(const CsrMatrix& cells, const HostMatrix& all, const HostMatrix& fixed, const AlsStep& step,
                        std::int64_t row, Rooted rooted = exactly_rooted) {
    const auto d = static_cast<std::size_t>(fixed.cols);
    System s = {std::vector<std::vector<double>>(d, std::vector<double>(d, 0.0)), std::vector<double>(d, 0.0)};
    const auto add_square = [&](const std::vector<double>& v) {
        for (std::size_t i = 0; i < d; ++i)
            for (std::size_t j = 0; j < d; ++j) s.a[i][j] += v[i] * v[j];
    };
    for (std::int64_t item = 0; item < all.rows; ++item)
        add_square(exactly_rooted(all, item, step.background, step.background));
    const auto columns = cells.view().row(row);
    std::vector<float> weights;
    for (std::size_t c = 0; c < columns.size(); ++c)
        weights.push_back(step.alpha * (cells.values.empty() ? 1.0F : cells.view().row_values(row)[c]));
    for (std::size_t c = 0; c < columns.size(); ++c) {
        add_square(rooted(fixed, columns[c], weights[c], *std::max_element(weights.begin(), weights.end())));
        const double target = static_cast<double>(step.target_offset) + static_cast<double>(weights[c]);
        for (std::size_t i = 0; i < d; ++i) s.b[i] += target * fixed.at(columns[c], static_cast<std::int64_t>(i));
    }
    const double ridge = static_cast<double>(step.regularization) *
                         std::pow(static_cast<double>(columns.size()) + static_cast<double>(step.frequency_offset),
                                  static_cast<double>(step.nu));
    for (std::size_t i = 0; i < d; ++i) s.a[i][i] += ridge;
    return s;
}

inline System system_of(const CsrMatrix& cells, const HostMatrix& fixed, const AlsStep& step, std::int64_t row) {
    return system_of(cells, fixed, fixed, step, row);
}

/// Gauss-Jordan elimination; A is positive definite, so no pivoting.
inline std::vector<double> solution_of(System s) {
    const std::size_t d = s.b.size();
    for (std::size_t p = 0; p < d; ++p)
        for (std::size_t i = p + 1; i < d; ++i) {
            const double factor = s.a[i][p] / s.a[p][p];
            for (std::size_t j = p; j < d; ++j) s.a[i][j] -= factor * s.a[p][j];
            s.b[i] -= factor * s.b[p];
        }
    for (std::size_t i = d; i-- > 0;) {
        for (std::size_t j = i + 1; j < d; ++j) s.b[i] -= s.a[i][j] * s.b[j];
        s.b[i] /= s.a[i][i];
    }
    return s.b;
}

/// `steps` steps of conjugate gradients from `x`, as the textbook has them.
inline std::vector<double> gradient_of(const System& s, std::vector<double> x, int steps) {
    const std::size_t d = x.size();
    const auto times = [&](const std::vector<double>& v) {
        std::vector<double> out(d, 0.0);
        for (std::size_t i = 0; i < d; ++i)
            for (std::size_t j = 0; j < d; ++j) out[i] += s.a[i][j] * v[j];
        return out;
    };
    const auto dot = [&](const std::vector<double>& v, const std::vector<double>& w) {
        double sum = 0;
        for (std::size_t i = 0; i < d; ++i) sum += v[i] * w[i];
        return sum;
    };
    const std::vector<double> ax = times(x);
    std::vector<double> rest(d);
    for (std::size_t i = 0; i < d; ++i) rest[i] = s.b[i] - ax[i];
    std::vector<double> direction = rest;
    for (int step = 0; step < steps; ++step) {
        const std::vector<double> image = times(direction);
        const double size = dot(rest, rest);
        const double length = size / dot(direction, image);
        for (std::size_t i = 0; i < d; ++i) {
            x[i] += length * direction[i];
            rest[i] -= length * image[i];
        }
        const double next = dot(rest, rest);
        for (std::size_t i = 0; i < d; ++i) direction[i] = rest[i] + next / size * direction[i];
    }
    return x;
}

inline void expect_row(const HostMatrix& got, std::int64_t row, const std::vector<double>& wanted, double tolerance) {
    double size = 0;
    double error = 0;
    for (std::size_t f = 0; f < wanted.size(); ++f) {
        size += wanted[f] * wanted[f];
        error += std::pow(wanted[f] - got.at(row, static_cast<std::int64_t>(f)), 2);
    }
    ASSERT_LE(std::sqrt(error), tolerance * std::sqrt(size) + 1e-7) << "row " << row << ", d " << wanted.size();
}

/// The scale under which a matrix is rounded to 16 bits.
inline float scale_of(const HostMatrix& matrix) {
    float largest = 0;
    for (const float number : matrix.numbers) largest = std::max(largest, std::fabs(number));
    return formulas::half_scale(largest);
}

/// What 16 bits under one scale make of a matrix.
inline HostMatrix rounded(const HostMatrix& from) {
    const float scale = scale_of(from);
    HostMatrix to = from;
    for (float& number : to.numbers) number = scale * formulas::half_value(formulas::half_bits(number / scale));
    return to;
}

/// What tensor cores are given for a cell of rounded factors: sqrt(w / largest) y, rounded to 16 bits once more.
inline std::vector<double> rooted_in_halves(const HostMatrix& fixed, std::int64_t item, float weight, float largest) {
    const float scale = scale_of(fixed);
    const float root = std::sqrt(weight / largest);
    std::vector<double> out;
    for (std::int64_t f = 0; f < fixed.cols; ++f) {
        const float number = root * (static_cast<float>(fixed.at(item, f)) / scale);
        out.push_back(std::sqrt(static_cast<double>(largest)) * static_cast<double>(scale) *
                      static_cast<double>(formulas::half_value(formulas::half_bits(number))));
    }
    return out;
}

/// One pass over blocks of `width` factors from `x`: x_p -= (A_pp)^-1 (A x - b)_p, A_pp of `blocks`.
inline std::vector<double> block_pass_of(const System& s, const System& blocks, std::vector<double> x,
                                         std::size_t width) {
    const std::size_t d = x.size();
    for (std::size_t first = 0; first < d; first += width) {
        const std::size_t size = std::min(width, d - first);
        System block = {std::vector<std::vector<double>>(size, std::vector<double>(size)), std::vector<double>(size)};
        for (std::size_t i = 0; i < size; ++i) {
            block.b[i] = s.b[first + i];
            for (std::size_t j = 0; j < d; ++j) block.b[i] -= s.a[first + i][j] * x[j];
            for (std::size_t j = 0; j < size; ++j) block.a[i][j] = blocks.a[first + i][first + j];
        }
        const std::vector<double> change = solution_of(block);
        for (std::size_t i = 0; i < size; ++i) x[first + i] += change[i];
    }
    return x;
}

inline AlsStep step_of(bool rendle) {
    AlsStep step;
    step.regularization = 0.3F;
    step.alpha = 1.7F;
    if (rendle) {
        step.background = 0.2F;
        step.target_offset = 0;
        step.frequency_offset = 15;
        step.nu = 0.6F;
    }
    return step;
}

}  // namespace crosslift::testing
