#include "support/pair_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/sppmi.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

namespace crosslift {
namespace {

using namespace testing;

constexpr std::int64_t items = 24;  // the last is never sold

std::vector<float> ages_of(const CsrMatrix& baskets) {
    std::mt19937 random(2);
    std::vector<float> ages;
    for (std::int64_t row = 0; row < baskets.rows; ++row) ages.push_back(static_cast<float>(random() % 100));
    return ages;
}

// Counted pair by pair.
double together(const CsrMatrix& baskets, const std::vector<float>& ages, double half_life, std::int32_t i,
                std::int32_t j) {
    double sum = 0;
    for (std::int64_t row = 0; row < baskets.rows; ++row) {
        const auto basket = baskets.view().row(row);
        if (!std::ranges::binary_search(basket, i) || !std::ranges::binary_search(basket, j)) continue;
        sum +=
            std::pow(2.0, -static_cast<double>(ages[idx(row)]) / half_life) / (static_cast<double>(basket.size()) - 1);
    }
    return sum;
}

double score(const SppmiModel& model, std::int32_t i, std::int32_t j) {
    std::vector<float> scores(items, 0.0F);
    add_basket_scores(model, std::vector<std::int32_t>{i}, scores);
    return static_cast<double>(scores[idx(j)]);
}

// ln(C_ij N_a / (n_i n_j^a)) - ln k + (pi + a - 1) ln(n_j / N), where the first part is positive; with all factors.
TEST(Sppmi, ScoresAreWhatCountingSays) {
    const CsrMatrix baskets = pair_shop(900, items, 4);
    const std::vector<float> ages = ages_of(baskets);
    SppmiOptions options;
    options.factors = items;
    options.shift = 0.8;
    options.smoothing = 0.6;
    options.popularity = 0.7;
    options.half_life_days = 40;
    const SppmiModel model = fit_sppmi(baskets, ages, options);
    std::vector<double> totals(items, 0.0);
    double all = 0, smoothed = 0;
    for (std::int32_t i = 0; i < items; ++i) {
        for (std::int32_t j = 0; j < items; ++j)
            if (j != i) totals[idx(i)] += together(baskets, ages, 40, i, j);
        all += totals[idx(i)];
        smoothed += totals[idx(i)] > 0 ? std::pow(totals[idx(i)], 0.6) : 0.0;
    }
    for (std::int32_t i = 0; i + 1 < items; ++i) {
        for (std::int32_t j = 0; j + 1 < items; ++j) {
            const double count = i == j ? 0.0 : together(baskets, ages, 40, i, j);
            const double beyond =
                count > 0 ? std::log(count * smoothed / (totals[idx(i)] * std::pow(totals[idx(j)], 0.6)) / 0.8) : 0.0;
            EXPECT_NEAR(score(model, i, j), std::max(beyond, 0.0) + 0.3 * std::log(totals[idx(j)] / all), 1e-4)
                << i << ", " << j;
        }
        EXPECT_EQ(score(model, i, items - 1), -std::numeric_limits<double>::infinity());
    }
}

TEST(Sppmi, MatesComeFirstAndPopularityLiftsBestSellers) {
    const CsrMatrix baskets = pair_shop(20000, 61, 5);
    const std::vector<std::int64_t> counts = counts_of(baskets);
    double sold[2] = {};
    for (const int popular : {0, 1}) {
        SppmiOptions options;
        options.factors = 60;  // pairs have no structure that fewer could hold
        options.popularity = popular;
        const SppmiModel model = fit_sppmi(baskets, {}, options);
        int found = 0;
        for (std::int32_t item = 0; item < 50; ++item) {
            std::vector<float> scores(61, 0.0F);
            add_basket_scores(model, std::vector<std::int32_t>{item}, scores);
            scores[idx(item)] = -100;
            const auto best = std::ranges::max_element(scores) - scores.begin();
            found += best == (item ^ 1) ? 1 : 0;
            scores[idx(best)] = -100;
            const auto second = std::ranges::max_element(scores) - scores.begin();
            sold[popular] += static_cast<double>(counts[idx(second)]);
        }
        if (popular == 0) {
            EXPECT_GE(found, 48);
        }
    }
    EXPECT_GT(sold[1], 1.25 * sold[0]);
}

TEST(Sppmi, RefusesWhatDoesNotFit) {
    const CsrMatrix baskets = pair_shop(50, 9, 1);
    const auto refused = [&](const std::function<void(SppmiOptions&)>& change) {
        SppmiOptions options;
        change(options);
        EXPECT_THROW(fit_sppmi(baskets, {}, options), InvalidArgument);
    };
    refused([](SppmiOptions& o) { o.factors = 0; });
    refused([](SppmiOptions& o) { o.shift = 0; });
    refused([](SppmiOptions& o) { o.smoothing = 1.5; });
    refused([](SppmiOptions& o) { o.popularity = -0.1; });
    refused([](SppmiOptions& o) { o.half_life_days = 5; });
    EXPECT_THROW(fit_sppmi(baskets, std::vector<float>(3, 0.0F)), InvalidArgument);
    EXPECT_THROW(fit_sppmi(baskets, std::vector<float>(50, NAN)), InvalidArgument);

    const SppmiModel model = fit_sppmi(baskets, {});
    std::vector<float> scores(9, 0.0F);
    EXPECT_THROW(add_basket_scores(model, std::vector<std::int32_t>{9}, scores), InvalidArgument);
    scores.pop_back();
    EXPECT_THROW(add_basket_scores(model, std::vector<std::int32_t>{0}, scores), InvalidArgument);
}

TEST(Sppmi, ReportsAndStops) {
    const CsrMatrix baskets = pair_shop(500, 31, 2);
    int steps = 0;
    fit_sppmi(baskets, {}, {}, {.on_step = [&](const ProgressEvent&) { ++steps; }, .stop = {}});
    EXPECT_EQ(steps, 2);
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(fit_sppmi(baskets, {}, {}, {.on_step = {}, .stop = source.get_token()}), Stopped);
}

}  // namespace
}  // namespace crosslift
