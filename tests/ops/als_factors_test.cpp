#include "als_residual.hpp"

namespace crosslift::testing {
namespace {

/// Every number of factors that takes a way of its own, and more factors than a row has cells.
class AlsFactors : public AlsResidual {
protected:
    static constexpr int numbers_of_factors[] = {1, 7, 8, 31, 64, 100, 128, 200, 256, 511, 1024};

    /// Rows of power-law lengths, one of them empty; real: 12 rows of up to 1,000 of 1,200 items.
    CsrMatrix cells(std::int64_t d, bool with_values) const {
        std::vector<std::int64_t> lengths = {0, 40, 3, 17};
        if (sized(1, 0) == 1)
            for (std::int64_t n = 1; n <= 8; ++n) lengths.push_back(1000 / (n * n) + 1);
        else if (d > 256)
            lengths.resize(2);
        return rows_of_lengths(lengths, sized(1200, 60), with_values);
    }

    /// Factors that 16 bits hold exactly, so that the mixed mode solves the same systems.
    HostMatrix fixed(std::int64_t d) const {
        HostMatrix matrix = random_matrix(sized(1200, 60), d, 3);
        for (float& number : matrix.numbers) number = std::round(64 * number) / 64;
        return matrix;
    }

    void expect_solved(const CsrMatrix& cells, const HostMatrix& fixed, const AlsStep& step, const HostMatrix& x,
                       double tolerance) {
        for (std::int64_t row = 1; row < cells.rows; ++row)
            EXPECT_LT(residual(cells, fixed, step, row, x), tolerance)
                << "d " << fixed.cols << ", row " << row << (step.mixed ? ", mixed" : ", strict");
        for (std::int64_t f = 0; f < fixed.cols; ++f) ASSERT_EQ(x.at(0, f), 0.0);
    }
};

TEST_P(AlsFactors, ExactlySolved) {
    for (const std::int64_t d : numbers_of_factors)
        for (const bool mixed : {false, true}) {
            AlsStep step = some_step();
            step.mixed = mixed;
            const CsrMatrix rows = cells(d, !mixed && d % 2 == 0);
            expect_solved(rows, fixed(d), step, solve(rows, fixed(d), step, poisoned(rows.rows, d)), 4e-5);
        }
}

TEST_P(AlsFactors, ByConjugateGradients) {
    for (const std::int64_t d : numbers_of_factors)
        for (const bool mixed : {false, true}) {
            AlsStep step = some_step();
            step.mixed = mixed;
            step.regularization = static_cast<float>(sized(100, 20));
            step.cg_steps = static_cast<int>(sized(40, d > 200 ? 8 : 20));
            const CsrMatrix rows = cells(d, !mixed);
            expect_solved(rows, fixed(d), step, solve(rows, fixed(d), step, HostMatrix(rows.rows, d)),
                          sized(0, d > 200 ? 1 : 0) == 1 ? 0.05 : 1e-3);
        }
}

TEST_P(AlsFactors, InBlocks) {
    // A pass from the solution stays there, and one from zero comes nearer.
    for (const std::int64_t d : numbers_of_factors)
        for (const bool mixed : {false, true}) {
            AlsStep step = some_step();
            step.mixed = mixed;
            step.regularization = static_cast<float>(sized(100, 20));
            const CsrMatrix rows = cells(d, false);
            const HostMatrix solution = solve(rows, fixed(d), step, poisoned(rows.rows, d));
            step.block = d > 100 ? 128 : static_cast<int>(d + 1) / 2;
            expect_solved(rows, fixed(d), step, solve(rows, fixed(d), step, solution), 5e-5);
            if (d <= sized(1024, 128))
                expect_solved(rows, fixed(d), step, solve(rows, fixed(d), step, HostMatrix(rows.rows, d)), 0.9);
        }
}

TEST_P(AlsFactors, LongRowsAreCutAndAddedInOrder) {
    const CsrMatrix cells = rows_of_lengths({2049, 2048, 5000, 0, 7}, 5200, true);
    for (const std::int64_t d : {std::int64_t{12}, sized(70, 33)}) {
        const HostMatrix fixed = random_matrix(5200, d, 5);
        const HostMatrix x = solve(cells, fixed, some_step(), HostMatrix(5, d));
        for (const std::int64_t row : {0, 1, 2, 4}) EXPECT_LT(residual(cells, fixed, some_step(), row, x), 3e-5) << row;
        AlsStep step = some_step();
        step.cg_steps = 25;
        const HostMatrix by_cg = solve(cells, fixed, step, HostMatrix(5, d));
        for (const std::int64_t row : {0, 2}) EXPECT_LT(residual(cells, fixed, step, row, by_cg), 1e-4) << row;
        EXPECT_EQ(x.numbers, solve(cells, fixed, some_step(), HostMatrix(5, d)).numbers);
    }
}

TEST_P(AlsFactors, LongRowsInBlocksOfFactorsAndByTensorCores) {
    const CsrMatrix cells = rows_of_lengths({2500, 2049, 5}, 2600, false);
    HostMatrix fixed = random_matrix(2600, 12, 5);
    for (float& number : fixed.numbers) number = std::round(64 * number) / 64;  // nothing is lost in 16 bits
    for (const bool mixed : {false, true}) {
        AlsStep step = some_step();
        step.mixed = mixed;
        step.block = 16;  // all factors: exact from wherever it begins
        const HostMatrix x = solve(cells, fixed, step, random_matrix(3, 12, 6));
        for (std::int64_t row = 0; row < 3; ++row) EXPECT_LT(residual(cells, fixed, step, row, x), 3e-5) << row;
        step.block = 5;  // the solution is where every pass stays
        const HostMatrix same = solve(cells, fixed, step, x);
        for (std::int64_t row = 0; row < 3; ++row) EXPECT_LT(residual(cells, fixed, step, row, same), 5e-5) << row;
        const HostMatrix nearer = solve(cells, fixed, step, HostMatrix(3, 12));
        for (std::int64_t row = 0; row < 3; ++row) EXPECT_LT(residual(cells, fixed, step, row, nearer), 0.5) << row;
    }
}

CROSSLIFT_ON_EVERY_BACKEND(AlsFactors);

}  // namespace
}  // namespace crosslift::testing
