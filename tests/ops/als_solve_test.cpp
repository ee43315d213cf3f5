#include "every_backend.hpp"
#include "formulas/half.hpp"

#include <crosslift/error.hpp>

#include <algorithm>

namespace crosslift::testing {
namespace {

using backend::AlsStep;

class AlsSolve : public EveryBackend {
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
CsrMatrix cells_of_all_lengths(std::int64_t rows, std::int64_t cols, std::int64_t long_row, bool with_values) {
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

std::vector<double> exactly_rooted(const HostMatrix& fixed, std::int64_t item, float weight, float) {
    std::vector<double> out;
    for (std::int64_t f = 0; f < fixed.cols; ++f)
        out.push_back(std::sqrt(static_cast<double>(weight)) * fixed.at(item, f));
    return out;
}

/// The dense part is of `all`, the cells' part of `fixed`, which differ where the cells' is rounded.
System system_of(const CsrMatrix& cells, const HostMatrix& all, const HostMatrix& fixed, const AlsStep& step,
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

System system_of(const CsrMatrix& cells, const HostMatrix& fixed, const AlsStep& step, std::int64_t row) {
    return system_of(cells, fixed, fixed, step, row);
}

/// Gauss-Jordan elimination; A is positive definite, so no pivoting.
std::vector<double> solution_of(System s) {
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
std::vector<double> gradient_of(const System& s, std::vector<double> x, int steps) {
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

void expect_row(const HostMatrix& got, std::int64_t row, const std::vector<double>& wanted, double tolerance) {
    double size = 0;
    double error = 0;
    for (std::size_t f = 0; f < wanted.size(); ++f) {
        size += wanted[f] * wanted[f];
        error += std::pow(wanted[f] - got.at(row, static_cast<std::int64_t>(f)), 2);
    }
    ASSERT_LE(std::sqrt(error), tolerance * std::sqrt(size) + 1e-7) << "row " << row << ", d " << wanted.size();
}

/// The scale under which a matrix is rounded to 16 bits.
float scale_of(const HostMatrix& matrix) {
    float largest = 0;
    for (const float number : matrix.numbers) largest = std::max(largest, std::fabs(number));
    return formulas::half_scale(largest);
}

/// What 16 bits under one scale make of a matrix.
HostMatrix rounded(const HostMatrix& from) {
    const float scale = scale_of(from);
    HostMatrix to = from;
    for (float& number : to.numbers) number = scale * formulas::half_value(formulas::half_bits(number / scale));
    return to;
}

/// What tensor cores are given for a cell of rounded factors: sqrt(w / largest) y, rounded to 16 bits once more.
std::vector<double> rooted_in_halves(const HostMatrix& fixed, std::int64_t item, float weight, float largest) {
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

HostMatrix poisoned(std::int64_t rows, std::int64_t cols) {
    HostMatrix matrix(rows, cols);
    for (float& number : matrix.numbers) number = std::nanf("");
    return matrix;
}

AlsStep step_of(bool rendle) {
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

TEST_P(AlsSolve, AgreesWithDoublePrecisionForOddSizes) {
    for (const std::int64_t d : {1, 15, 16, 17, 63, 65, 127, 128, 129, 150}) {
        const bool rendle = d % 2 == 0;
        const CsrMatrix cells = cells_of_all_lengths(19, 300, 299, d % 3 != 0);
        HostMatrix fixed = random_matrix(300, d, static_cast<std::uint32_t>(d));
        const HostMatrix got = solve(cells, fixed, step_of(rendle), poisoned(19, d));
        for (std::int64_t row = 0; row < 19; ++row)
            expect_row(got, row,
                       row == 0 ? std::vector<double>(static_cast<std::size_t>(d), 0.0)
                                : solution_of(system_of(cells, fixed, step_of(rendle), row)),
                       2e-5);
    }
}

/// One pass over blocks of `width` factors from `x`: x_p -= (A_pp)^-1 (A x - b)_p, A_pp of `blocks`.
std::vector<double> block_pass_of(const System& s, const System& blocks, std::vector<double> x, std::size_t width) {
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

TEST_P(AlsSolve, MixedSumsAreOfNumbersRoundedTo16Bits) {
    // A GPU rounds the factors and then sqrt(w) y; a CPU rounds the factors alone. Neither may differ from double
    // precision over the numbers that are left by more than the strict mode does.
    const Rooted rooted = backend().device().kind == Device::Kind::cuda ? rooted_in_halves : exactly_rooted;
    for (const std::int64_t d : {1, 7, 16, 31, 64, 100, 128, 200})
        for (const bool with_values : {false, true}) {
            const CsrMatrix cells = cells_of_all_lengths(7, 90, sized(89, 40), with_values);
            const HostMatrix fixed = random_matrix(90, d, 31);
            AlsStep step = step_of(d % 2 == 0);
            step.mixed = true;
            const HostMatrix got = solve(cells, fixed, step, poisoned(7, d));
            for (std::int64_t row = 1; row < 7; ++row)
                expect_row(got, row, solution_of(system_of(cells, fixed, rounded(fixed), step, row, rooted)), 2e-5);
            EXPECT_EQ(got.numbers, solve(cells, fixed, step, poisoned(7, d), 1).numbers);
        }
}

TEST_P(AlsSolve, MixedSumsOfLongRowsAreOfNumbersRoundedTo16Bits) {
    const Rooted rooted = backend().device().kind == Device::Kind::cuda ? rooted_in_halves : exactly_rooted;
    // Pieces of a row are scaled by their own largest weight, which is the same in each: one of a hundred values.
    const CsrMatrix cells = cells_of_all_lengths(3, 2600, 2500, true);
    const HostMatrix fixed = random_matrix(2600, 20, 34);
    const HostMatrix before = random_matrix(3, 20, 35);
    std::vector<double> x;
    for (std::int64_t f = 0; f < 20; ++f) x.push_back(before.at(2, f));
    AlsStep step = step_of(false);
    step.mixed = true;
    const System sums = system_of(cells, fixed, rounded(fixed), step, 2, rooted);
    expect_row(solve(cells, fixed, step, poisoned(3, 20)), 2, solution_of(sums), 2e-5);
    step.block = 12;
    const System system = system_of(cells, fixed, rounded(fixed), step, 2);
    expect_row(solve(cells, fixed, step, before), 2, block_pass_of(system, sums, x, 12), 2e-5);
}

TEST_P(AlsSolve, BlocksOfFactorsAreSolvedInTurn) {
    // Only a block's own matrix is summed from sqrt(w) y in 16 bits; what is left of b is not.
    const Rooted rooted = backend().device().kind == Device::Kind::cuda ? rooted_in_halves : exactly_rooted;
    for (const auto& [d, block] : {std::pair{1, 64}, {31, 8}, {64, 64}, {70, 33}, {100, 16}, {150, 128}})
        for (const bool mixed : {false, true}) {
            const CsrMatrix cells = cells_of_all_lengths(6, 80, sized(79, 30), d != 31);
            const HostMatrix fixed = random_matrix(80, d, 32);
            const HostMatrix before = random_matrix(6, d, 33);
            AlsStep step = step_of(d == 70);
            step.regularization = 3;
            step.block = block;
            step.mixed = mixed;
            const HostMatrix got = solve(cells, fixed, step, before);
            for (std::int64_t row = 1; row < 6; ++row) {
                std::vector<double> x;
                for (std::int64_t f = 0; f < d; ++f) x.push_back(before.at(row, f));
                const HostMatrix& read = mixed ? rounded(fixed) : fixed;
                const System system = system_of(cells, fixed, read, step, row);
                const System blocks = system_of(cells, fixed, read, step, row, mixed ? rooted : exactly_rooted);
                expect_row(got, row, block_pass_of(system, blocks, x, static_cast<std::size_t>(block)), 3e-5);
            }
            expect_row(got, 0, std::vector<double>(static_cast<std::size_t>(d), 0.0), 0);
            EXPECT_EQ(got.numbers, solve(cells, fixed, step, before, 1).numbers);
        }
}

TEST_P(AlsSolve, StoredHalvesAreTheNumbersTheyStandFor) {
    const CsrMatrix cells = cells_of_all_lengths(9, 60, 50, true);
    const HostMatrix fixed = rounded(random_matrix(60, 20, 41));
    backend::Array<std::uint16_t> memory = backend().array<std::uint16_t>(60 * 24);
    const backend::HalfSpan halves = {memory.data(), 60, 20, 24};
    const float scale = backend().narrow(lane(), on_device(fixed, 3), halves);
    const backend::FactorView stored(halves, scale);
    const backend::DenseSpan wide = on_device(poisoned(60, 20), 1);
    backend().widen(lane(), stored, wide);
    EXPECT_EQ(from_device(wide).numbers, fixed.numbers);

    const backend::DenseSpan gram = on_device(poisoned(20, 20));
    const backend::DenseSpan same = on_device(poisoned(20, 20));
    backend().gram(lane(), stored, gram);
    backend().gram(lane(), wide, same);
    EXPECT_EQ(from_device(gram).numbers, from_device(same).numbers);
    const auto rows = backend().make_rows(cells);
    for (const bool mixed : {false, true}) {
        AlsStep step = step_of(false);
        step.mixed = mixed;
        const backend::DenseSpan out = on_device(poisoned(9, 20));
        backend().als_solve(lane(), *rows, stored, gram, step, out);
        EXPECT_EQ(from_device(out).numbers, solve(cells, fixed, step, poisoned(9, 20)).numbers);
        const double loss = backend().als_loss(lane(), *rows, out, stored, step, step);
        EXPECT_EQ(loss, backend().als_loss(lane(), *rows, out, wide, step, step));
    }
}

TEST_P(AlsSolve, ExtremeWeightsAndFactorsStayInRange) {
    // Factors of 1e-6 and weights from 1 to 1e8: 16 bits would lose both without their scales.
    CsrMatrix cells = cells_of_all_lengths(6, 40, 30, true);
    for (std::size_t i = 0; i < cells.values.size(); ++i) cells.values[i] = i % 3 == 0 ? 1e8F : 1.0F;
    HostMatrix fixed = random_matrix(40, 12, 51);
    for (float& number : fixed.numbers) number *= 1e-6F;
    AlsStep step = step_of(false);
    step.regularization = 1e-6F;
    for (const bool mixed : {false, true}) {
        step.mixed = mixed;
        const HostMatrix got = solve(cells, fixed, step, poisoned(6, 12));
        for (std::int64_t row = 1; row < 6; ++row)
            expect_row(got, row, solution_of(system_of(cells, fixed, mixed ? rounded(fixed) : fixed, step, row)),
                       mixed ? 5e-3 : 1e-3);
    }
}

TEST_P(AlsSolve, GradientStepsAreTheTextbooks) {
    for (const std::int64_t d : {1, 16, 33, 65}) {
        const CsrMatrix cells = cells_of_all_lengths(20, 120, 110, d != 33);
        const HostMatrix fixed = random_matrix(120, d, 9);
        const HostMatrix before = random_matrix(20, d, 10);
        AlsStep step = step_of(d == 65);
        for (const int steps : {1, 3}) {
            if (steps > d) continue;
            step.cg_steps = steps;
            const HostMatrix got = solve(cells, fixed, step, before);
            for (std::int64_t row = 1; row < 20; ++row) {
                std::vector<double> x;
                for (std::int64_t f = 0; f < d; ++f) x.push_back(before.at(row, f));
                expect_row(got, row, gradient_of(system_of(cells, fixed, step, row), x, steps), 2e-5);
            }
            expect_row(got, 0, std::vector<double>(static_cast<std::size_t>(d), 0.0), 0);
        }
    }
}

TEST_P(AlsSolve, OneHugeRow) {
    const std::int64_t items = sized(60000, 6000);
    const CsrMatrix cells = cells_of_all_lengths(5, items, items - 1000, true);
    const HostMatrix fixed = random_matrix(items, 20, 4);
    const AlsStep step = step_of(false);
    const HostMatrix got = solve(cells, fixed, step, HostMatrix(5, 20), 3);
    for (std::int64_t row = 1; row < 5; ++row)
        expect_row(got, row, solution_of(system_of(cells, fixed, step, row)), 2e-5);
    EXPECT_EQ(got.numbers, solve(cells, fixed, step, HostMatrix(5, 20), 1).numbers);
}

TEST_P(AlsSolve, SameBitsForAnyNumberOfThreads) {
    const std::int64_t rows = sized(300, 20);
    const CsrMatrix cells = cells_of_all_lengths(rows, 90, 80, true);
    for (const std::int64_t d : {24, 140}) {
        const HostMatrix fixed = random_matrix(90, d, 5);
        for (const int cg_steps : {0, 3}) {
            AlsStep step = step_of(true);
            step.cg_steps = cg_steps;
            const HostMatrix one = solve(cells, fixed, step, HostMatrix(rows, d), 1);
            EXPECT_EQ(one.numbers, solve(cells, fixed, step, HostMatrix(rows, d), 2).numbers);
            EXPECT_EQ(one.numbers, solve(cells, fixed, step, HostMatrix(rows, d), 3).numbers);
        }
    }
}

TEST_P(AlsSolve, SingularSystemsStayFinite) {
    const CsrMatrix cells = cells_of_all_lengths(8, 4, 3, false);
    AlsStep step = step_of(false);
    step.regularization = 0;
    for (const std::int64_t d : {30, 140})
        for (const int cg_steps : {0, 10}) {
            step.cg_steps = cg_steps;
            for (const float number : solve(cells, random_matrix(4, d, 1), step, HostMatrix(8, d)).numbers)
                ASSERT_TRUE(std::isfinite(number));
        }
}

TEST_P(AlsSolve, RefusesShapesThatDoNotFit) {
    const auto rows = backend().make_rows(cells_of_all_lengths(4, 6, 2, true));
    const backend::DenseSpan fixed = on_device(HostMatrix(6, 3));
    const backend::DenseSpan gram = on_device(HostMatrix(3, 3));
    EXPECT_THROW(backend().als_solve(lane(), *rows, on_device(HostMatrix(5, 3)), gram, {}, on_device(HostMatrix(4, 3))),
                 InvalidArgument);
    EXPECT_THROW(
        backend().als_solve(lane(), *rows, fixed, on_device(HostMatrix(2, 2)), {}, on_device(HostMatrix(4, 3))),
        InvalidArgument);
    EXPECT_THROW(backend().als_solve(lane(), *rows, fixed, gram, {}, on_device(HostMatrix(3, 3))), InvalidArgument);
}

CROSSLIFT_ON_EVERY_BACKEND(AlsSolve);

}  // namespace
}  // namespace crosslift::testing
