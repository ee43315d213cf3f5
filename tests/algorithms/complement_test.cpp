#include "support/pair_shop.hpp"
#include "support/temporary_folder.hpp"

#include <crosslift/complement.hpp>
#include <crosslift/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

namespace crosslift {
namespace {

using namespace testing;

// HR@10 by the words of the protocol: each item of each basket among the newest 11 % is hidden once.
double plain_hit_rate(const CsrMatrix& baskets, const EaseModel& model) {
    std::int64_t hits = 0, queries = 0;
    for (std::int64_t row = baskets.rows - baskets.rows * 11 / 100; row < baskets.rows; ++row) {
        std::vector<std::int32_t> basket;
        for (const std::int32_t item : baskets.view().row(row)) basket.push_back(item);
        if (basket.size() < 2) continue;
        for (const std::int32_t target : basket) {
            std::vector<std::int32_t> rest;
            for (const std::int32_t item : basket)
                if (item != target) rest.push_back(item);
            const std::vector<double> scores = exact_scores(model, rest);
            std::int64_t before = 0;
            for (std::int32_t item = 0; item < baskets.cols; ++item)
                if (std::ranges::count(rest, item) == 0 && scores[idx(item)] > scores[idx(target)]) ++before;
            ++queries;
            hits += before < 10 ? 1 : 0;
        }
    }
    return static_cast<double>(hits) / static_cast<double>(queries);
}

TEST(Complement, TrialsAreJudgedAsTheProtocolSays) {
    CsrMatrix baskets = pair_shop(2500, 41, 7);
    --baskets.cols;  // the item that is never sold stays outside
    ComplementOptions options;
    options.residuals = 41;
    const ComplementModel model = fit_complement(baskets, {}, {}, options);
    ASSERT_FALSE(model.trials.empty());
    CsrMatrix older = baskets;
    older.rows = baskets.rows - baskets.rows * 11 / 100;
    older.indptr.resize(idx(older.rows) + 1);
    older.indices.resize(idx(older.indptr.back()));
    for (const ComplementTrial& trial : model.trials)
        EXPECT_NEAR(trial.validation_hr10, plain_hit_rate(baskets, fit_ease(older, {}, trial.ease)), 0.003);
    EXPECT_NEAR(model.kept_hr10, 1.0, 0.01);
    EXPECT_EQ(model.modelled_items, 40);
}

TEST(Complement, TheChosenTrialIsTheBest) {
    const CsrMatrix baskets = pair_shop(2500, 41, 8);
    std::vector<std::int64_t> time(2500);
    std::iota(time.begin(), time.end(), std::int64_t{100});
    const ComplementModel model = fit_complement(baskets, time, {}, {});
    const auto value = [](const ComplementTrial& trial) { return trial.validation_hr10 + trial.validation_ndcg; };
    const auto chosen = std::ranges::find_if(model.trials, [&](const ComplementTrial& trial) {
        const EaseOptions &a = trial.ease, &b = model.options.ease;
        return a.regularization == b.regularization && a.half_life_days == b.half_life_days &&
               a.intercept == b.intercept && a.size_exponent == b.size_exponent &&
               a.popularity_regularization == b.popularity_regularization && a.damping == b.damping;
    });
    ASSERT_NE(chosen, model.trials.end());
    for (const ComplementTrial& trial : model.trials) EXPECT_GE(value(*chosen) * 1.0021, value(trial));
    EXPECT_LE(model.trials.size(), 14U);
    EXPECT_GT(std::ranges::count_if(model.trials, [](const ComplementTrial& t) { return t.ease.half_life_days > 0; }),
              0);
}

TEST(Complement, TooFewBasketsToTuneOnTakeASafeSetting) {
    const ComplementModel model = fit_complement(pair_shop(60, 21, 9), {}, {}, {});
    EXPECT_TRUE(model.trials.empty());
    EXPECT_EQ(model.kept_hr10, 0);
    EXPECT_TRUE(model.options.ease.intercept);
    EXPECT_GT(model.modelled_items, 0);
}

TEST(Complement, RareItemsStayOutsideAndAreScoredByTheirShare) {
    const CsrMatrix baskets = pair_shop(800, 61, 10);
    const std::vector<std::int64_t> counts = counts_of(baskets);
    ComplementOptions options = untuned(4, 4);
    options.min_baskets = 20;
    options.max_items = 25;
    const ComplementModel model = fit_complement(baskets, {}, {}, options);
    EXPECT_EQ(model.modelled_items, 25);
    std::vector<std::int64_t> sorted = counts;
    std::ranges::sort(sorted, std::greater<>());
    double larger = 0;
    for (std::int64_t row = 0; row < baskets.rows; ++row) larger += baskets.view().row(row).size() > 1 ? 1 : 0;
    for (std::int64_t item = 0; item < 61; ++item) {
        if (counts[idx(item)] >= std::min<std::int64_t>(sorted[24], 20)) continue;
        const auto count = static_cast<double>(counts[idx(item)]);
        EXPECT_NEAR(static_cast<double>(model.intercept[idx(item)]), count > 0 ? std::pow(count, 0.9) / larger : 0.0,
                    1e-6);
        EXPECT_TRUE(model.residuals.view().row(item).empty());
        for (const float value : model.in_factors.row(item)) EXPECT_EQ(value, 0);
        for (const float value : model.out_factors.row(item)) EXPECT_EQ(value, 0);
        EXPECT_EQ(std::ranges::count(model.residuals.indices, static_cast<std::int32_t>(item)), 0);
    }
}

// Items in fewer baskets than asked for leave some baskets with one item only, which the closed form does not see.
TEST(Complement, InterceptsCountAmongAllBaskets) {
    const CsrMatrix baskets = pair_shop(800, 61, 10);
    const std::vector<std::int64_t> counts = counts_of(baskets);
    ComplementOptions options = untuned(4, 4);
    options.min_baskets = 60;
    const ComplementModel model = fit_complement(baskets, {}, {}, options);
    CsrMatrix kept;
    std::vector<std::int32_t> column(61, -1);
    for (std::int64_t item = 0; item < 61; ++item)
        if (counts[idx(item)] >= 60) column[idx(item)] = static_cast<std::int32_t>(kept.cols++);
    ASSERT_GE(kept.cols, 5);
    double seen = 0, all = 0;
    for (std::int64_t row = 0; row < baskets.rows; ++row) {
        for (const std::int32_t item : baskets.view().row(row))
            if (column[idx(item)] >= 0) kept.indices.push_back(column[idx(item)]);
        kept.indptr.push_back(static_cast<std::int64_t>(kept.indices.size()));
        ++kept.rows;
        seen += kept.view().row(row).size() > 1 ? 1 : 0;
        all += baskets.view().row(row).size() > 1 ? 1 : 0;
    }
    ASSERT_LT(seen, 0.9 * all);
    const EaseModel exact = fit_ease(kept, {}, options.ease);
    for (std::int64_t item = 0; item < 61; ++item)
        if (column[idx(item)] >= 0) {
            EXPECT_NEAR(static_cast<double>(model.intercept[idx(item)]),
                        static_cast<double>(exact.intercept[idx(column[idx(item)])]) * seen / all, 1e-6);
        }
}

bool same_bits(const ComplementModel& a, const ComplementModel& b) {
    const auto bytes = idx(a.in_factors.rows() * a.in_factors.cols()) * sizeof(float);
    return a.residuals.indices == b.residuals.indices && a.residuals.values == b.residuals.values &&
           a.intercept == b.intercept && std::memcmp(a.in_factors.data(), b.in_factors.data(), bytes) == 0 &&
           std::memcmp(a.out_factors.data(), b.out_factors.data(), bytes) == 0;
}

TEST(Complement, TheSameBitsAtAnyThreadCountAndOrderOfRows) {
    const CsrMatrix baskets = pair_shop(2000, 41, 11);
    std::vector<std::int64_t> time(2000);
    std::iota(time.begin(), time.end(), std::int64_t{0});
    ComplementOptions options;
    options.factors = 8;
    options.residuals = 4;
    options.ease.threads = 1;
    const ComplementModel one = fit_complement(baskets, time, {}, options);
    options.ease.threads = 3;
    EXPECT_TRUE(same_bits(one, fit_complement(baskets, time, {}, options)));

    CsrMatrix reversed;
    reversed.rows = baskets.rows;
    reversed.cols = baskets.cols;
    for (std::int64_t row = baskets.rows - 1; row >= 0; --row) {
        const auto basket = baskets.view().row(row);
        reversed.indices.insert(reversed.indices.end(), basket.begin(), basket.end());
        reversed.indptr.push_back(static_cast<std::int64_t>(reversed.indices.size()));
    }
    std::ranges::reverse(time);
    EXPECT_TRUE(same_bits(one, fit_complement(reversed, time, {}, options)));
}

TEST(Complement, NothingBoughtTogetherGivesAModelOfZeros) {
    CsrMatrix baskets;
    baskets.rows = 2;
    baskets.cols = 3;
    baskets.indptr = {0, 1, 2};
    baskets.indices = {0, 1};
    const ComplementModel model = fit_complement(baskets, {}, {}, {});
    EXPECT_EQ(model.modelled_items, 0);
    std::vector<float> scores(3, 0.0F);
    add_basket_scores(model, std::vector<std::int32_t>{0, 1}, scores);
    EXPECT_EQ(scores, std::vector<float>(3, 0.0F));
}

TEST(Complement, ReportsStepsAndStops) {
    const CsrMatrix baskets = pair_shop(2000, 31, 12);
    int last = 0, planned = 0;
    std::stop_source source;
    const Progress counting{.on_step =
                                [&](const ProgressEvent& event) {
                                    EXPECT_GT(event.step, last);
                                    last = event.step;
                                    planned = event.steps;
                                },
                            .stop = {}};
    fit_complement(baskets, {}, {}, {}, counting);
    EXPECT_EQ(last, planned);
    const Progress stopping{.on_step = [&](const ProgressEvent&) { source.request_stop(); },
                            .stop = source.get_token()};
    EXPECT_THROW(fit_complement(baskets, {}, {}, {}, stopping), Stopped);
}

TEST(Complement, SaysWhatIsWrong) {
    const CsrMatrix baskets = pair_shop(100, 11, 13);
    const auto message = [&](std::vector<std::int64_t> time, std::vector<float> ages, auto change) {
        ComplementOptions options;
        change(options);
        return message_of<InvalidArgument>([&] { fit_complement(baskets, time, ages, options); });
    };
    const auto nothing = [](ComplementOptions&) {};
    EXPECT_NE(message({1}, {}, nothing).find("time holds 1 values"), std::string::npos);
    EXPECT_NE(message({}, {1.0F}, nothing).find("age_days holds 1 values"), std::string::npos);
    EXPECT_NE(message({}, {}, [](auto& o) { o.factors = -1; }).find("factors is -1"), std::string::npos);
    EXPECT_NE(message({}, {}, [](auto& o) { o.residuals = NAN; }).find("residuals is nan"), std::string::npos);
    EXPECT_NE(message({}, {}, [](auto& o) { o.factors = 0, o.residuals = 0; }).find("both 0"), std::string::npos);
    EXPECT_NE(message({}, {}, [](auto& o) { o.min_baskets = 0; }).find("min_baskets is 0"), std::string::npos);
    EXPECT_NE(message({}, {}, [](auto& o) { o.max_items = 0; }).find("max_items is 0"), std::string::npos);
    EXPECT_NE(message({}, {}, [](auto& o) { o.tune = false, o.ease.regularization = 0; }).find("regularization"),
              std::string::npos);

    const ComplementModel model = fit_complement(baskets, {}, {}, {});
    std::vector<float> scores(11), few(10);
    EXPECT_THROW(add_basket_scores(model, std::vector<std::int32_t>{11}, scores), InvalidArgument);
    EXPECT_THROW(add_basket_scores(model, std::vector<std::int32_t>{-1}, scores), InvalidArgument);
    EXPECT_THROW(add_basket_scores(model, std::vector<std::int32_t>{0}, few), InvalidArgument);
}

}  // namespace
}  // namespace crosslift
