#include "support/pair_shop.hpp"

#include <crosslift/cold_start.hpp>
#include <crosslift/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace crosslift {
namespace {

using namespace testing;
using Table = std::vector<std::vector<double>>;

constexpr std::int64_t items = 31;  // the last is never sold

// Two or three of nine features each, and prices for two thirds of the items.
ItemContent random_content(std::uint32_t seed) {
    std::mt19937 random(seed);
    ItemContent content;
    content.features.rows = items;
    content.features.cols = 9;
    for (std::int64_t item = 0; item < items; ++item) {
        std::vector<std::int32_t> features;
        for (int n = 0; n < 3; ++n) features.push_back(static_cast<std::int32_t>(random() % 9));
        std::ranges::sort(features);
        features.erase(std::ranges::unique(features).begin(), features.end());
        for (const std::int32_t feature : features) {
            content.features.indices.push_back(feature);
            content.features.values.push_back(1 / std::sqrt(static_cast<float>(features.size())));
        }
        content.features.indptr.push_back(static_cast<std::int64_t>(content.features.indices.size()));
        content.log_price.push_back(item % 3 == 0 ? std::numeric_limits<float>::quiet_NaN()
                                                  : static_cast<float>(random() % 100) / 40);
    }
    return content;
}

double similarity(const ItemContent& content, std::int64_t i, std::int64_t j) {
    double sum = 0;
    const CsrView features = content.features;
    for (std::size_t n = 0; n < features.row(i).size(); ++n)
        for (std::size_t m = 0; m < features.row(j).size(); ++m)
            if (features.row(i)[n] == features.row(j)[m])
                sum += static_cast<double>(features.row_values(i)[n]) * static_cast<double>(features.row_values(j)[m]);
    double mean = 0, known = 0;
    for (const float price : content.log_price) {
        if (std::isnan(price)) continue;
        mean += static_cast<double>(price);
        known += 1;
    }
    const auto price = [&](std::int64_t item) {
        const auto value = static_cast<double>(content.log_price[idx(item)]);
        return std::isnan(value) ? mean / known : value;
    };
    return sum * std::exp(-std::pow(price(i) - price(j), 2) / (2 * 0.7 * 0.7));
}

// Solves x A = b for a symmetric A by elimination with pivoting.
std::vector<double> solve(Table a, std::vector<double> b) {
    const std::size_t n = b.size();
    for (std::size_t p = 0; p < n; ++p) {
        std::size_t best = p;
        for (std::size_t r = p; r < n; ++r)
            if (std::abs(a[r][p]) > std::abs(a[best][p])) best = r;
        std::swap(a[p], a[best]);
        std::swap(b[p], b[best]);
        for (std::size_t r = 0; r < n; ++r) {
            if (r == p) continue;
            const double factor = a[r][p] / a[p][p];
            for (std::size_t c = p; c < n; ++c) a[r][c] -= factor * a[p][c];
            b[r] -= factor * b[p];
        }
    }
    for (std::size_t p = 0; p < n; ++p) b[p] /= a[p][p];
    return b;
}

Table weights_of(const ComplementModel& model) {
    Table table(idx(items), std::vector<double>(idx(items), 0.0));
    for (std::int64_t i = 0; i < items; ++i) {
        for (std::int64_t j = 0; j < items; ++j)
            for (std::int64_t f = 0; f < model.in_factors.cols(); ++f)
                table[idx(i)][idx(j)] += static_cast<double>(model.in_factors.row(i)[idx(f)]) *
                                         static_cast<double>(model.out_factors.row(j)[idx(f)]);
        const CsrView residuals = model.residuals;
        for (std::size_t n = 0; n < residuals.row(i).size(); ++n)
            table[idx(i)][idx(residuals.row(i)[n])] += static_cast<double>(residuals.row_values(i)[n]);
    }
    return table;
}

// The formulas of cold_start.hpp in float64, over all relatives and cells.
struct Reference {
    std::vector<std::int64_t> modelled, cold;
    std::vector<double> share;
    double weight = 0;
    Table table;

    Reference(const ComplementModel& before, const CsrMatrix& baskets, const ItemContent& content, double ridge) {
        const std::vector<std::int64_t> counts = counts_of(baskets);
        for (std::int64_t item = 0; item < items; ++item)
            (counts[idx(item)] >= before.options.min_baskets ? modelled : cold).push_back(item);
        const double total = count_baskets(baskets);
        find_weight(baskets, content, counts, total);
        table = weights_of(before);
        const Table old = table;
        share.assign(idx(items), 0.0);
        Table mixture(idx(items));
        for (const std::int64_t c : cold) {
            mixture[idx(c)] = mixture_of(content, c, ridge);
            double sold = 0;
            for (std::size_t k = 0; k < modelled.size(); ++k)
                sold += mixture[idx(c)][k] * static_cast<double>(counts[idx(modelled[k])]) / total;
            share[idx(c)] = 3 / (3 + std::max(sold, 0.0) * since_first_sale(baskets, c));
        }
        const auto damping = [&](std::int64_t item) {
            return std::pow(static_cast<double>(counts[idx(item)]), -before.options.ease.damping);
        };
        double usual = 0;
        for (const std::int64_t item : modelled) usual += damping(item) / static_cast<double>(modelled.size());
        for (const std::int64_t c : cold) {
            const auto& a = mixture[idx(c)];
            for (const std::int64_t w : modelled) {
                double in = 0, out = 0, untold = std::pow(similarity(content, c, w), 2);
                for (std::size_t k = 0; k < modelled.size(); ++k) {
                    if (modelled[k] == w) continue;  // an item says nothing about itself
                    in += a[k] * old[idx(modelled[k])][idx(w)];
                    out += a[k] * old[idx(w)][idx(modelled[k])];
                    untold -= a[k] * std::pow(similarity(content, modelled[k], w), 2);
                }
                table[idx(c)][idx(w)] = in + weight * damping(w) * untold;
                table[idx(w)][idx(c)] = share[idx(c)] * (out + weight * usual * untold);
            }
        }
    }

    static double count_baskets(const CsrMatrix& baskets) {
        double total = 0;
        for (std::int64_t row = 0; row < baskets.rows; ++row) total += baskets.view().row(row).size() > 1 ? 1 : 0;
        return total;
    }

    static double since_first_sale(const CsrMatrix& baskets, std::int64_t item) {
        double since = 0;
        bool sold = false;
        for (std::int64_t row = 0; row < baskets.rows; ++row) {
            const auto basket = baskets.view().row(row);
            if (basket.size() < 2) continue;
            sold = sold || std::ranges::count(basket, static_cast<std::int32_t>(item)) > 0;
            since += sold ? 1 : 0;
        }
        return since;
    }

    void find_weight(const CsrMatrix& baskets, const ItemContent& content, const std::vector<std::int64_t>& counts,
                     double total) {
        double together = 0, squares = 0;
        for (std::int64_t row = 0; row < baskets.rows; ++row) {
            const auto basket = baskets.view().row(row);
            if (basket.size() < 2) continue;
            for (std::int64_t j = 0; j < items; ++j) {
                double sum = 0;
                for (const std::int32_t i : basket)
                    if (i != j) sum += std::pow(similarity(content, i, j), 2);
                const double bought = std::ranges::count(basket, static_cast<std::int32_t>(j)) > 0 ? 1 : 0;
                together += sum * (bought - static_cast<double>(counts[idx(j)]) / total);
                squares += sum * sum;
            }
        }
        weight = std::max(together / squares, 0.0);
    }

    std::vector<double> mixture_of(const ItemContent& content, std::int64_t item, double ridge) const {
        Table matrix(modelled.size(), std::vector<double>(modelled.size()));
        std::vector<double> right(modelled.size());
        for (std::size_t k = 0; k < modelled.size(); ++k) {
            right[k] = similarity(content, item, modelled[k]);
            for (std::size_t m = 0; m < modelled.size(); ++m)
                matrix[k][m] = k == m ? 1 + ridge : similarity(content, modelled[k], modelled[m]);
        }
        return solve(matrix, right);
    }
};

ComplementOptions with_cold_items(int factors, std::int64_t min_baskets) {
    ComplementOptions options = untuned(factors, static_cast<double>(items));
    options.min_baskets = min_baskets;
    return options;
}

constexpr ColdStartOptions everything = {.regularization = 0.5, .relatives = 31, .residuals = 31};

TEST(ColdStart, NewItemsScoreAsTheFormulaSays) {
    const CsrMatrix baskets = pair_shop(400, items, 3);
    const ItemContent content = random_content(5);
    for (const int factors : {0, 4}) {
        const ComplementModel before = fit_complement(baskets, {}, {}, with_cold_items(factors, 25));
        const Reference expected(before, baskets, content, everything.regularization);
        ASSERT_GE(expected.cold.size(), 4U);
        ASSERT_GE(expected.modelled.size(), 15U);
        const ComplementModel after = add_cold_items(before, baskets, {}, content, everything);
        EXPECT_EQ(after.cold_items, static_cast<std::int64_t>(expected.cold.size()));
        EXPECT_NEAR(after.similarity_weight, expected.weight, 1e-5);
        EXPECT_GT(expected.weight, 0);
        const Table table = weights_of(after);
        for (const std::int64_t c : expected.cold) {
            EXPECT_EQ(after.intercept[idx(c)], before.intercept[idx(c)]) << c;
            for (const std::int64_t w : expected.modelled) {
                EXPECT_NEAR(table[idx(c)][idx(w)], expected.table[idx(c)][idx(w)], 2e-5) << c << " in, " << w;
                EXPECT_NEAR(table[idx(w)][idx(c)], expected.table[idx(w)][idx(c)], 2e-5) << c << " out, " << w;
            }
        }
    }
}

TEST(ColdStart, WhatIsModelledStaysAsItIs) {
    const CsrMatrix baskets = pair_shop(400, items, 3);
    const ComplementModel before = fit_complement(baskets, {}, {}, with_cold_items(4, 25));
    const Table untouched = weights_of(before);
    const ComplementModel after = add_cold_items(before, baskets, {}, random_content(5));
    const std::vector<std::int64_t> counts = counts_of(baskets);
    const Table old = weights_of(before), now = weights_of(after);
    EXPECT_EQ(untouched, weights_of(before));
    for (std::int64_t i = 0; i < items; ++i) {
        if (counts[idx(i)] < 25) continue;
        EXPECT_EQ(before.intercept[idx(i)], after.intercept[idx(i)]);
        for (std::int64_t j = 0; j < items; ++j) {
            if (counts[idx(j)] >= 25) {
                EXPECT_EQ(old[idx(i)][idx(j)], now[idx(i)][idx(j)]);
            }
        }
    }
    check(after.residuals);
}

TEST(ColdStart, LikenessCountsAsOftenAsAskedFor) {
    const CsrMatrix baskets = pair_shop(400, items, 3);
    const ItemContent content = random_content(5);
    const ComplementModel before = fit_complement(baskets, {}, {}, with_cold_items(0, 25));
    const auto placed = [&](double similarity) {
        return add_cold_items(
            before, baskets, {}, content,
            {.regularization = 0.5, .relatives = 31, .residuals = 31, .tune = false, .similarity = similarity});
    };
    const Table none = weights_of(placed(0)), once = weights_of(placed(1)), thrice = weights_of(placed(3));
    EXPECT_NEAR(placed(3).similarity_weight, 3 * placed(1).similarity_weight, 1e-12);
    double moved = 0;
    for (std::size_t i = 0; i < once.size(); ++i)
        for (std::size_t j = 0; j < once.size(); ++j) {
            EXPECT_NEAR(thrice[i][j] - none[i][j], 3 * (once[i][j] - none[i][j]), 1e-5);
            moved += std::abs(once[i][j] - none[i][j]);
        }
    EXPECT_GT(moved, 0.01);
}

// The item that was never sold is a twin, by content, of item 0, which draws item 1.
TEST(ColdStart, ATwinOfASoldItemGoesWithTheSame) {
    const CsrMatrix baskets = pair_shop(600, items, 7);
    ItemContent content;
    content.features.rows = content.features.cols = items;
    for (std::int32_t item = 0; item < items; ++item) {
        content.features.indices.push_back(item == items - 1 ? 0 : item);
        content.features.values.push_back(1);
        content.features.indptr.push_back(item + 1);
    }
    const ComplementModel model =
        add_cold_items(fit_complement(baskets, {}, {}, with_cold_items(0, 3)), baskets, {}, content);
    const Table table = weights_of(model);
    const auto& row = table[idx(items - 1)];
    EXPECT_EQ(std::ranges::max_element(row.begin() + 1, row.end()) - row.begin(), 1);
    EXPECT_NEAR(row[1], table[0][1] / 1.3, 1e-4);  // ridge 0.3 on one twin
    EXPECT_NEAR(table[1][idx(items - 1)], table[1][0] / 1.3, 1e-4);
}

TEST(ColdStart, WithoutContentOrSwitchedOffNothingChanges) {
    const CsrMatrix baskets = pair_shop(200, items, 9);
    const ComplementModel before = fit_complement(baskets, {}, {}, with_cold_items(3, 25));
    ItemContent nothing;
    nothing.features.rows = items;
    nothing.features.indptr.assign(idx(items) + 1, 0);
    for (const ComplementModel& after : {add_cold_items(before, baskets, {}, nothing),
                                         add_cold_items(before, baskets, {}, random_content(1), {.enabled = false})}) {
        EXPECT_EQ(after.cold_items, 0);
        EXPECT_EQ(weights_of(after), weights_of(before));
        EXPECT_EQ(after.intercept, before.intercept);
    }
}

// Items i and i ^ 1, which draw each other, are alike.
TEST(ColdStart, WhereNothingIsModelledLikenessAloneSpeaks) {
    const CsrMatrix baskets = pair_shop(40, items, 11);
    ItemContent pairs;
    pairs.features.rows = pairs.features.cols = items;
    for (std::int32_t item = 0; item < items; ++item) {
        pairs.features.indices.push_back(item / 2);
        pairs.features.values.push_back(1);
        pairs.features.indptr.push_back(item + 1);
    }
    const ComplementModel before = fit_complement(baskets, {}, {}, with_cold_items(3, 1000));
    const ComplementModel model = add_cold_items(before, baskets, {}, pairs);
    EXPECT_EQ(model.cold_items, items);
    EXPECT_GT(model.similarity_weight, 0.1);
    const Table table = weights_of(model);
    for (std::int64_t i = 0; i + 1 < items; ++i)
        for (std::int64_t j = 0; j < items; ++j)
            EXPECT_NEAR(table[idx(i)][idx(j)], (i ^ 1) == j ? model.similarity_weight : 0, 1e-6) << i << ' ' << j;
}

TEST(ColdStart, RefusesWhatDoesNotFit) {
    const CsrMatrix baskets = pair_shop(100, items, 9);
    const ComplementModel model = fit_complement(baskets, {}, {}, with_cold_items(3, 3));
    const ItemContent content = random_content(1);
    const std::vector<std::int64_t> time = {1, 2};
    EXPECT_THROW(add_cold_items(model, pair_shop(100, 20, 1), {}, content), InvalidArgument);
    EXPECT_THROW(add_cold_items(model, baskets, time, content), InvalidArgument);
    const std::vector<float> ages = {1, 2};
    const std::vector<std::int32_t> lines = {1, 2};
    EXPECT_THROW(add_cold_items(model, baskets, {}, content, {}, {}, ages), InvalidArgument);
    EXPECT_THROW(add_cold_items(model, baskets, {}, content, {}, {}, {}, lines), InvalidArgument);
    EXPECT_THROW(add_cold_items(model, baskets, {}, {}), InvalidArgument);
    EXPECT_THROW(add_cold_items(model, baskets, {}, content, {.regularization = 0}), InvalidArgument);
    EXPECT_THROW(add_cold_items(model, baskets, {}, content, {.relatives = 0}), InvalidArgument);
    EXPECT_THROW(add_cold_items(model, baskets, {}, content, {.residuals = -1}), InvalidArgument);
    EXPECT_THROW(add_cold_items(model, baskets, {}, content, {.similarity = -1}), InvalidArgument);
    Progress stopped;
    std::stop_source source;
    source.request_stop();
    stopped.stop = source.get_token();
    const ComplementModel with_new = fit_complement(baskets, {}, {}, with_cold_items(3, 25));
    EXPECT_THROW(add_cold_items(with_new, baskets, {}, content, {}, stopped), Stopped);
}

}  // namespace
}  // namespace crosslift
