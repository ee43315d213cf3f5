// Basket completion against the same protocol written by brute force, and the promises of its options.
#include "support/plain_judge.hpp"
#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <gtest/gtest.h>

namespace crosslift {
namespace {

using testing::ItemSet;
using testing::PlainCounts;
using testing::PlainMetrics;
using testing::PlantedShop;

const MethodResult& method(const EvaluationReport& report, const std::string& name) {
    for (const auto& line : report.methods) {
        if (line.method == name) return line;
    }
    throw std::out_of_range("no method " + name);
}

Estimate metric(const MethodResult& line, const std::string& name) {
    for (const auto& [metric_name, estimate] : line.metrics) {
        if (metric_name == name) return estimate;
    }
    throw std::out_of_range("no metric " + name);
}

Estimate metric(const EvaluationReport& report, const std::string& method_name, const std::string& name) {
    return metric(method(report, method_name), name);
}

/// A planted shop cut in two, and an engine trained on the first part; made once for all tests.
struct Case {
    Transactions train, later;
    OfferEngine engine;

    static const Case& shared() {
        static const Case one = [] {
            PlantedShop shop;
            shop.baskets = 700;
            const TimeSplit split = split_by_time(shop.transactions(), 0.2);
            return Case{split.earlier, split.later,
                        fit_offer_engine(split.earlier, shop.catalog(), PlantedShop::options())};
        }();
        return one;
    }

    static EvaluationOptions everything() {
        EvaluationOptions options;
        options.max_targets_per_basket = 0;
        options.max_queries = 0;
        options.bootstrap = 200;
        options.permutations = 200;
        options.tuning_trials = 0;
        options.baselines = {"popularity", "co-count", "lift", "cosine kNN"};
        options.ease_grid = {2, 20, 200};
        return options;
    }

    const Catalog& catalog() const { return engine.models().catalog; }
    EvaluationReport judge(const EvaluationOptions& options) const {
        return evaluate_basket_completion(engine, train, later, options);
    }
};

void expect_equal(const EvaluationReport& report, const std::string& name, const PlainMetrics& wanted,
                  double tolerance) {
    for (const auto& [metric_name, value] : wanted) {
        if (metric_name == "queries") {
            EXPECT_EQ(report.queries, static_cast<std::int64_t>(value));
        } else {
            EXPECT_NEAR(metric(report, name, metric_name).value, value, tolerance) << name << ' ' << metric_name;
        }
    }
}

TEST(BasketCompletion, CountedBaselinesEqualABruteForceJudge) {
    const Case& data = Case::shared();
    const EvaluationReport report = data.judge(Case::everything());
    const PlainCounts counts(testing::plain_baskets(data.train));
    const auto sum = [](auto pair) {
        return [pair](const ItemSet& query, const std::string& j) {
            double total = 0;
            for (const auto& i : query) total += pair(i, j);
            return total;
        };
    };
    const auto judge = [&](const testing::PlainScore& score) {
        return testing::plain_basket_completion(data.train, data.later, data.catalog(), score);
    };
    expect_equal(report, "popularity", judge([&](const ItemSet&, const std::string& j) { return counts.of(j); }), 1e-9);
    // Sums over a query in another order may break exact ties another way: a handful of queries at most.
    const double ties = 5.0 / static_cast<double>(report.queries);
    expect_equal(report, "co-count", judge(sum([&](const std::string& i, const std::string& j) {
                     return counts.of(i) == 0 ? 0 : counts.both(i, j) / counts.of(i);
                 })),
                 ties);
    expect_equal(report, "lift", judge(sum([&](const std::string& i, const std::string& j) {
                     const double both = counts.both(i, j);
                     return both < 3 ? 0 : both * counts.baskets / (counts.of(i) * counts.of(j));
                 })),
                 ties);
    expect_equal(report, "cosine kNN", judge(sum([&](const std::string& i, const std::string& j) {
                     const double both = counts.both(i, j);
                     return both == 0 ? 0 : both / std::sqrt(counts.of(i) * counts.of(j));
                 })),
                 ties);
}

TEST(BasketCompletion, EaseIsTheBestOfItsGridOnTheVeryQueries) {
    const Case& data = Case::shared();
    const EvaluationReport report = data.judge(Case::everything());
    const PlainCounts counts(testing::plain_baskets(data.train));
    PlainMetrics best;
    for (const double lambda : {2.0, 20.0, 200.0}) {
        const auto weights = testing::plain_ease(counts, lambda);
        const auto judged = testing::plain_basket_completion(data.train, data.later, data.catalog(),
                                                             [&](const ItemSet& query, const std::string& j) {
                                                                 double total = 0;
                                                                 for (const auto& i : query) {
                                                                     const auto found = weights.find({i, j});
                                                                     if (found != weights.end()) total += found->second;
                                                                 }
                                                                 return total;
                                                             });
        if (best.empty() || judged.at("hr@10") > best.at("hr@10")) best = judged;
    }
    expect_equal(report, "EASE", best, 5.0 / static_cast<double>(report.queries));
    const Estimate ratio = metric(report, "EASE", "hr@10_to_ease");
    EXPECT_EQ(ratio.value, 1);
    EXPECT_EQ(ratio.low, 1);
    EXPECT_EQ(ratio.high, 1);
}

TEST(BasketCompletion, TheEngineIsJudgedByItsOwnScores) {
    const Case& data = Case::shared();
    const EvaluationReport report = data.judge(Case::everything());
    std::map<ItemSet, std::vector<float>> known;
    const auto judged = testing::plain_basket_completion(
        data.train, data.later, data.catalog(), [&](const ItemSet& query, const std::string& j) {
            auto& scores = known[query];
            if (scores.empty()) {
                const std::vector<std::vector<std::string>> basket = {{query.begin(), query.end()}};
                const Matrix row = data.engine.score_baskets(basket);
                scores.assign(row.row(0).begin(), row.row(0).end());
            }
            return static_cast<double>(scores[static_cast<std::size_t>(data.catalog().items().find(j))]);
        });
    expect_equal(report, "crosslift", judged, 1e-9);
    EXPECT_NO_THROW(method(report, "crosslift, personal"));
}

TEST(BasketCompletion, PlantedComplementsAreFoundByLearningAndNotByPopularity) {
    const EvaluationReport report = Case::shared().judge(Case::everything());
    const auto hits = [&](const char* name) { return metric(report, name, "hr@1").value; };
    EXPECT_GT(hits("co-count"), 2 * hits("popularity"));
    EXPECT_GT(hits("EASE"), 2 * hits("popularity"));
    EXPECT_GT(hits("crosslift"), 2 * hits("popularity"));
}

TEST(BasketCompletion, SamplesAreOfTheSizeAskedForAndRepeatable) {
    const Case& data = Case::shared();
    EvaluationOptions options = Case::everything();
    options.bootstrap = 50;
    options.max_targets_per_basket = 1;
    const EvaluationReport one_each = data.judge(options);
    EXPECT_LT(one_each.queries, data.judge(Case::everything()).queries);
    EXPECT_GE(one_each.queries, one_each.clusters);
    options.max_queries = 40;
    const EvaluationReport few = data.judge(options);
    EXPECT_EQ(few.queries, 40);
    EXPECT_EQ(few.json(), data.judge(options).json());
    options.seed = 7;
    EXPECT_NE(few.json(), data.judge(options).json());
}

TEST(BasketCompletion, ThreadsDoNotChangeAnyNumber) {
    const Case& data = Case::shared();
    EvaluationOptions options = Case::everything();
    options.bootstrap = 50;
    options.threads = 1;
    const std::string one = data.judge(options).json();
    options.threads = 3;
    EXPECT_EQ(one, data.judge(options).json());
}

TEST(BasketCompletion, TellsItsStepsAndStopsWhenAsked) {
    const Case& data = Case::shared();
    int steps = 0;
    int planned = 0;
    Progress progress;
    progress.on_step = [&](const ProgressEvent& event) {
        EXPECT_EQ(event.step, ++steps);
        planned = event.steps;
    };
    evaluate_basket_completion(data.engine, data.train, data.later, Case::everything(), progress);
    EXPECT_EQ(steps, planned);
    EXPECT_GT(steps, 3);

    std::stop_source stop;
    progress.on_step = [&](const ProgressEvent& event) {
        if (event.step == 2) stop.request_stop();
    };
    progress.stop = stop.get_token();
    EXPECT_THROW(evaluate_basket_completion(data.engine, data.train, data.later, Case::everything(), progress),
                 Stopped);
}

TEST(BasketCompletion, UnknownItemsAndCustomersAreLeftOutOfTheQueries) {
    const Case& data = Case::shared();
    TransactionTable table;
    const auto line = [&](const char* customer, const char* basket, const std::string& item) {
        table.customer.push_back(customer);
        table.basket.push_back(basket);
        table.item.push_back(item);
    };
    line("stranger", "1", PlantedShop::id(0, 0));
    line("stranger", "1", PlantedShop::id(1, 0));
    line("stranger", "1", "never seen");
    line("", "2", PlantedShop::id(0, 0));
    line("", "2", "never seen");
    const EvaluationReport report =
        evaluate_basket_completion(data.engine, data.train, Transactions(std::move(table)), Case::everything());
    EXPECT_EQ(report.queries, 2);
    EXPECT_EQ(report.clusters, 1);
    EXPECT_THROW(method(report, "crosslift, personal"), std::out_of_range);
}

TEST(BasketCompletion, NothingInCommonIsAClearError) {
    TransactionTable table;
    for (const char* item : {"x", "y"}) {
        table.basket.push_back("1");
        table.item.push_back(item);
    }
    const Case& data = Case::shared();
    try {
        evaluate_basket_completion(data.engine, data.train, Transactions(std::move(table)), Case::everything());
        FAIL() << "no error";
    } catch (const DataError& error) {
        EXPECT_NE(std::string(error.what()).find("same item ids"), std::string::npos);
    }
}

TEST(BasketCompletion, OptionsOutOfRangeAreNamed) {
    const Case& data = Case::shared();
    const auto refused = [&](auto change, const char* name) {
        EvaluationOptions options;
        change(options);
        try {
            data.judge(options);
            ADD_FAILURE() << name << " was accepted";
        } catch (const InvalidArgument& error) {
            EXPECT_NE(std::string(error.what()).find(name), std::string::npos);
        }
    };
    refused([](auto& o) { o.max_queries = -1; }, "max_queries");
    refused([](auto& o) { o.max_targets_per_basket = -1; }, "max_targets_per_basket");
    refused([](auto& o) { o.bootstrap = -1; }, "bootstrap");
    refused([](auto& o) { o.threads = -2; }, "threads");
    refused([](auto& o) { o.ease_grid = {10, 0}; }, "ease_grid");
    refused([](auto& o) { o.permutations = -1; }, "permutations");
    refused([](auto& o) { o.tuning_trials = -1; }, "tuning_trials");
    refused([](auto& o) { o.validation_share = 1; }, "validation_share");
    refused([](auto& o) { o.validation_queries = 0; }, "validation_queries");
    refused([](auto& o) { o.baselines = {"magic"}; }, "magic");
    refused([](auto& o) { o.min_price_ratio = 0.5; }, "min_price_ratio");
}

}  // namespace
}  // namespace crosslift
