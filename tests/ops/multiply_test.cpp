#include "every_backend.hpp"

#include <crosslift/error.hpp>

namespace crosslift::testing {
namespace {

class Multiply : public EveryBackend {};

HostMatrix transposed(const HostMatrix& matrix) {
    HostMatrix out(matrix.cols, matrix.rows);
    for (std::int64_t r = 0; r < matrix.rows; ++r)
        for (std::int64_t c = 0; c < matrix.cols; ++c) out.at(c, r) = static_cast<float>(matrix.at(r, c));
    return out;
}

/// |got - wanted| <= tolerance * sum |a||b| for each number.
void expect_product(const HostMatrix& a, const HostMatrix& b, float alpha, float beta, const HostMatrix& before,
                    const HostMatrix& got) {
    for (std::int64_t i = 0; i < got.rows; ++i)
        for (std::int64_t j = 0; j < got.cols; ++j) {
            double sum = 0;
            double size = 0;
            for (std::int64_t k = 0; k < a.cols; ++k) {
                sum += a.at(i, k) * b.at(k, j);
                size += std::abs(a.at(i, k) * b.at(k, j));
            }
            const double wanted =
                static_cast<double>(alpha) * sum + (beta != 0 ? static_cast<double>(beta) * before.at(i, j) : 0.0);
            ASSERT_NEAR(got.at(i, j), wanted, 3e-7 * size + 1e-6) << "at " << i << ", " << j;
        }
}

TEST_P(Multiply, AgreesWithDoublePrecisionForOddSizesAndAllTransposes) {
    const std::int64_t sizes[][3] = {{1, 1, 1},    {1, 17, 5},     {15, 16, 17}, {16, 63, 65},
                                     {127, 33, 9}, {70, 130, 401}, {5, 1030, 3}, {250, 3, 800}};
    std::uint32_t seed = 1;
    for (const auto& [m, n, k] : sizes)
        for (int transposes = 0; transposes < 4; ++transposes) {
            const HostMatrix a = random_matrix(m, k, ++seed);
            const HostMatrix b = random_matrix(k, n, ++seed);
            const HostMatrix before = random_matrix(m, n, ++seed);
            const bool ta = (transposes & 1) != 0;
            const bool tb = (transposes & 2) != 0;
            const backend::DenseSpan out = on_device(before, 3);
            backend().multiply(lane(), 0.5F, on_device(ta ? transposed(a) : a, 2), ta,
                               on_device(tb ? transposed(b) : b, 1), tb, -1.5F, out);
            expect_product(a, b, 0.5F, -1.5F, before, from_device(out));
        }
}

TEST_P(Multiply, BetaZeroDoesNotReadTheResult) {
    const HostMatrix a = random_matrix(20, 30, 1);
    const HostMatrix b = random_matrix(30, 40, 2);
    const HostMatrix before = poisoned(20, 40);
    const backend::DenseSpan out = on_device(before);
    backend().multiply(lane(), 1, on_device(a), false, on_device(b), false, 0, out);
    expect_product(a, b, 1, 0, before, from_device(out));
}

TEST_P(Multiply, SameBitsForAnyNumberOfThreads) {
    const backend::DenseSpan a = on_device(random_matrix(517, 1000, 1));
    const backend::DenseSpan b = on_device(random_matrix(1000, 1300, 2));
    const backend::DenseSpan one = on_device(HostMatrix(517, 1300));
    backend().multiply(lane(1), 1, a, false, b, false, 0, one);
    for (const int threads : {2, 3}) {
        const backend::DenseSpan other = on_device(HostMatrix(517, 1300));
        backend().multiply(lane(threads), 1, a, false, b, false, 0, other);
        EXPECT_EQ(from_device(one).numbers, from_device(other).numbers) << threads << " threads";
    }
}

TEST_P(Multiply, NothingToAddIsZeroAndEmptyResultsAreFine) {
    const backend::DenseSpan out = on_device(random_matrix(3, 4, 1));
    backend().multiply(lane(), 1, on_device(HostMatrix(3, 0)), false, on_device(HostMatrix(0, 4)), false, 0, out);
    EXPECT_EQ(from_device(out).numbers, std::vector<float>(12, 0.0F));
    backend().multiply(lane(), 1, on_device(HostMatrix(0, 5)), false, on_device(HostMatrix(5, 4)), false, 0,
                       on_device(HostMatrix(0, 4)));
}

TEST_P(Multiply, RefusesSizesThatDoNotFit) {
    const backend::DenseSpan a = on_device(HostMatrix(3, 4));
    EXPECT_THROW(backend().multiply(lane(), 1, a, false, a, false, 0, on_device(HostMatrix(3, 4))), InvalidArgument);
    EXPECT_THROW(backend().multiply(lane(), 1, a, false, a, true, 0, on_device(HostMatrix(3, 4))), InvalidArgument);
}

CROSSLIFT_ON_EVERY_BACKEND(Multiply);

}  // namespace
}  // namespace crosslift::testing
