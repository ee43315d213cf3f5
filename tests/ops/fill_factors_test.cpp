#include "every_backend.hpp"
#include "formulas/philox.hpp"

#include <algorithm>

namespace crosslift::testing {
namespace {

class FillFactors : public EveryBackend {};

TEST(Philox, GivesThePublishedNumbers) {
    // The known answers that Random123 comes with.
    const formulas::Philox4 zero = formulas::philox({{0, 0, 0, 0}}, 0);
    EXPECT_EQ(zero.word[0], 0x6627e8d5U);
    EXPECT_EQ(zero.word[3], 0x9b00dbd8U);
    const formulas::Philox4 pi =
        formulas::philox({{0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}}, 0x299f31d0a4093822U);
    EXPECT_EQ(pi.word[0], 0xd16cfe09U);
    EXPECT_EQ(pi.word[1], 0x94fdccebU);
    EXPECT_EQ(pi.word[2], 0x5001e420U);
    EXPECT_EQ(pi.word[3], 0x24126ea1U);
}

TEST_P(FillFactors, ACellKeepsItsNumberInATableOfAnySize) {
    const backend::DenseSpan out = on_device(poisoned(3, 6));
    backend().fill_factors(lane(), out, 7, backend::Table::items, 1.0F);
    const HostMatrix whole = from_device(out);
    const backend::DenseSpan wide = on_device(poisoned(500, 9), 3);
    backend().fill_factors(lane(3), wide, 7, backend::Table::items, 1.0F);
    const HostMatrix larger = from_device(wide);
    for (std::int64_t r = 0; r < 3; ++r)
        for (std::int64_t c = 0; c < 6; ++c) EXPECT_EQ(whole.at(r, c), larger.at(r, c)) << "a cell's own number";
}

TEST_P(FillFactors, UniformBetweenMinusAndPlusScale) {
    const backend::DenseSpan out = on_device(poisoned(2000, 33));
    backend().fill_factors(lane(), out, 1, backend::Table::customers, 0.5F);
    const HostMatrix numbers = from_device(out);
    double sum = 0;
    double squares = 0;
    for (const float number : numbers.numbers) {
        ASSERT_LT(std::abs(number), 0.5F);
        ASSERT_NE(number, 0.0F);
        sum += static_cast<double>(number);
        squares += static_cast<double>(number) * static_cast<double>(number);
    }
    const auto count = static_cast<double>(numbers.numbers.size());
    EXPECT_NEAR(sum / count, 0, 0.005);
    EXPECT_NEAR(squares / count, 0.25 / 3, 0.002);
}

TEST_P(FillFactors, SeedAndTableChangeTheNumbers) {
    const backend::DenseSpan out = on_device(poisoned(10, 10));
    const auto fill = [&](std::uint64_t seed, backend::Table table) {
        backend().fill_factors(lane(), out, seed, table, 1);
        return from_device(out).numbers;
    };
    const auto first = fill(1, backend::Table::customers);
    EXPECT_NE(first, fill(2, backend::Table::customers));
    EXPECT_NE(first, fill(1, backend::Table::items));
    EXPECT_NE(first, fill(1 + (std::uint64_t{1} << 40), backend::Table::customers));
    EXPECT_EQ(first, fill(1, backend::Table::customers));
}

CROSSLIFT_ON_EVERY_BACKEND(FillFactors);

}  // namespace
}  // namespace crosslift::testing
