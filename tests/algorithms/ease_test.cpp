#include <crosslift/ease.hpp>
#include <crosslift/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace crosslift {
namespace {

CsrMatrix baskets_of(std::int64_t rows, std::int64_t items, std::uint32_t seed) {
    std::mt19937 generator(seed);
    CsrMatrix baskets;
    baskets.rows = rows;
    baskets.cols = items;
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int32_t item = 0; item < items - 1; ++item)  // the last item is never sold
            if (generator() % 100 < (row % 5 == 0 ? 2U : 15U)) baskets.indices.push_back(item);
        baskets.indptr.push_back(static_cast<std::int64_t>(baskets.indices.size()));
    }
    return baskets;
}

using Table = std::vector<std::vector<double>>;

Table inverse(Table matrix) {
    const std::size_t n = matrix.size();
    Table out(n, std::vector<double>(n, 0.0));
    for (std::size_t i = 0; i < n; ++i) out[i][i] = 1;
    for (std::size_t p = 0; p < n; ++p) {
        const double pivot = matrix[p][p];
        for (std::size_t j = 0; j < n; ++j) {
            matrix[p][j] /= pivot;
            out[p][j] /= pivot;
        }
        for (std::size_t i = 0; i < n; ++i) {
            if (i == p) continue;
            const double factor = matrix[i][p];
            for (std::size_t j = 0; j < n; ++j) {
                matrix[i][j] -= factor * matrix[p][j];
                out[i][j] -= factor * out[p][j];
            }
        }
    }
    return out;
}

/// Lines between items i and j of a basket, counted over its items; 0 where no lines are known.
double lines_between(const CsrMatrix& baskets, const std::vector<std::int32_t>& lines, std::int64_t basket,
                     std::size_t i, std::size_t j) {
    if (lines.empty()) return 0;
    const auto first = static_cast<std::size_t>(baskets.view().begin(basket));
    const auto size = baskets.view().row(basket).size();
    const auto place = [&](std::size_t n) {
        int before = 0;
        for (std::size_t other = 0; other < size; ++other) before += lines[first + other] < lines[first + n] ? 1 : 0;
        return before;
    };
    return std::abs(place(i) - place(j));
}

/// The formulas of ease.hpp on dense tables in double precision. The last row holds the intercepts.
Table reference(const CsrMatrix& baskets, const std::vector<float>& age, const EaseOptions& options,
                const std::vector<std::int32_t>& lines = {}) {
    const auto items = static_cast<std::size_t>(baskets.cols);
    const std::size_t size = items + (options.intercept ? 1 : 0);
    double cells = 0;
    double weighted = 0;
    for (std::int64_t b = 0; b < baskets.rows; ++b) {
        const auto count = static_cast<double>(baskets.view().row(b).size());
        if (count < 2) continue;
        cells += count;
        weighted += count * std::pow(count - 1, -options.size_exponent);
    }
    Table gram(size, std::vector<double>(size, 0.0));
    std::vector<double> sold(items, 0.0);
    for (std::int64_t b = 0; b < baskets.rows; ++b) {
        std::vector<std::size_t> row(baskets.view().row(b).begin(), baskets.view().row(b).end());
        if (row.size() < 2) continue;
        double weight = std::pow(static_cast<double>(row.size()) - 1, -options.size_exponent) * cells / weighted;
        if (options.half_life_days > 0)
            weight *= std::pow(2.0, -static_cast<double>(age[static_cast<std::size_t>(b)]) / options.half_life_days);
        for (const std::size_t item : row) sold[item] += 1;
        for (std::size_t i = 0; i < row.size(); ++i)
            for (std::size_t j = 0; j < row.size(); ++j) {
                const double near = std::max(0.0, 1 - lines_between(baskets, lines, b, i, j) / 6);
                gram[row[i]][row[j]] += weight * (1 - options.line_share + options.line_share * near);
            }
        if (!options.intercept) continue;
        for (const std::size_t item : row) {
            gram[item][items] += weight;
            gram[items][item] += weight;
        }
        const double windows = (static_cast<double>(row.size()) + 5) / 6;  // each has a constant of its own
        gram[items][items] += weight * (1 - options.line_share + options.line_share * windows);
    }
    for (std::size_t j = 0; j < items; ++j)
        gram[j][j] += options.regularization + options.popularity_regularization * gram[j][j];
    if (options.intercept) gram[items][items] += 1;
    const Table p = inverse(gram);
    const auto weight_of = [&](std::size_t row) { return row == items ? options.intercept_weight : 1.0; };
    Table out(items + 1, std::vector<double>(items, 0.0));
    for (std::size_t j = 0; j < items; ++j) {
        const double damping = sold[j] > 0 ? std::pow(sold[j], -options.damping) : 0.0;
        for (std::size_t i = 0; i < size; ++i) out[i][j] = i == j ? 0.0 : -p[i][j] / p[j][j] * damping * weight_of(i);
    }
    return out;
}

void expect_agreement(const CsrMatrix& baskets, const std::vector<float>& age, const EaseOptions& options,
                      const std::vector<std::int32_t>& lines = {}) {
    const EaseModel model = fit_ease(baskets, age, options, {}, lines);
    const Table wanted = reference(baskets, age, options, lines);
    const auto items = static_cast<std::size_t>(baskets.cols);
    for (std::size_t i = 0; i < items; ++i)
        for (std::size_t j = 0; j < items; ++j)
            ASSERT_NEAR(model.weights.row(static_cast<std::int64_t>(i))[j], wanted[i][j], 2e-6) << i << ", " << j;
    for (std::size_t j = 0; j < items; ++j) {
        ASSERT_NEAR(model.intercept[j], wanted[items][j], 2e-6);
        EXPECT_EQ(model.weights.row(static_cast<std::int64_t>(j))[j], 0.0F);
    }
    for (std::size_t i = 0; i < items; ++i) {
        EXPECT_EQ(model.weights.row(static_cast<std::int64_t>(items) - 1)[i], 0.0F) << "never sold";
        EXPECT_EQ(model.weights.row(static_cast<std::int64_t>(i))[items - 1], 0.0F) << "never sold";
    }
}

TEST(Ease, IsTheClosedFormOfSteck) {
    EaseOptions options;
    options.regularization = 20;
    expect_agreement(baskets_of(300, 37, 1), {}, options);
}

TEST(Ease, NeighbouringLinesWeighMore) {
    const CsrMatrix baskets = baskets_of(400, 50, 6);
    std::vector<float> age;
    for (int b = 0; b < 400; ++b) age.push_back(static_cast<float>(b % 90));
    std::vector<std::int32_t> lines;  // neither dense nor in the order of items
    for (std::size_t cell = 0; cell < baskets.indices.size(); ++cell)
        lines.push_back(static_cast<std::int32_t>(cell * 7919 % 1009));
    EaseOptions options;
    options.regularization = 10;
    options.size_exponent = 0.3;
    options.half_life_days = 40;
    options.intercept = true;
    options.intercept_weight = 1.5;
    for (const double share : {0.4, 1.0}) {
        options.line_share = share;
        expect_agreement(baskets, age, options, lines);
    }
}

TEST(Ease, LinesMustFit) {
    EaseOptions options;
    options.line_share = 0.5;
    const CsrMatrix baskets = baskets_of(30, 8, 7);
    EXPECT_THROW(fit_ease(baskets, {}, options), InvalidArgument);
    EXPECT_THROW(fit_ease(baskets, {}, options, {}, std::vector<std::int32_t>(3)), InvalidArgument);
}

TEST(Ease, GeneralFormWithEveryOption) {
    const CsrMatrix baskets = baskets_of(400, 50, 2);
    std::vector<float> age;
    for (int b = 0; b < 400; ++b) age.push_back(static_cast<float>(b % 90));
    EaseOptions options;
    options.regularization = 10;
    options.popularity_regularization = 0.3;
    options.size_exponent = 0.6;
    options.half_life_days = 30;
    options.damping = 0.4;
    expect_agreement(baskets, age, options);
    options.intercept = true;
    expect_agreement(baskets, age, options);
}

TEST(Ease, SameBitsForAnyNumberOfThreads) {
    const CsrMatrix baskets = baskets_of(500, 90, 3);
    EaseOptions options;
    options.threads = 1;
    const EaseModel one = fit_ease(baskets, {}, options);
    options.threads = 3;
    const EaseModel three = fit_ease(baskets, {}, options);
    for (std::int64_t i = 0; i < 90; ++i)
        for (std::size_t j = 0; j < 90; ++j) ASSERT_EQ(one.weights.row(i)[j], three.weights.row(i)[j]);
}

TEST(Ease, RefusesOptionsOutOfRange) {
    const CsrMatrix baskets = baskets_of(20, 6, 1);
    const auto refuse = [&](auto change) {
        EaseOptions options;
        change(options);
        EXPECT_THROW(fit_ease(baskets, {}, options), InvalidArgument);
    };
    refuse([](EaseOptions& o) { o.regularization = 0; });
    refuse([](EaseOptions& o) { o.popularity_regularization = -1; });
    refuse([](EaseOptions& o) { o.size_exponent = 2; });
    refuse([](EaseOptions& o) { o.half_life_days = -1; });
    refuse([](EaseOptions& o) { o.half_life_days = 5; });  // without ages
    refuse([](EaseOptions& o) { o.damping = 1.01; });
    EXPECT_THROW(fit_ease(baskets, std::vector<float>(3), {}), InvalidArgument);
    std::vector<float> age(20, std::nanf(""));
    EXPECT_THROW(fit_ease(baskets, age, {}), InvalidArgument);
}

TEST(Ease, StopsAndReports) {
    const CsrMatrix baskets = baskets_of(20, 6, 1);
    std::stop_source source;
    Progress progress;
    progress.stop = source.get_token();
    int events = 0;
    progress.on_step = [&](const ProgressEvent& event) {
        EXPECT_EQ(event.step, ++events);
        EXPECT_EQ(event.steps, 2);
    };
    fit_ease(baskets, {}, {}, progress);
    EXPECT_EQ(events, 2);
    source.request_stop();
    EXPECT_THROW(fit_ease(baskets, {}, {}, progress), Stopped);
}

TEST(Ease, NoItemsAndNoBasketsAreFine) {
    EXPECT_EQ(fit_ease(CsrMatrix{}, {}).weights.rows(), 0);
    CsrMatrix none;
    none.cols = 3;
    const EaseModel model = fit_ease(none, {});
    EXPECT_EQ(model.weights.row(2)[1], 0.0F);
}

}  // namespace
}  // namespace crosslift
