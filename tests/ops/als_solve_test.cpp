#include "als_reference.hpp"

#include <crosslift/error.hpp>

namespace crosslift::testing {
namespace {

class AlsSolve : public AlsOperation {};

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
    const std::int64_t items = sized(101000, 6000);  // the row has a thousand cells fewer
    const CsrMatrix cells = cells_of_all_lengths(5, items, items - 1000, true);
    const HostMatrix fixed = random_matrix(items, 20, 4);
    const AlsStep step = step_of(false);
    const HostMatrix got = solve(cells, fixed, step, poisoned(5, 20), 3);
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
