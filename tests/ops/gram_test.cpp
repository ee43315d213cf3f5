#include "every_backend.hpp"

#include <crosslift/error.hpp>

namespace crosslift::testing {
namespace {

class Gram : public EveryBackend {};
class ItemGram : public EveryBackend {};

TEST_P(Gram, AgreesWithDoublePrecision) {
    const std::int64_t sizes[][2] = {{1, 1},    {17, 15},  {1000, 16}, {3000, 33}, {1025, 65}, {70, 127},
                                     {50, 7},   {50, 8},   {50, 31},   {50, 64},   {50, 100},  {50, 128},
                                     {50, 200}, {40, 256}, {30, 511},  {20, 1024}};
    for (const auto& [rows, d] : sizes) {
        const HostMatrix x = random_matrix(rows, d, 3);
        const backend::DenseSpan out = on_device(poisoned(d, d), 2);
        backend().gram(lane(), on_device(x, 1), out);
        const HostMatrix got = from_device(out);
        for (std::int64_t i = 0; i < d; ++i)
            for (std::int64_t j = 0; j < d; ++j) {
                double wanted = 0;
                for (std::int64_t r = 0; r < rows; ++r) wanted += x.at(r, i) * x.at(r, j);
                ASSERT_NEAR(got.at(i, j), wanted, 1e-6 * static_cast<double>(rows) + 1e-6) << rows << " x " << d;
            }
    }
}

TEST_P(Gram, SameBitsForAnyNumberOfThreads) {
    const backend::DenseSpan x = on_device(random_matrix(sized(20000, 3000), 40, 1));
    const backend::DenseSpan one = on_device(poisoned(40, 40));
    const backend::DenseSpan three = on_device(poisoned(40, 40));
    backend().gram(lane(1), x, one);
    backend().gram(lane(3), x, three);
    EXPECT_EQ(from_device(one).numbers, from_device(three).numbers);
}

TEST_P(Gram, NoRowsGiveZero) {
    const backend::DenseSpan out = on_device(poisoned(4, 4));
    backend().gram(lane(), on_device(HostMatrix(0, 4)), out);
    EXPECT_EQ(from_device(out).numbers, std::vector<float>(16, 0.0F));
}

CsrMatrix random_baskets(std::int64_t rows, std::int64_t cols, std::uint32_t seed) {
    std::mt19937 generator(seed);
    CsrMatrix baskets;
    baskets.rows = rows;
    baskets.cols = cols;
    for (std::int64_t row = 0; row < rows; ++row) {
        const double share = row % 7 == 0 ? 0.0 : row % 11 == 0 ? 1.0 : 0.1;  // some empty, some with everything
        for (std::int32_t col = 0; col < cols; ++col)
            if (std::generate_canonical<double, 30>(generator) < share) baskets.indices.push_back(col);
        baskets.indptr.push_back(static_cast<std::int64_t>(baskets.indices.size()));
    }
    return baskets;
}

TEST_P(ItemGram, AgreesWithAPlainCount) {
    const CsrMatrix baskets = random_baskets(200, 61, 5);
    const HostMatrix weights = random_matrix(1, 200, 6);
    std::vector<double> wanted(61 * 61, 0.0);
    for (std::int64_t row = 0; row < 200; ++row)
        for (const std::int32_t a : baskets.view().row(row))
            for (const std::int32_t b : baskets.view().row(row))
                wanted[static_cast<std::size_t>(a * 61 + b)] += weights.at(0, row);
    const auto rows = backend().make_rows(baskets);
    const backend::DenseSpan out = on_device(poisoned(61, 61), 3);
    backend().item_gram(lane(), *rows, weights.numbers, out);
    const HostMatrix got = from_device(out);
    for (std::size_t i = 0; i < wanted.size(); ++i)
        ASSERT_NEAR(static_cast<double>(got.numbers[i]), wanted[i], 1e-5) << i;
    const backend::DenseSpan again = on_device(poisoned(61, 61));
    backend().item_gram(lane(1), *rows, weights.numbers, again);
    EXPECT_EQ(got.numbers, from_device(again).numbers) << "thread count changed the bits";
}

TEST_P(ItemGram, ManyItemsAreSummedInStripes) {
    // So many that a GPU holds the sums of a part of them at a time.
    const std::int64_t items = 4110;
    CsrMatrix baskets;
    baskets.cols = items;
    for (std::int32_t row = 0; row < 60; ++row) {
        for (const std::int32_t item : {row * 7, 4080 + row % 5, 4090 + row % 20})
            if (baskets.indices.empty() || item > baskets.indices.back() ||
                baskets.indptr.back() == static_cast<std::int64_t>(baskets.indices.size()))
                baskets.indices.push_back(item);
        baskets.indptr.push_back(static_cast<std::int64_t>(baskets.indices.size()));
        ++baskets.rows;
    }
    const HostMatrix weights = random_matrix(1, 60, 6);
    const backend::DenseSpan out = on_device(poisoned(items, items));
    backend().item_gram(lane(), *backend().make_rows(baskets), weights.numbers, out);
    HostMatrix got = from_device(out);
    for (std::int64_t row = 0; row < 60; ++row)
        for (const std::int32_t a : baskets.view().row(row))
            for (const std::int32_t b : baskets.view().row(row)) got.at(a, b) -= static_cast<float>(weights.at(0, row));
    for (const float number : got.numbers) ASSERT_NEAR(number, 0, 1e-5);
}

TEST_P(ItemGram, RefusesAWrongNumberOfWeights) {
    const auto rows = backend().make_rows(random_baskets(10, 5, 1));
    EXPECT_THROW(backend().item_gram(lane(), *rows, std::vector<float>(9), on_device(HostMatrix(5, 5))),
                 InvalidArgument);
}

TEST_P(ItemGram, RefusesAWeightThatIsNotANumber) {
    const auto rows = backend().make_rows(random_baskets(3, 5, 1));
    for (const float weight : {std::nanf(""), INFINITY})
        EXPECT_THROW(backend().item_gram(lane(), *rows, std::vector<float>{1, weight, 1}, on_device(HostMatrix(5, 5))),
                     InvalidArgument);
}

CROSSLIFT_ON_EVERY_BACKEND(Gram);
CROSSLIFT_ON_EVERY_BACKEND(ItemGram);

}  // namespace
}  // namespace crosslift::testing
