// Bootstrap intervals against what theory says of them.
#include "support/planted_shop.hpp"

#include <crosslift/evaluation.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace crosslift {
namespace {

using testing::PlantedShop;

Estimate first_place(const EvaluationReport& report, const std::string& method) {
    for (const auto& line : report.methods) {
        if (line.method == method) return line.metrics.front().second;  // hr@1
    }
    throw std::out_of_range("no method " + method);
}

/// Baskets of two: "a" with "b" seven times of ten, else with a rarer item. Every basket is told `copies` times by one
/// customer, or by nobody.
Transactions pairs(int baskets, int copies, bool customers, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    TransactionTable table;
    int name = 0;
    for (int b = 0; b < baskets; ++b) {
        const std::string second = random() % 10 < 7 ? "b" : "c" + std::to_string(random() % 10);
        for (int copy = 0; copy < copies; ++copy, ++name) {
            for (const std::string& item : {std::string("a"), second}) {
                table.customer.push_back(customers ? "k" + std::to_string(b) : "");
                table.basket.push_back("n" + std::to_string(name));
                table.item.push_back(item);
            }
        }
    }
    return Transactions(std::move(table));
}

EvaluationReport judge(const Transactions& later) {
    static const Transactions train = pairs(600, 1, false, 1);
    static const OfferEngine engine = fit_offer_engine(train, {}, PlantedShop::options());
    EvaluationOptions options;
    options.max_targets_per_basket = 1;
    options.max_queries = 0;
    options.ease_grid = {100};
    options.baselines = {"co-count"};
    options.tuning_trials = 0;
    return evaluate_basket_completion(engine, train, later, options);
}

TEST(Intervals, OfIndependentBasketsAreAsWideAsABinomialOnes) {
    const EvaluationReport report = judge(pairs(400, 1, false, 2));
    ASSERT_EQ(report.clusters, 400);
    const Estimate hits = first_place(report, "co-count");
    const double wide = 2 * 1.96 * std::sqrt(hits.value * (1 - hits.value) / 400);
    EXPECT_LT(hits.low, hits.value);
    EXPECT_GT(hits.high, hits.value);
    EXPECT_NEAR((hits.high - hits.low) / wide, 1, 0.12);
}

TEST(Intervals, RepetitionByOneCustomerIsNotTakenForEvidence) {
    const EvaluationReport alone = judge(pairs(100, 9, false, 3));
    const EvaluationReport grouped = judge(pairs(100, 9, true, 3));
    ASSERT_EQ(alone.clusters, 900);
    ASSERT_EQ(grouped.clusters, 100);
    const auto width = [](const EvaluationReport& report) {
        const Estimate hits = first_place(report, "co-count");
        return hits.high - hits.low;
    };
    EXPECT_GT(width(grouped), 1.5 * width(alone));
}

TEST(Intervals, WithoutResamplesAreUnknown) {
    static const Transactions train = pairs(100, 1, false, 1);
    const OfferEngine engine = fit_offer_engine(train, {}, PlantedShop::options());
    EvaluationOptions options;
    options.bootstrap = 0;
    const EvaluationReport report = evaluate_basket_completion(engine, train, pairs(20, 1, false, 5), options);
    const Estimate hits = first_place(report, "EASE");
    EXPECT_FALSE(std::isnan(hits.value));
    EXPECT_TRUE(std::isnan(hits.low));
    EXPECT_TRUE(std::isnan(hits.high));
    EXPECT_NE(report.json().find("\"low\": null"), std::string::npos);
}

}  // namespace
}  // namespace crosslift
