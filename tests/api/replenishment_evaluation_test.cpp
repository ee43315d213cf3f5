// The judge of repeat purchases against numbers worked out by hand and by brute force.
#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace crosslift {
namespace {

constexpr std::int64_t day = 86400;

const Estimate& metric(const EvaluationReport& report, const std::string& method, const std::string& name) {
    for (const MethodResult& line : report.methods)
        if (line.method == method)
            for (const auto& [metric_name, estimate] : line.metrics)
                if (metric_name == name) return estimate;
    throw std::out_of_range(method + " " + name);
}

struct Split {
    TimeSplit data = split_by_time(testing::PlantedShop{}.transactions(), 0.2);
    OfferEngine engine =
        fit_offer_engine(data.earlier, testing::PlantedShop{}.catalog(), testing::PlantedShop::options());
};

const Split& split() {
    static const Split made;
    return made;
}

EvaluationOptions all_queries() {
    EvaluationOptions options;
    options.max_queries = 0;
    options.bootstrap = 50;
    return options;
}

/// Scores and outcomes of one method, pair by pair, straight from the receipt lines.
struct Plain {
    std::vector<std::pair<double, bool>> pairs;

    Plain(const Transactions& train, const Transactions& later, double horizon, bool engine) {
        std::map<std::pair<std::string, std::string>, std::set<std::int64_t>> times;  // (customer, item)
        std::int64_t first = 0, last = 0;
        for (const Transactions* part : {&train, &later})
            for (std::int64_t n = 0; n < part->size(); ++n) {
                const auto at = static_cast<std::size_t>(n);
                times[{std::string(part->customers()[part->customer()[at]]),
                       std::string(part->items()[part->item()[at]])}]
                    .insert(part->time()[at]);
                (part == &train ? first : last) = std::max(part == &train ? first : last, part->time()[at]);
            }
        const OfferModels& models = split().engine.models();
        for (std::int64_t now = first; now + 14 * day <= last; now += 7 * day)
            for (const auto& [key, all] : times) {
                const std::int32_t customer = models.customers.find(key.first);
                const std::int32_t item = models.catalog.items().find(key.second);
                std::set<std::int64_t> days;
                bool yes = false;
                for (const std::int64_t time : all) {
                    if (time <= now) days.insert(time / day);
                    yes = yes || (time > now && static_cast<double>(time - now) <= horizon * day);
                }
                if (days.size() < 2 || customer < 0 || item < 0) continue;
                double score = -std::expm1(-static_cast<double>(days.size()) /
                                           (static_cast<double>(now - *all.begin()) / day + 1) * horizon);
                if (engine)
                    for (const DueItem& due : models.replenishment.due(models.history, customer, now, horizon))
                        if (due.item == item) score = due.probability;
                pairs.emplace_back(score, yes);
            }
    }

    double average_precision() const {
        double area = 0, all_yes = 0;
        for (const auto& [score, yes] : pairs) {
            if (!yes) continue;
            double above = 0, above_yes = 0;
            for (const auto& [other, other_yes] : pairs)
                if (other >= score) {
                    above += 1;
                    above_yes += other_yes ? 1 : 0;
                }
            area += above_yes / above;
            all_yes += 1;
        }
        return area / all_yes;
    }
};

TEST(ReplenishmentEvaluation, FrequencyAgreesWithBruteForce) {
    const auto& [data, engine] = split();
    const auto report = evaluate_replenishment(engine, data.earlier, data.later, all_queries());
    for (const auto& [horizon, name] : {std::pair{7.0, "pr_auc@7d"}, std::pair{14.0, "pr_auc@14d"}}) {
        const Plain plain(data.earlier, data.later, horizon, false);
        ASSERT_GT(plain.pairs.size(), 1000);
        EXPECT_NEAR(metric(report, "own frequency", name).value, plain.average_precision(), 1e-9);
    }
}

TEST(ReplenishmentEvaluation, TheEnginesProbabilitiesAreJudgedAtTheFirstMoment) {
    const auto& [data, engine] = split();
    // One moment only: the engine's own history is then all that is known.
    const auto cut = data.later.time()[0] + 15 * day;
    TransactionTable part;
    part.time_kind = TimeKind::timestamp;
    for (std::int64_t n = 0; n < data.later.size(); ++n) {
        const auto at = static_cast<std::size_t>(n);
        if (data.later.time()[at] > cut) continue;
        part.customer.push_back(data.later.customers()[data.later.customer()[at]]);
        part.basket.push_back(data.later.baskets()[data.later.basket()[at]]);
        part.item.push_back(data.later.items()[data.later.item()[at]]);
        part.time.push_back(data.later.time()[at]);
    }
    const Transactions later(std::move(part));
    const auto report = evaluate_replenishment(engine, data.earlier, later, all_queries());
    const Plain plain(data.earlier, later, 14, true);
    EXPECT_NEAR(metric(report, "crosslift", "pr_auc@14d").value, plain.average_precision(), 1e-9);
    double squares = 0;
    for (const auto& [p, yes] : plain.pairs) squares += (p - (yes ? 1 : 0)) * (p - (yes ? 1 : 0));
    EXPECT_NEAR(metric(report, "crosslift", "brier@14d").value, squares / static_cast<double>(plain.pairs.size()),
                1e-9);
}

TEST(ReplenishmentEvaluation, IntervalsAndRatiosAreInOrder) {
    const auto& [data, engine] = split();
    const auto report = evaluate_replenishment(engine, data.earlier, data.later, all_queries());
    double best = 0;
    for (std::size_t m = 0; m + 1 < report.methods.size(); ++m)
        best = std::max(best, metric(report, report.methods[m].method, "pr_auc@7d").value);
    for (const MethodResult& line : report.methods) {
        const Estimate& area = metric(report, line.method, "pr_auc@7d");
        EXPECT_LT(area.low, area.value);
        EXPECT_GT(area.high, area.value);
        EXPECT_NEAR(metric(report, line.method, "pr_auc_to_best@7d").value, area.value / best, 1e-12);
        EXPECT_LE(metric(report, line.method, "hit@1_7d").value, metric(report, line.method, "hit@3_7d").value);
    }
    EXPECT_TRUE(std::isnan(metric(report, "recency", "ece@7d").value));
    EXPECT_LT(metric(report, "crosslift", "ece@14d").value, 0.05);
    auto options = all_queries();
    options.threads = 2;
    const auto again = evaluate_replenishment(engine, data.earlier, data.later, options);
    EXPECT_EQ(metric(again, "crosslift", "pr_auc@7d").low, metric(report, "crosslift", "pr_auc@7d").low);
}

TEST(ReplenishmentEvaluation, WhatCannotBeJudgedIsRefused) {
    const auto& [data, engine] = split();
    TransactionTable bare;
    bare.customer.push_back("k1");
    bare.basket.push_back("b");
    bare.item.push_back("c0i0");
    const Transactions undated(std::move(bare));
    EXPECT_THROW(evaluate_replenishment(engine, data.earlier, undated), DataError);
    EXPECT_THROW(evaluate_replenishment(engine, data.earlier, data.earlier), DataError);  // nothing is later
    EvaluationOptions options;
    options.bootstrap = -1;
    EXPECT_THROW(evaluate_replenishment(engine, data.earlier, data.later, options), InvalidArgument);
}

}  // namespace
}  // namespace crosslift
