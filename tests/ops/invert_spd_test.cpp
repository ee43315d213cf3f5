#include "every_backend.hpp"

#include <crosslift/error.hpp>

namespace crosslift::testing {
namespace {

class InvertSpd : public EveryBackend {};

/// x'x / cols + ridge: symmetric and positive definite.
HostMatrix positive_definite(std::int64_t n, float ridge, std::uint32_t seed) {
    const HostMatrix x = random_matrix(n + 5, n, seed);
    HostMatrix out(n, n);
    for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j <= i; ++j) {
            double sum = 0;
            for (std::int64_t k = 0; k < x.rows; ++k) sum += x.at(k, i) * x.at(k, j);
            out.at(i, j) = static_cast<float>(sum / static_cast<double>(n)) + (i == j ? ridge : 0.0F);
            out.at(j, i) = static_cast<float>(out.at(i, j));
        }
    return out;
}

/// The largest number of |a x - 1| in double precision.
double residual(const HostMatrix& a, const HostMatrix& x) {
    double worst = 0;
    std::vector<double> row(static_cast<std::size_t>(a.cols));
    for (std::int64_t i = 0; i < a.rows; ++i) {
        std::fill(row.begin(), row.end(), 0.0);
        for (std::int64_t k = 0; k < a.cols; ++k)
            for (std::int64_t j = 0; j < a.cols; ++j) row[static_cast<std::size_t>(j)] += a.at(i, k) * x.at(k, j);
        for (std::int64_t j = 0; j < a.cols; ++j)
            worst = std::max(worst, std::abs(row[static_cast<std::size_t>(j)] - (i == j ? 1.0 : 0.0)));
    }
    return worst;
}

TEST_P(InvertSpd, TimesTheMatrixIsOneForOddSizes) {
    for (const std::int64_t n : {1, 15, 16, 17, 31, 32, 33, 63, 65, 127, 300}) {
        const HostMatrix a = positive_definite(n, 0.1F, static_cast<std::uint32_t>(n));
        const backend::DenseSpan matrix = on_device(a, n % 3);
        backend().invert_spd(lane(), matrix, {});
        const HostMatrix x = from_device(matrix);
        EXPECT_LT(residual(a, x), 3e-5) << n;
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t j = 0; j < i; ++j) ASSERT_EQ(x.at(i, j), x.at(j, i)) << "both triangles";
    }
}

TEST_P(InvertSpd, LargeBlocksGiveTheSameBitsForAnyNumberOfThreads) {
    const HostMatrix a = positive_definite(600, 0.1F, 7);
    const backend::DenseSpan one = on_device(a);
    backend().invert_spd(lane(1), one, {});
    EXPECT_LT(residual(a, from_device(one)), 3e-5);
    for (const int threads : {2, 3}) {
        const backend::DenseSpan other = on_device(a);
        backend().invert_spd(lane(threads), other, {});
        EXPECT_EQ(from_device(one).numbers, from_device(other).numbers);
    }
}

TEST_P(InvertSpd, NamesThePivotThatIsNotPositive) {
    HostMatrix a(600, 600);
    for (std::int64_t i = 0; i < 600; ++i) a.at(i, i) = i == 555 ? -1.0F : 2.0F;
    try {
        backend().invert_spd(lane(), on_device(a), {});
        FAIL() << "no exception";
    } catch (const InvalidArgument& error) {
        EXPECT_NE(std::string(error.what()).find("pivot 555 "), std::string::npos) << error.what();
    }
}

TEST_P(InvertSpd, StopsOnRequest) {
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(backend().invert_spd(lane(), on_device(positive_definite(40, 1, 1)), source.get_token()), Stopped);
}

TEST_P(InvertSpd, RefusesWhatIsNotSquare) {
    EXPECT_THROW(backend().invert_spd(lane(), on_device(HostMatrix(3, 4)), {}), InvalidArgument);
}

CROSSLIFT_ON_EVERY_BACKEND(InvertSpd);

}  // namespace
}  // namespace crosslift::testing
