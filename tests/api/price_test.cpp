// Price levels against brute-force ranks; willingness to pay against dense Gaussian conditioning in float64.
#include <crosslift/error.hpp>
#include <crosslift/price.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace crosslift {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

struct Line {
    int customer, basket, item;
    float price;
};

Transactions transactions(const std::vector<Line>& lines) {
    TransactionTable table;
    for (const Line& line : lines) {
        table.customer.push_back(line.customer < 0 ? "" : "k" + std::to_string(line.customer));
        table.basket.push_back("b" + std::to_string(line.basket));
        table.item.push_back("i" + std::to_string(line.item));
        table.quantity.push_back(1);
        table.unit_price.push_back(line.price);
    }
    return Transactions(std::move(table));
}

/// Items i0, i1, ... with these leaves ("" = none) and regular prices.
Catalog catalog(const std::vector<std::string>& leaf, const std::vector<float>& price) {
    CatalogTable table;
    table.category.resize(1);
    for (std::size_t i = 0; i < leaf.size(); ++i) {
        table.item.push_back("i" + std::to_string(i));
        table.category[0].push_back(leaf[i]);
        table.price.push_back(price[i]);
    }
    return Catalog(std::move(table));
}

struct Fitted {
    Catalog catalog;
    PurchaseHistory history;
    PriceModel model;
};

Fitted fit(const std::vector<Line>& lines, const Catalog& given) {
    const Transactions bought = transactions(lines);
    Fitted fitted{given.aligned_to(bought.items(), {}), {}, {}};
    fitted.history = make_history(bought, fitted.catalog.items(), bought.customers());
    fitted.model = fit_price(fitted.history, fitted.catalog);
    return fitted;
}

double normal_cdf(double z) {
    return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

/// Posterior mean and variance of m_ul by conditioning the joint normal of (m_u, all m_ul) on every leaf's mean.
std::pair<double, double> condition(const PriceModel& model, const std::vector<double>& n, const std::vector<double>& s,
                                    std::size_t wanted) {
    const std::size_t leaves = n.size();
    std::vector<std::size_t> seen;
    for (std::size_t l = 0; l < leaves; ++l)
        if (n[l] > 0) seen.push_back(l);
    const auto prior = [&](std::size_t a, std::size_t b) {
        return model.customer_spread + (a == b ? model.leaf_spread : 0.0);
    };
    // Solve K [x, y] = [c, m] by Gauss-Jordan; K = covariance of the leaf means, c = covariance with m_ul, m = means.
    const std::size_t size = seen.size();
    std::vector<std::vector<double>> a;
    for (std::size_t r = 0; r < size; ++r) {
        a.emplace_back(size + 2);
        for (std::size_t c = 0; c < size; ++c)
            a[r][c] = prior(seen[r], seen[c]) + (r == c ? model.noise / n[seen[r]] : 0.0);
        a[r][size] = prior(seen[r], wanted);
        a[r][size + 1] = s[seen[r]] / n[seen[r]];
    }
    for (std::size_t k = 0; k < size; ++k)
        for (std::size_t r = 0; r < size; ++r) {
            if (r == k) continue;
            const double factor = a[r][k] / a[k][k];
            for (std::size_t c = 0; c < size + 2; ++c) a[r][c] -= factor * a[k][c];
        }
    double mean = 0;
    double variance = prior(wanted, wanted);
    for (std::size_t r = 0; r < size; ++r) {
        mean += prior(seen[r], wanted) * a[r][size + 1] / a[r][r];
        variance -= prior(seen[r], wanted) * a[r][size] / a[r][r];
    }
    return {mean, variance};
}

TEST(Price, LevelsAreNormalQuantilesOfMidRanks) {
    std::vector<Line> lines;
    std::mt19937 random(3);
    std::vector<double> paid[2];
    for (int n = 0; n < 300; ++n) {
        const int item = static_cast<int>(random() % 6);
        const float price = 1.0F + static_cast<float>(random() % 9);
        lines.push_back({static_cast<int>(random() % 10) - 1, n, item, price});
        paid[item / 3].push_back(static_cast<double>(price));
    }
    const auto fitted = fit(lines, catalog({"a", "a", "a", "b", "b", "b"}, {1, 4.5, 9, 0.5, 100, 5}));
    for (std::int32_t item = 0; item < 6; ++item) {
        const std::int32_t row = fitted.catalog.items().find("i" + std::to_string(item));
        const auto price = static_cast<double>(fitted.catalog.price()[static_cast<std::size_t>(row)]);
        const auto& all = paid[item / 3];
        const double below = static_cast<double>(std::ranges::count_if(all, [&](double p) { return p < price; }));
        const double equal = static_cast<double>(std::ranges::count(all, price));
        const double rank = (below + equal / 2 + 0.5) / (static_cast<double>(all.size()) + 1);
        const double level = static_cast<double>(fitted.model.item_level[static_cast<std::size_t>(row)]);
        EXPECT_NEAR(normal_cdf(level), rank, 1e-6) << item;
    }
}

TEST(Price, WillingnessToPayIsTheExactPosterior) {
    std::mt19937 random(5);
    for (int round = 0; round < 20; ++round) {
        const std::size_t leaves = 1 + random() % 6;
        PriceModel model;
        model.noise = 0.2 + 0.1 * static_cast<double>(random() % 9);
        model.leaf_spread = round % 5 == 0 ? 0.0 : 0.1 * static_cast<double>(random() % 9);
        model.customer_spread = round % 7 == 0 ? 0.0 : 0.1 * static_cast<double>(random() % 9);
        std::vector<double> n(leaves), s(leaves);
        model.purchases.rows = model.level_sum.rows = 1;
        model.purchases.cols = model.level_sum.cols = static_cast<std::int64_t>(leaves);
        for (std::size_t l = 0; l < leaves; ++l) {
            if (random() % 3 == 0) continue;
            n[l] = 1 + static_cast<double>(random() % 20);
            s[l] = static_cast<double>(static_cast<int>(random() % 41) - 20) / 8;
            model.purchases.indices.push_back(static_cast<std::int32_t>(l));
            model.purchases.values.push_back(static_cast<float>(n[l]));
            model.level_sum.values.push_back(static_cast<float>(s[l]));
        }
        model.purchases.indptr.push_back(static_cast<std::int64_t>(model.purchases.indices.size()));
        model.level_sum.indices = model.purchases.indices;
        model.level_sum.indptr = model.purchases.indptr;
        for (std::size_t l = 0; l < leaves; ++l) {
            const auto [mean, variance] = condition(model, n, s, l);
            const auto found = model.willingness_to_pay(0, static_cast<std::int32_t>(l));
            EXPECT_NEAR(found.mean, mean, 1e-9);
            EXPECT_NEAR(found.sd, std::sqrt(variance + model.noise), 1e-9);
            EXPECT_EQ(found.purchases, static_cast<std::int64_t>(n[l]));
        }
        const auto anybody = model.willingness_to_pay(IdMap::unknown, 0);
        EXPECT_EQ(anybody.mean, 0.0);
        EXPECT_NEAR(anybody.sd, std::sqrt(model.noise + model.leaf_spread + model.customer_spread), 1e-12);
    }
}

TEST(Price, VariancesOfAPlantedHierarchyAreFound) {
    constexpr int customers = 500, leaves = 6, purchases = 5;
    std::mt19937 random(9);
    std::normal_distribution<double> normal;
    std::vector<Line> lines;
    std::vector<std::string> leaf;
    for (int l = 0; l < leaves; ++l) leaf.push_back("leaf" + std::to_string(l));
    for (int u = 0; u < customers; ++u) {
        const double own = std::sqrt(0.2) * normal(random);
        for (int l = 0; l < leaves; ++l) {
            const double here = own + std::sqrt(0.3) * normal(random);
            for (int n = 0; n < purchases; ++n) {
                const double z = here + std::sqrt(0.5) * normal(random);
                lines.push_back({u, static_cast<int>(lines.size()), l, static_cast<float>(std::exp(z))});
            }
        }
    }
    const auto model = fit(lines, catalog(leaf, std::vector<float>(leaves, 1.0F))).model;
    EXPECT_NEAR(model.customer_spread, 0.2, 0.04);
    EXPECT_NEAR(model.leaf_spread, 0.3, 0.04);
    EXPECT_NEAR(model.noise, 0.5, 0.04);
}

TEST(Price, AffordabilityFallsWithThePriceAndRisesWithTheCustomer) {
    std::vector<Line> lines;
    for (int n = 0; n < 60; ++n) lines.push_back({n % 2, n, n % 2 == 0 ? n % 3 : 3 + n % 3, nan});
    const auto fitted = fit(lines, catalog(std::vector<std::string>(6, "a"), {1, 2, 3, 4, 5, 6}));
    const auto& model = fitted.model;
    const auto chance = [&](std::int32_t customer, int item) {
        return model.affordability(customer, fitted.catalog.items().find("i" + std::to_string(item)));
    };
    for (int item = 1; item < 6; ++item) {
        EXPECT_LT(chance(0, item), chance(0, item - 1));
        EXPECT_LT(chance(0, item), chance(1, item));  // k0 buys the cheap half, k1 the dear one
        EXPECT_LT(chance(0, item), chance(IdMap::unknown, item));
    }
}

TEST(Price, UnknownPricesAndCategoriesAreLeftOut) {
    const auto fitted = fit({{0, 0, 0, nan}, {0, 1, 1, 2}, {0, 2, 2, 3}, {0, 3, 3, 0}, {0, 4, 3, 7}},
                            catalog({"a", "a", "", "a"}, {nan, nan, 3, 7}));
    const auto& model = fitted.model;
    EXPECT_TRUE(std::isnan(model.item_level[0]));  // sold, but at no known price
    EXPECT_TRUE(std::isnan(model.item_level[2]));  // no leaf
    EXPECT_TRUE(std::isnan(model.affordability(0, 2)));
    EXPECT_EQ(model.willingness_to_pay(0, 0).purchases, 3);  // a gift counts at its regular price
}

TEST(Price, BadInputIsToldAtTheDoor) {
    const auto fitted = fit({{0, 0, 0, 1}, {0, 1, 1, 2}}, catalog({"a", "a"}, {1, 2}));
    EXPECT_THROW(fitted.model.willingness_to_pay(1, 0), InvalidArgument);
    EXPECT_THROW(fitted.model.willingness_to_pay(-2, 0), InvalidArgument);
    EXPECT_THROW(fitted.model.willingness_to_pay(0, 1), InvalidArgument);
    EXPECT_THROW(fitted.model.affordability(0, 2), InvalidArgument);
    EXPECT_THROW(fit_price(fitted.history, catalog({"a"}, {1})), InvalidArgument);
}

}  // namespace
}  // namespace crosslift
