// Every baseline against its formula in float64, tuning without sight of the judged slice, other models beside the
// engine.
#include "support/plain_baselines.hpp"
#include "support/planted_shop.hpp"

#include <crosslift/als.hpp>
#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <sstream>

namespace crosslift {
namespace {

using testing::ItemSet;
using testing::PlainCounts;
using testing::PlainCustomerScore;
using testing::PlainMetrics;
using testing::PlantedShop;

struct Case {
    Transactions train, later;
    OfferEngine engine;

    static const Case& shared() {
        static const Case one = [] {
            PlantedShop shop;
            shop.baskets = 400;
            shop.customers = 30;
            const TimeSplit split = split_by_time(shop.transactions(), 0.2);
            return Case{split.earlier, split.later,
                        fit_offer_engine(split.earlier, shop.catalog(), PlantedShop::options())};
        }();
        return one;
    }

    static EvaluationOptions only(std::vector<std::string> baselines) {
        EvaluationOptions options;
        options.max_targets_per_basket = 0;
        options.bootstrap = 0;
        options.permutations = 0;
        options.tuning_trials = 0;
        options.baselines = std::move(baselines);
        options.ease_grid = {50};
        return options;
    }

    const Catalog& catalog() const { return engine.models().catalog; }
    EvaluationReport judge(const EvaluationOptions& options) const {
        return evaluate_basket_completion(engine, train, later, options);
    }
    PlainMetrics plain(const PlainCustomerScore& score) const {
        return testing::plain_basket_completion(train, later, catalog(), score);
    }
};

double value(const EvaluationReport& report, const std::string& method, const std::string& metric) {
    for (const auto& line : report.methods) {
        if (line.method != method) continue;
        for (const auto& [name, estimate] : line.metrics) {
            if (name == metric) return estimate.value;
        }
    }
    throw std::out_of_range("no " + metric + " of " + method);
}

/// Sums in another order may break exact ties another way: a handful of queries.
void expect_equal(const std::string& method, const PlainCustomerScore& score) {
    const Case& data = Case::shared();
    const EvaluationReport report = data.judge(Case::only({method}));
    for (const auto& [metric, wanted] : data.plain(score)) {
        if (metric == "queries" || metric.find("coverage") == 0) continue;
        EXPECT_NEAR(value(report, method, metric), wanted, 8.0 / static_cast<double>(report.queries)) << metric;
    }
}

TEST(Baselines, LeafPopularity) {
    const Case& data = Case::shared();
    const PlainCounts counts(testing::plain_baskets(data.train));
    expect_equal("leaf popularity", [&](const std::string&, const ItemSet& query, const std::string& j) {
        double share = 0;
        for (const auto& i : query) {
            if (testing::plain_leaf(data.catalog(), i) == testing::plain_leaf(data.catalog(), j)) share += 1;
        }
        return counts.of(j) * (0.1 + share / static_cast<double>(query.size()));
    });
}

/// Features as the catalog's text gives them, each with log(1 + items / items with it); those of one item count
/// nothing.
class PlainContent {
public:
    explicit PlainContent(const CatalogTable& table) {
        const auto text = [](const IdColumn& column, std::size_t n) { return std::string(column.ids[column.rows[n]]); };
        for (std::size_t n = 0; n < table.name.size(); ++n) {
            std::set<std::string>& own = features_[text(table.item, n)];
            own.insert("category " + text(table.category[0], n));
            own.insert("brand " + text(table.brand, n));
            std::istringstream name(table.name[n]);
            for (std::string word; name >> word;) {
                if (word.size() > 1) own.insert("word " + word);
            }
            for (const std::string& feature : own) holders_[feature] += 1;
        }
    }

    double cosine(const std::string& i, const std::string& j) const {
        double both = 0;
        for (const std::string& feature : features_.at(i))
            both += features_.at(j).contains(feature) ? square(feature) : 0;
        return both / std::sqrt(length(i) * length(j));
    }

private:
    double square(const std::string& feature) const {
        const double holders = holders_.at(feature);
        return holders < 2 ? 0 : std::pow(std::log1p(static_cast<double>(features_.size()) / holders), 2);
    }

    double length(const std::string& item) const {
        double sum = 0;
        for (const std::string& feature : features_.at(item)) sum += square(feature);
        return sum;
    }

    std::map<std::string, std::set<std::string>> features_;
    std::map<std::string, double> holders_;
};

TEST(Baselines, ContentCosine) {
    const PlainContent content(PlantedShop().catalog_table());
    const auto rounded = [](double score) { return std::round(score * 1e9) / 1e9; };  // equal items stay equal
    expect_equal("content cosine", [&](const std::string&, const ItemSet& query, const std::string& j) {
        double sum = 0;
        for (const auto& i : query) sum += content.cosine(i, j);
        return rounded(sum);
    });
}

TEST(Baselines, LogLikelihoodRatio) {
    const PlainCounts counts(testing::plain_baskets(Case::shared().train));
    expect_equal("LLR", [&](const std::string&, const ItemSet& query, const std::string& j) {
        double sum = 0;
        for (const auto& i : query) sum += testing::plain_llr(counts, i, j);
        return sum;
    });
}

TEST(Baselines, AssociationRules) {
    const auto train = testing::plain_baskets(Case::shared().train);
    const PlainCounts counts(train);
    testing::PlainRules rules(train, std::max(2.0, std::ceil(0.002 * counts.baskets)));
    expect_equal("rules", [&](const std::string&, const ItemSet& query, const std::string& j) {
        return rules(query, j) + 1e-12 * counts.of(j);
    });
}

TEST(Baselines, OwnFrequency) {
    const auto train = testing::plain_baskets(Case::shared().train);
    const PlainCounts counts(train);
    expect_equal("own frequency", [&](const std::string& customer, const ItemSet&, const std::string& j) {
        double own = 0;
        for (const auto& basket : train) {
            own += !customer.empty() && basket.customer == customer && basket.items.contains(j) ? 1 : 0;
        }
        return own + 1e-9 * counts.of(j);
    });
}

TEST(Baselines, PerNir) {
    const auto train = testing::plain_baskets(Case::shared().train);
    const PlainCounts counts(train);
    const testing::PlainPerNir pernir(train, 100, 1);
    expect_equal("PerNIR", [&](const std::string& customer, const ItemSet& query, const std::string& j) {
        return pernir(customer, query, j) + 1e-9 * counts.of(j);
    });
}

TEST(Baselines, ImplicitAlsByItsOwnFactors) {
    const Case& data = Case::shared();
    const PurchaseHistory history = make_history(data.train, data.train.items(), data.train.customers());
    CsrMatrix rows = customer_items(history);
    rows.values.clear();
    AlsOptions options;
    options.objective = AlsObjective::rendle;
    options.factors = 64;
    options.regularization = 0.003F;
    options.unobserved_weight = 0.1F;
    options.iterations = 8;
    const AlsModel model = fit_als(rows, options);
    const auto product = [](std::span<const float> a, std::span<const float> b) {
        double sum = 0;
        for (std::size_t f = 0; f < a.size(); ++f) sum += static_cast<double>(a[f]) * static_cast<double>(b[f]);
        return sum;
    };
    const auto row = [&](const std::string& item) { return model.item_factors.row(data.train.items().find(item)); };
    expect_equal("ALS cosine", [&](const std::string&, const ItemSet& query, const std::string& j) {
        double sum = 0;
        for (const auto& i : query) {
            sum += product(row(i), row(j)) / std::sqrt(product(row(i), row(i)) * product(row(j), row(j)));
        }
        return sum;
    });
    expect_equal("ALS customer", [&](const std::string& customer, const ItemSet&, const std::string& j) {
        return product(model.customer_factors.row(data.train.customers().find(customer)), row(j));
    });
}

TEST(Baselines, AreTunedOnTrainingAlone) {
    const Case& data = Case::shared();
    EvaluationOptions options = Case::only({"cosine kNN", "co-count", "PerNIR"});
    options.tuning_trials = 5;
    options.validation_share = 0.25;
    const EvaluationReport report = data.judge(options);
    ASSERT_EQ(report.tuned.size(), 3U);
    for (const auto& tuned : report.tuned) {
        EXPECT_EQ(tuned.trials.size(), 5U) << tuned.method;
        double best = 0;
        for (const auto& [setting, merit] : tuned.trials) best = std::max(best, merit);
        for (const auto& [setting, merit] : tuned.trials) {
            EXPECT_TRUE(setting != tuned.setting || merit == best) << tuned.method;
        }
    }
    // Another judged slice, the same choices.
    PlantedShop other;
    other.seed = 99;
    other.baskets = 100;
    const EvaluationReport elsewhere =
        evaluate_basket_completion(data.engine, data.train, other.transactions(), options);
    for (std::size_t n = 0; n < report.tuned.size(); ++n) {
        EXPECT_EQ(report.tuned[n].setting, elsewhere.tuned[n].setting);
        EXPECT_EQ(report.tuned[n].trials, elsewhere.tuned[n].trials);
    }
    // Settings found before are taken as they are.
    EvaluationOptions again = Case::only({"cosine kNN", "co-count", "PerNIR"});
    for (const auto& tuned : report.tuned) again.settings.emplace_back(tuned.method, tuned.setting);
    for (const char* method : {"cosine kNN", "co-count", "PerNIR"}) {
        EXPECT_EQ(value(data.judge(again), method, "mrr"), value(report, method, "mrr"));
    }
    again.settings = {{"co-count", "half_life 12345"}};
    EXPECT_THROW(data.judge(again), InvalidArgument);
}

TEST(Baselines, ComparisonsHoldTheRatiosAndTheirTests) {
    const Case& data = Case::shared();
    EvaluationOptions options = Case::only({"popularity", "co-count"});
    options.permutations = 500;
    options.bootstrap = 100;
    options.goals = {{"hr@1", "crosslift", "popularity", 1.0}, {"hr@1", "popularity", "crosslift", 1.0}};
    const EvaluationReport report = data.judge(options);
    int popularity = 0;
    for (const auto& it : report.comparisons) {
        EXPECT_NEAR(it.ratio.value, value(report, it.method, it.metric) / value(report, it.over, it.metric), 1e-9);
        EXPECT_GE(it.p_holm, it.p_value);
        if (it.over != "popularity" || it.metric != "hr@10") continue;
        ++popularity;
        EXPECT_LT(it.p_holm, 0.05);
        EXPECT_GT(it.ratio.low, 1);
    }
    EXPECT_EQ(popularity, 2);  // the engine's two lines
    ASSERT_EQ(report.verdicts.size(), 2U);
    EXPECT_TRUE(report.verdicts[0].reached);
    EXPECT_FALSE(report.verdicts[1].reached);
    options.goals = {{"hr@1", "nobody", "EASE", 1}};
    EXPECT_THROW(data.judge(options), InvalidArgument);
    options.goals = {{"hr@3", "crosslift", "EASE", 1}};
    EXPECT_THROW(data.judge(options), InvalidArgument);
}

/// The order for anybody, without what the customer had bought.
TEST(Baselines, DiscoveryIsTheEngineAskedForWhatIsNewToTheCustomer) {
    const Case& data = Case::shared();
    const Transactions& train = data.train;
    const auto by_hand = [&](std::span<const std::vector<std::string>> baskets,
                             std::span<const std::string> customers) {
        const Matrix all = data.engine.score_baskets(baskets).to_host();
        Matrix scores(all.rows(), train.items().size());
        for (std::int64_t b = 0; b < scores.rows(); ++b) {
            const auto row = scores.row(b);
            for (std::int32_t j = 0; j < train.items().size(); ++j)
                row[static_cast<std::size_t>(j)] =
                    all.row(b)[static_cast<std::size_t>(data.catalog().items().find(train.items()[j]))];
            for (std::size_t line = 0; line < train.item().size(); ++line) {
                if (train.customers()[train.customer()[line]] == customers[static_cast<std::size_t>(b)])
                    row[static_cast<std::size_t>(train.item()[line])] = -std::numeric_limits<float>::infinity();
            }
        }
        return scores;
    };
    EvaluationOptions options = Case::only({"popularity"});
    options.methods = {{"by hand", by_hand}};
    const EvaluationReport report = data.judge(options);
    for (const char* metric : {"hr@10", "mrr", "new_to_customer_hr@1", "bought_before_hr@10", "coverage@10"}) {
        EXPECT_EQ(value(report, "crosslift, discovery", metric), value(report, "by hand", metric)) << metric;
    }
    EXPECT_LT(value(report, "crosslift, discovery", "hr@10"), value(report, "crosslift", "hr@10"));
}

TEST(Baselines, OtherModelsAreJudgedOnTheSameQueries) {
    const Case& data = Case::shared();
    EvaluationOptions options = Case::only({"popularity"});
    options.engines = {{"twin", data.engine}};
    options.methods = {
        {"first items", [&](std::span<const std::vector<std::string>> baskets, std::span<const std::string> customers) {
             EXPECT_EQ(baskets.size(), customers.size());
             Matrix scores(static_cast<std::int64_t>(baskets.size()), data.train.items().size());
             for (std::int64_t b = 0; b < scores.rows(); ++b) {
                 std::iota(scores.row(b).rbegin(), scores.row(b).rend(), 0.0F);
             }
             return scores;
         }}};
    const EvaluationReport report = data.judge(options);
    for (const char* metric : {"hr@10", "mrr", "other_leaves_hr@20"}) {
        EXPECT_EQ(value(report, "twin", metric), value(report, "crosslift", metric));
    }
    EXPECT_EQ(value(report, "twin, personal", "mrr"), value(report, "crosslift, personal", "mrr"));
    const PlainMetrics wanted = data.plain(
        [&](const std::string&, const ItemSet&, const std::string& j) { return -data.train.items().find(j); });
    EXPECT_NEAR(value(report, "first items", "mrr"), wanted.at("mrr"), 1e-9);

    options.methods[0].score = [](auto, auto) { return Matrix(1, 1); };
    EXPECT_THROW(data.judge(options), InvalidArgument);
    options.methods[0].score = [&](auto baskets, auto) {
        Matrix scores(static_cast<std::int64_t>(baskets.size()), data.train.items().size());
        scores.row(0)[0] = NAN;
        return scores;
    };
    EXPECT_THROW(data.judge(options), InvalidArgument);
}

}  // namespace
}  // namespace crosslift
