#include "support/pair_shop.hpp"

#include <crosslift/complement.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace crosslift {
namespace {

using namespace testing;

// in_i . out_j + residual_ij in float64, a full table.
std::vector<double> served(const ComplementModel& model) {
    const std::int64_t items = model.in_factors.rows();
    std::vector<double> table(idx(items * items), 0.0);
    for (std::int64_t i = 0; i < items; ++i) {
        for (std::int64_t j = 0; j < items; ++j)
            for (std::int64_t f = 0; f < model.in_factors.cols(); ++f)
                table[idx(i * items + j)] += static_cast<double>(model.in_factors.row(i)[idx(f)]) *
                                             static_cast<double>(model.out_factors.row(j)[idx(f)]);
        const CsrView residuals = model.residuals;
        for (std::size_t n = 0; n < residuals.row(i).size(); ++n)
            table[idx(i * items + residuals.row(i)[n])] += static_cast<double>(residuals.row_values(i)[n]);
    }
    return table;
}

// sum of w_i^2 (served - exact)^2 off the diagonal, and the same of the exact weights alone.
std::pair<double, double> weighted_error(const ComplementModel& model, const EaseModel& exact,
                                         const std::vector<std::int64_t>& counts) {
    const std::vector<double> table = served(model);
    const std::int64_t items = exact.weights.rows();
    double error = 0, whole = 0;
    for (std::int64_t i = 0; i < items; ++i)
        for (std::int64_t j = 0; j < items; ++j) {
            if (i == j) continue;
            const double weight = std::pow(static_cast<double>(std::max<std::int64_t>(counts[idx(i)], 1)), 0.7);
            const double truth = static_cast<double>(exact.weights.row(i)[idx(j)]);
            error += weight * std::pow(table[idx(i * items + j)] - truth, 2);
            whole += weight * truth * truth;
        }
    return {error, whole};
}

TEST(ComplementCompression, EveryResidualKeptIsTheExactModel) {
    const CsrMatrix baskets = pair_shop(800, 37, 1);
    for (const int factors : {0, 5}) {
        const ComplementOptions options = untuned(factors, 37);
        const ComplementModel model = fit_complement(baskets, {}, {}, options);
        const EaseModel exact = fit_ease(baskets, {}, options.ease);
        const std::vector<std::int32_t> basket = {0, 3, 8, 21};
        std::vector<float> scores(37, 1.0F);
        add_basket_scores(model, basket, scores);
        const std::vector<double> expected = exact_scores(exact, basket);
        for (std::size_t j = 0; j < scores.size(); ++j) {
            if (std::ranges::count(basket, static_cast<std::int32_t>(j)) > 0) continue;  // the diagonal means nothing
            EXPECT_NEAR(static_cast<double>(scores[j]), 1.0 + expected[j], 1e-5)
                << "factors " << factors << ", item " << j;
        }
    }
}

TEST(ComplementCompression, EmbeddingsAloneOfFullRankAreTheExactModel) {
    const CsrMatrix baskets = pair_shop(800, 37, 2);
    const ComplementOptions options = untuned(37, 0);
    const ComplementModel model = fit_complement(baskets, {}, {}, options);
    EXPECT_TRUE(model.residuals.indices.empty());
    const auto [error, whole] = weighted_error(model, fit_ease(baskets, {}, options.ease), counts_of(baskets));
    EXPECT_LT(error, 2e-4 * whole);  // float32 gram matrices lose singular values below 1e-3 of the largest
}

// The best rank-d error of a matrix by power iteration with deflation, in float64.
double best_error(std::vector<double> a, std::size_t n, int rank) {
    std::mt19937 random(3);
    for (int d = 0; d < rank; ++d) {
        std::vector<double> v(n), u(n);
        for (double& x : v) x = static_cast<double>(random() % 1000) / 1000 - 0.5;
        for (int step = 0; step < 500; ++step) {
            for (std::size_t i = 0; i < n; ++i)
                u[i] = std::inner_product(v.begin(), v.end(), a.begin() + static_cast<std::ptrdiff_t>(i * n), 0.0);
            std::ranges::fill(v, 0.0);
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j < n; ++j) v[j] += a[i * n + j] * u[i];
            const double norm = std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
            for (double& x : v) x /= norm;
        }
        for (std::size_t i = 0; i < n; ++i)
            u[i] = std::inner_product(v.begin(), v.end(), a.begin() + static_cast<std::ptrdiff_t>(i * n), 0.0);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j) a[i * n + j] -= u[i] * v[j];
    }
    return std::inner_product(a.begin(), a.end(), a.begin(), 0.0);
}

TEST(ComplementCompression, EmbeddingsAreTheBestOfTheirRank) {
    const CsrMatrix baskets = pair_shop(1500, 61, 4);
    const std::vector<std::int64_t> counts = counts_of(baskets);
    const ComplementOptions options = untuned(8, 0);
    const EaseModel exact = fit_ease(baskets, {}, options.ease);
    const std::size_t n = 61;
    std::vector<double> weighted(n * n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            weighted[i * n + j] = std::pow(static_cast<double>(std::max<std::int64_t>(counts[i], 1)), 0.35) *
                                  static_cast<double>(exact.weights.row(static_cast<std::int64_t>(i))[j]);
    const double best = best_error(weighted, n, 8);
    // The optimum counts the diagonal too, which the weighted error leaves out.
    EXPECT_LT(weighted_error(fit_complement(baskets, {}, {}, options), exact, counts).first, 1.02 * best);
}

TEST(ComplementCompression, ResidualsAreTheLargestWeightedCells) {
    const CsrMatrix baskets = pair_shop(900, 41, 5);
    const std::vector<std::int64_t> counts = counts_of(baskets);
    const ComplementOptions options = untuned(0, 6);
    const ComplementModel model = fit_complement(baskets, {}, {}, options);
    const EaseModel exact = fit_ease(baskets, {}, options.ease);
    std::vector<double> size;
    for (std::int64_t i = 0; i < 41; ++i)
        for (std::int64_t j = 0; j < 41; ++j)
            if (i != j)
                size.push_back(std::pow(static_cast<double>(counts[idx(i)]), 0.35) *
                               std::abs(static_cast<double>(exact.weights.row(i)[idx(j)])));
    std::ranges::sort(size, std::greater<>());
    const double bar = size[6 * 40 - 1];  // six for each item that was sold
    EXPECT_EQ(model.residuals.indices.size(), 6U * 40U);
    for (std::int64_t i = 0; i < 41; ++i)
        for (std::size_t n = 0; n < model.residuals.view().row(i).size(); ++n) {
            const std::int32_t j = model.residuals.view().row(i)[n];
            const double value = static_cast<double>(exact.weights.row(i)[idx(j)]);
            EXPECT_NEAR(static_cast<double>(model.residuals.view().row_values(i)[n]), value, 1e-6);
            EXPECT_GE(std::pow(static_cast<double>(counts[idx(i)]), 0.35) * std::abs(value), bar * (1 - 1e-5));
        }
    check(model.residuals);
}

TEST(ComplementCompression, MoreOfEitherPartServesBetter) {
    const CsrMatrix baskets = pair_shop(1500, 61, 6);
    const std::vector<std::int64_t> counts = counts_of(baskets);
    const EaseModel exact = fit_ease(baskets, {}, untuned(0, 1).ease);
    const auto error = [&](int factors, double residuals) {
        return weighted_error(fit_complement(baskets, {}, {}, untuned(factors, residuals)), exact, counts).first;
    };
    EXPECT_GT(error(4, 0), error(16, 0));
    EXPECT_GT(error(0, 4), error(0, 8));
    EXPECT_GT(error(0, 4), error(8, 4));
    EXPECT_GT(error(8, 0), error(8, 4));
}

}  // namespace
}  // namespace crosslift
