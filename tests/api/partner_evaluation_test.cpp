// Tasks with several right answers (item complements, marked bundles, next basket) against brute force.
#include "support/plain_baselines.hpp"
#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace crosslift {
namespace {

using testing::ItemSet;
using testing::PlainCounts;
using testing::PlantedShop;

double value(const EvaluationReport& report, const std::string& method, const std::string& metric) {
    for (const auto& line : report.methods) {
        if (line.method != method) continue;
        for (const auto& [name, estimate] : line.metrics) {
            if (name == metric) return estimate.value;
        }
    }
    throw std::out_of_range("no " + metric + " of " + method);
}

struct Case {
    Transactions train, later;
    OfferEngine engine;

    static const Case& shared() {
        static const Case one = [] {
            PlantedShop shop;
            shop.baskets = 1600;
            shop.items_per_category = 14;
            const TimeSplit split = split_by_time(shop.transactions(), 0.5);
            return Case{split.earlier, split.later,
                        fit_offer_engine(split.earlier, shop.catalog(), PlantedShop::options())};
        }();
        return one;
    }

    static EvaluationOptions quick(std::vector<std::string> baselines = {"popularity", "co-count"}) {
        EvaluationOptions options;
        options.bootstrap = 20;
        options.permutations = 100;
        options.tuning_trials = 0;
        options.baselines = std::move(baselines);
        return options;
    }
};

/// Items ranked by a score, best first, ties in the order of `items`.
std::vector<std::string> ranked(const IdMap& items, const ItemSet& barred,
                                const std::function<double(const std::string&)>& score) {
    std::vector<std::pair<double, std::string>> list;
    for (std::int32_t i = 0; i < items.size(); ++i) {
        const std::string id(items[i]);
        if (!barred.contains(id)) list.emplace_back(-score(id), id);
    }
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> ids;
    for (const auto& [score_of, id] : list) ids.push_back(id);
    return ids;
}

double found(const std::vector<std::string>& list, const ItemSet& wanted, std::size_t k) {
    double hits = 0;
    for (std::size_t n = 0; n < std::min(k, list.size()); ++n) hits += wanted.contains(list[n]) ? 1 : 0;
    return hits;
}

/// Ten groups of seven items that are bought together, each item of a group in a leaf of its own; a random item
/// besides.
Transactions groups(int baskets, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    TransactionTable table;
    for (int b = 0; b < baskets; ++b) {
        const auto group = random() % 10;
        std::set<std::uint64_t> items = {random() % 70};
        for (int n = 0; n < 3; ++n) items.insert(group * 7 + random() % 7);
        for (const auto item : items) {
            table.basket.push_back("b" + std::to_string(b));
            table.item.push_back("i" + std::to_string(item));
        }
    }
    return Transactions(std::move(table));
}

Catalog leaves_of_groups() {
    CatalogTable table;
    table.category.resize(1);
    for (int item = 0; item < 70; ++item) {
        table.item.push_back("i" + std::to_string(item));
        table.category[0].push_back("leaf" + std::to_string(item % 7));
    }
    return Catalog(std::move(table));
}

TEST(ItemComplements, EqualABruteForceJudge) {
    const Transactions train = groups(1500, 1);
    const Case data = {train, groups(1500, 2), fit_offer_engine(train, leaves_of_groups(), PlantedShop::options())};
    const EvaluationReport report = evaluate_item_complements(data.engine, data.train, data.later, Case::quick());
    const Catalog& catalog = data.engine.models().catalog;
    const PlainCounts before(testing::plain_baskets(data.train));
    const PlainCounts after(testing::plain_baskets(data.later));
    double queries = 0;
    std::map<std::string, double> sums;
    for (std::int32_t row = 0; row < data.train.items().size(); ++row) {
        const std::string i(data.train.items()[row]);
        ItemSet partners;
        ItemSet barred;
        for (std::int32_t other = 0; other < data.train.items().size(); ++other) {
            const std::string j(data.train.items()[other]);
            if (testing::plain_leaf(catalog, i) == testing::plain_leaf(catalog, j)) {
                barred.insert(j);
            } else if (after.both(i, j) >= 3 && testing::plain_llr(after, i, j) >= 10.83) {
                partners.insert(j);
            }
        }
        if (partners.size() < 5) continue;
        ++queries;
        const auto list = ranked(data.train.items(), barred, [&](const std::string& j) {
            return before.of(i) == 0 ? 0 : before.both(i, j) / before.of(i);
        });
        const auto popular = ranked(data.train.items(), barred, [&](const std::string& j) { return before.of(j); });
        for (const int k : {20, 50}) {
            const std::string at = "@" + std::to_string(k);
            sums["co-count precision" + at] += found(list, partners, static_cast<std::size_t>(k)) / k;
            sums["co-count recall" + at] +=
                found(list, partners, static_cast<std::size_t>(k)) / static_cast<double>(partners.size());
            sums["popularity recall" + at] +=
                found(popular, partners, static_cast<std::size_t>(k)) / static_cast<double>(partners.size());
        }
    }
    ASSERT_GT(queries, 3);
    EXPECT_EQ(report.queries, static_cast<std::int64_t>(queries));
    for (const auto& [name, sum] : sums) {
        const auto space = name.find(' ');
        EXPECT_NEAR(value(report, name.substr(0, space), name.substr(space + 1)), sum / queries, 1e-9) << name;
    }
    EXPECT_GT(value(report, "crosslift", "recall@20"), 0);
}

TEST(ItemComplements, NothingToAskIsAClearError) {
    const Case& data = Case::shared();
    PlantedShop shop;
    shop.baskets = 3;
    EXPECT_THROW(evaluate_item_complements(data.engine, data.train, shop.transactions(), Case::quick()), DataError);
}

Transactions sets(const std::vector<std::vector<std::string>>& bundles) {
    TransactionTable table;
    for (std::size_t b = 0; b < bundles.size(); ++b) {
        for (const auto& item : bundles[b]) {
            table.basket.push_back("set" + std::to_string(b));
            table.item.push_back(item);
        }
    }
    return Transactions(std::move(table));
}

TEST(Bundles, ACaseWorkedByHand) {
    // Two items are sold in training, "new" stands in the catalog alone.
    TransactionTable table;
    for (int b = 0; b < 10; ++b) {
        for (const char* item : {"camera", "lens"}) {
            table.basket.push_back("b" + std::to_string(b));
            table.item.push_back(item);
        }
    }
    const Transactions train(std::move(table));
    CatalogTable items;
    items.category.resize(1);
    for (const char* item : {"camera", "lens", "new"}) {
        items.item.push_back(item);
        items.category[0].push_back(item);
    }
    const OfferEngine engine = fit_offer_engine(train, Catalog(std::move(items)), PlantedShop::options());
    const EvaluationReport report =
        evaluate_bundles(engine, train, sets({{"camera", "lens"}, {"lens", "new", "unheard of"}, {"camera"}}),
                         Case::quick({"co-count"}));
    EXPECT_EQ(report.queries, 4);   // camera, lens; lens, new
    EXPECT_EQ(report.clusters, 2);  // "camera" alone is no bundle
    // Three items: every mate is among the ten first.
    EXPECT_EQ(value(report, "co-count", "recall@10"), 1);
    EXPECT_EQ(value(report, "crosslift", "cold_recall@10"), 1);
    EXPECT_NE(report.notes.back().find("4 mates in all, of which 1"), std::string::npos);
    EXPECT_THROW(evaluate_bundles(engine, train, sets({{"x", "y"}}), Case::quick({"co-count"})), DataError);
}

TEST(Bundles, FollowTheRankingOfTheMethod) {
    const Case& data = Case::shared();
    const Catalog& catalog = data.engine.models().catalog;
    const PlainCounts before(testing::plain_baskets(data.train));
    std::vector<std::vector<std::string>> bundles;
    for (int n = 0; n < 12; ++n)
        bundles.push_back({PlantedShop::id(0, n), PlantedShop::id(1, n), PlantedShop::id(4, n)});
    const EvaluationReport report =
        evaluate_bundles(data.engine, data.train, sets(bundles), Case::quick({"popularity", "co-count"}));
    double sum = 0;
    for (const auto& bundle : bundles) {
        for (const auto& item : bundle) {
            ItemSet mates(bundle.begin(), bundle.end());
            mates.erase(item);
            const auto list = ranked(catalog.items(), {item}, [&](const std::string& j) {
                return before.of(item) == 0 ? 0 : before.both(item, j) / before.of(item);
            });
            sum += found(list, mates, 20) / 2;
        }
    }
    EXPECT_NEAR(value(report, "co-count", "recall@20"), sum / 36, 1e-9);
}

TEST(NextBasket, OwnFrequencyEqualsABruteForceJudge) {
    const Case& data = Case::shared();
    EvaluationOptions options = Case::quick();
    options.baselines.clear();
    options.settings = {{"own frequency", "decay 1"}};
    const EvaluationReport report = evaluate_next_basket(data.engine, data.train, data.later, options);
    const PlainCounts before(testing::plain_baskets(data.train));
    std::map<std::string, std::map<std::string, double>> own;
    for (const auto& basket : testing::plain_baskets(data.train)) {
        for (const auto& item : basket.items) own[basket.customer][item] += 1;
    }
    std::map<std::string, ItemSet> next;
    for (const auto& basket : testing::plain_baskets(data.later)) {
        if (own.contains(basket.customer)) next.try_emplace(basket.customer, basket.items);
    }
    double recall = 0;
    double gain = 0;
    for (const auto& [customer, items] : next) {
        const auto list = ranked(data.train.items(), {}, [&, who = customer](const std::string& j) {
            return (own[who].contains(j) ? own[who][j] : 0) + 1e-9 * before.of(j);
        });
        recall += found(list, items, 10) / static_cast<double>(items.size());
        double dcg = 0;
        double best = 0;
        for (std::size_t n = 0; n < 10; ++n) {
            if (items.contains(list[n])) dcg += 1 / std::log2(static_cast<double>(n) + 2);
            if (n < items.size()) best += 1 / std::log2(static_cast<double>(n) + 2);
        }
        gain += dcg / best;
    }
    ASSERT_EQ(report.queries, static_cast<std::int64_t>(next.size()));
    EXPECT_NEAR(value(report, "own frequency", "recall@10"), recall / static_cast<double>(next.size()), 1e-9);
    EXPECT_NEAR(value(report, "own frequency", "ndcg@10"), gain / static_cast<double>(next.size()), 1e-9);
    EXPECT_GT(value(report, "TIFU-kNN", "recall@20"), value(report, "popularity", "recall@20"));
}

}  // namespace
}  // namespace crosslift
