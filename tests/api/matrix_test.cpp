#include <crosslift/error.hpp>
#include <crosslift/matrix.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace crosslift {
namespace {

TEST(Matrix, BeginsAsPackedZeros) {
    Matrix matrix(3, 5);
    EXPECT_EQ(matrix.stride(), 5);
    EXPECT_EQ(matrix.device().kind, Device::Kind::cpu);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(matrix.data()) % 64, 0U);
    for (std::int64_t r = 0; r < 3; ++r) {
        for (const float value : matrix.row(r)) EXPECT_EQ(value, 0);
    }
}

TEST(Matrix, ACopyIsAReference) {
    Matrix matrix(2, 2);
    Matrix copy = matrix;
    copy.row(1)[0] = 7;
    EXPECT_EQ(matrix.row(1)[0], 7);
    Matrix apart = matrix.to_host();
    apart.row(1)[0] = 8;
    EXPECT_EQ(matrix.row(1)[0], 7);
}

TEST(Matrix, BadSizesAndRowsAreRefused) {
    EXPECT_THROW(Matrix(-1, 2), InvalidArgument);
    EXPECT_THROW(Matrix(2, -1), InvalidArgument);
    EXPECT_THROW(Matrix(1LL << 60, 1LL << 60), InvalidArgument);
    Matrix matrix(2, 2);
    EXPECT_THROW(matrix.row(2), InvalidArgument);
    EXPECT_THROW(matrix.row(-1), InvalidArgument);
    float value = 0;
    EXPECT_THROW(Matrix(&value, 1, 2, 1, DType::f32, 1, {}, nullptr), InvalidArgument);
    EXPECT_THROW(Matrix(nullptr, 1, 1, 1, DType::f32, 1, {}, nullptr), InvalidArgument);
    EXPECT_TRUE(Matrix().empty());
    EXPECT_TRUE(Matrix(0, 5).to_host().empty());
}

TEST(Matrix, ToHostPacksAndScales) {
    std::vector<float> values = {1, 2, -1, 3, 4, -1};
    const Matrix view(values.data(), 2, 2, 3, DType::f32, 0.5F, {}, nullptr);
    const Matrix host = view.to_host();
    EXPECT_EQ(host.stride(), 2);
    EXPECT_EQ(host.scale(), 1);
    EXPECT_EQ(host.row(0)[1], 1.0F);
    EXPECT_EQ(host.row(1)[0], 1.5F);
    EXPECT_EQ(host.row(1)[1], 2.0F);
}

// The value of a binary16 pattern, from its definition.
double half_value(unsigned bits) {
    const double sign = (bits >> 15) != 0 ? -1.0 : 1.0;
    const int exponent = static_cast<int>((bits >> 10) & 31U);
    const int fraction = static_cast<int>(bits & 1023U);
    if (exponent == 31) return fraction != 0 ? std::nan("") : sign * INFINITY;
    if (exponent == 0) return sign * std::ldexp(fraction, -24);
    return sign * std::ldexp(1024 + fraction, exponent - 25);
}

TEST(Matrix, EveryHalfIsWidenedExactly) {
    std::vector<std::uint16_t> halves(65536);
    for (std::size_t n = 0; n < halves.size(); ++n) halves[n] = static_cast<std::uint16_t>(n);
    const Matrix view(halves.data(), 256, 256, 256, DType::f16, 1, {}, nullptr);
    EXPECT_THROW(view.row(0), InvalidArgument);
    const Matrix host = view.to_host();
    for (unsigned n = 0; n < 65536; ++n) {
        const float came = host.row(n / 256)[n % 256];
        const double wanted = half_value(n);
        if (std::isnan(wanted)) {
            EXPECT_TRUE(std::isnan(came));
        } else {
            ASSERT_EQ(static_cast<double>(came), wanted) << n;
            ASSERT_EQ(std::signbit(came), std::signbit(wanted)) << n;
        }
    }
}

}  // namespace
}  // namespace crosslift
