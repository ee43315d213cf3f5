// The normal quantile against bisection of the distribution function.
#include "formulas/normal.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace crosslift::formulas {
namespace {

double quantile_by_bisection(double p) {
    double low = -40;
    double high = 40;
    for (int step = 0; step < 200; ++step) {
        const double middle = 0.5 * (low + high);
        (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
    }
    return 0.5 * (low + high);
}

TEST(Normal, QuantileInvertsTheDistributionFunction) {
    for (const double p : {1e-300, 1e-100, 1e-20, 1e-12, 1e-6, 1e-3, 0.02, 0.0749, 0.0751, 0.2, 0.4, 0.5, 0.6, 0.9249,
                           0.9251, 0.99, 0.999, 0.99999}) {
        const double wanted = quantile_by_bisection(p);
        EXPECT_NEAR(normal_quantile(p), wanted, 1e-9 * std::max(1.0, std::abs(wanted))) << p;
    }
    EXPECT_DOUBLE_EQ(normal_quantile(0.5), 0.0);
}

TEST(Normal, KnownValues) {
    EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
    EXPECT_NEAR(normal_cdf(1.0), 0.841344746068543, 1e-14);
}

}  // namespace
}  // namespace crosslift::formulas
