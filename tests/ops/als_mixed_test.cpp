#include "als_reference.hpp"

namespace crosslift::testing {
namespace {

class AlsMixed : public AlsOperation {};

TEST_P(AlsMixed, MixedSumsAreOfNumbersRoundedTo16Bits) {
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

TEST_P(AlsMixed, MixedSumsOfLongRowsAreOfNumbersRoundedTo16Bits) {
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

TEST_P(AlsMixed, BlocksOfFactorsAreSolvedInTurn) {
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

TEST_P(AlsMixed, StoredHalvesAreTheNumbersTheyStandFor) {
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

TEST_P(AlsMixed, ExtremeWeightsAndFactorsStayInRange) {
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

CROSSLIFT_ON_EVERY_BACKEND(AlsMixed);

}  // namespace
}  // namespace crosslift::testing
