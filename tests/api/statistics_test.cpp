// Sign-flip tests against full enumeration and the normal law, Holm's correction against a worked example.
#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>
#include <crosslift/statistics.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace crosslift {
namespace {

/// Share of all sign patterns whose sum is as far from 0, by recursion.
double enumerate(const std::vector<double>& d, double seen, std::size_t n = 0, double sum = 0) {
    if (n == d.size()) return std::abs(sum) >= std::abs(seen) - 1e-9 ? 1 : 0;
    return (enumerate(d, seen, n + 1, sum + d[n]) + enumerate(d, seen, n + 1, sum - d[n])) / 2;
}

TEST(SignFlip, FewClustersAreCountedExactly) {
    std::mt19937_64 random(3);
    std::normal_distribution<double> normal(0.4, 1);
    for (const std::size_t clusters : {1U, 4U, 9U, 13U}) {
        std::vector<double> rows;
        std::vector<double> first, second;
        for (std::size_t c = 0; c < clusters; ++c) {
            first.push_back(normal(random));
            second.push_back(c % 3 == 0 ? 0 : std::round(normal(random)));
            rows.insert(rows.end(), {first.back(), second.back()});
        }
        const auto sum = [](const std::vector<double>& d) {
            double total = 0;
            for (const double x : d) total += x;
            return total;
        };
        const auto p = sign_flip_tests(rows, 2, 0);
        EXPECT_NEAR(p[0], enumerate(first, sum(first)), 1e-12) << clusters;
        EXPECT_NEAR(p[1], enumerate(second, sum(second)), 1e-12) << clusters;
    }
}

TEST(SignFlip, ManyClustersAgreeWithTheNormalLaw) {
    std::mt19937_64 random(5);
    std::normal_distribution<double> normal(0.1, 1);
    std::vector<double> differences;
    double sum = 0;
    double square = 0;
    for (int c = 0; c < 400; ++c) {
        differences.push_back(normal(random));
        sum += differences.back();
        square += differences.back() * differences.back();
    }
    const double wanted = std::erfc(std::abs(sum) / std::sqrt(square) / std::sqrt(2));
    EXPECT_NEAR(sign_flip_tests(differences, 1, 20000)[0], wanted, 4 * std::sqrt(wanted / 20000) + 1e-4);
}

TEST(SignFlip, UnderTheNullHypothesisSmallValuesAreRare) {
    std::mt19937_64 random(8);
    std::normal_distribution<double> normal;
    std::vector<double> differences;
    constexpr int tests = 400;
    for (int n = 0; n < 40 * tests; ++n) differences.push_back(normal(random));
    const auto p = sign_flip_tests(differences, tests, 999);
    const double rare = static_cast<double>(std::count_if(p.begin(), p.end(), [](double x) { return x <= 0.05; }));
    EXPECT_NEAR(rare / tests, 0.05, 0.035);
}

TEST(SignFlip, ThreadsDoNotMatterAndSeedsDo) {
    std::vector<double> differences;
    for (int n = 0; n < 60; ++n) differences.push_back(n % 7 - 2.5);
    EXPECT_EQ(sign_flip_tests(differences, 2, 1000, 1, 1), sign_flip_tests(differences, 2, 1000, 1, 3));
    EXPECT_NE(sign_flip_tests(differences, 2, 1000, 1, 1), sign_flip_tests(differences, 2, 1000, 2, 1));
}

TEST(SignFlip, NoDifferenceIsNoEvidence) {
    EXPECT_EQ(sign_flip_tests(std::vector<double>(50, 0.0), 1)[0], 1);
    EXPECT_TRUE(std::isnan(sign_flip_tests({}, 1)[0]));
    EXPECT_TRUE(std::isnan(sign_flip_tests(std::vector<double>(50, 1.0), 1, 0)[0]));
}

TEST(SignFlip, WhatCannotBeTestedIsRefused) {
    EXPECT_THROW(sign_flip_tests(std::vector<double>(5, 1.0), 2), InvalidArgument);
    EXPECT_THROW(sign_flip_tests(std::vector<double>(5, 1.0), 0), InvalidArgument);
    EXPECT_THROW(sign_flip_tests(std::vector<double>(5, 1.0), 1, -1), InvalidArgument);
    EXPECT_THROW(sign_flip_tests(std::vector<double>{1.0, NAN}, 1), InvalidArgument);
}

TEST(Holm, AWorkedExample) {
    // Sorted .005 x 4, .01 x 3, .03 x 2, .04 x 1: .02, .03, .06, and .04 is lifted to .06.
    const std::vector<double> p = {0.01, 0.04, 0.03, 0.005};
    const auto adjusted = holm(p);
    EXPECT_NEAR(adjusted[0], 0.03, 1e-12);
    EXPECT_NEAR(adjusted[1], 0.06, 1e-12);
    EXPECT_NEAR(adjusted[2], 0.06, 1e-12);
    EXPECT_NEAR(adjusted[3], 0.02, 1e-12);
}

TEST(Holm, NeverAboveOneAndUnknownStaysUnknown) {
    const std::vector<double> p = {0.9, std::numeric_limits<double>::quiet_NaN(), 0.8};
    const auto adjusted = holm(p);
    EXPECT_EQ(adjusted[0], 1);
    EXPECT_TRUE(std::isnan(adjusted[1]));
    EXPECT_EQ(adjusted[2], 1);
}

TEST(Goals, AboveOneNeedTheLowerBoundToo) {
    EXPECT_TRUE(reaches({1.03, 1.001, 1.06}, 1.03));
    EXPECT_FALSE(reaches({1.05, 0.99, 1.1}, 1.03));
    EXPECT_FALSE(reaches({1.02, 1.01, 1.03}, 1.03));
    EXPECT_TRUE(reaches({1.0, 0.9, 1.1}, 1.0));
    EXPECT_TRUE(reaches({0.98, 0.9, 1.1}, 0.98));
    EXPECT_FALSE(reaches({0.979, 0.9, 1.1}, 0.98));
    EXPECT_FALSE(reaches({1.05, NAN, NAN}, 1.03));
}

}  // namespace
}  // namespace crosslift
