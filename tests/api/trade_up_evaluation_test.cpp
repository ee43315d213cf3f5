// Trade-up judging: a case worked by hand, the protocol by brute force, and what it refuses.
#include "support/plain_judge.hpp"
#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <gtest/gtest.h>

namespace crosslift {
namespace {

using testing::ItemSet;
using testing::PlainBasket;
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

/// Purchases of one shop of wine and bread: wines w1 .. w4 cost 10, 20, 30 and 40.
struct WineShop {
    TransactionTable table;
    std::int64_t now = 0;

    void buy(const std::string& customer, const std::vector<std::string>& items) {
        ++now;
        for (const auto& item : items) {
            table.customer.push_back(customer);
            table.basket.push_back("b" + std::to_string(now));
            table.item.push_back(item);
            table.time.push_back(now);
        }
        table.time_kind = TimeKind::order;
    }
    Transactions done() const { return Transactions(table); }

    static Catalog catalog() {
        CatalogTable table;
        table.category.resize(1);
        const std::vector<std::pair<std::string, float>> wines = {{"w1", 10}, {"w2", 20}, {"w3", 30}, {"w4", 40}};
        for (const auto& [id, price] : wines) {
            table.item.push_back(id);
            table.category[0].push_back("wine");
            table.price.push_back(price);
        }
        table.item.push_back("bread");
        table.category[0].push_back("bread");
        table.price.push_back(2);
        return Catalog(std::move(table));
    }

    /// w4 is the most bought, then w3; from w1 people went to w2 twice and to w3 once.
    static Transactions train() {
        WineShop shop;
        for (int n = 0; n < 5; ++n) shop.buy("", {"w4", "bread"});
        for (int n = 0; n < 3; ++n) shop.buy("", {"w3", "bread"});
        for (const char* customer : {"ann", "bob"}) {
            shop.buy(customer, {"w1", "bread"});
            shop.buy(customer, {"w2"});
        }
        shop.buy("cid", {"w1"});
        shop.buy("cid", {"w3"});
        shop.buy("dora", {"w1", "bread"});
        shop.buy("eva", {"w1"});
        return shop.done();
    }
};

TEST(TradeUpEvaluation, ACaseWorkedByHand) {
    const Transactions train = WineShop::train();
    const OfferEngine engine = fit_offer_engine(train, WineShop::catalog(), PlantedShop::options());
    WineShop shop;
    shop.now = 100;
    shop.buy("dora", {"w2", "bread"});  // up from w1: candidates w2, w3, w4
    shop.buy("dora", {"w1"});           // down: no event
    shop.buy("dora", {"w2"});           // up, but w2 is no longer new to her
    shop.buy("eva", {"w4"});            // up from w1: candidates w2, w3, w4
    shop.buy("ann", {"w3", "w1"});      // up from w2, which she bought last: candidates w3, w4
    shop.buy("cid", {"w4"});            // up from w3: w4 is the only candidate, left out
    shop.buy("new", {"w1"});            // a first purchase in the leaf: no event
    EvaluationOptions options;
    const EvaluationReport report = evaluate_trade_up(engine, train, shop.done(), options);
    EXPECT_EQ(report.queries, 3);
    EXPECT_EQ(report.clusters, 3);
    // Places of the targets: dora's w2, eva's w4, ann's w3.
    EXPECT_DOUBLE_EQ(value(report, "next dearer", "mrr"), (1 + 1 / 3.0 + 1) / 3);
    EXPECT_DOUBLE_EQ(value(report, "popular dearer", "mrr"), (1 / 3.0 + 1 + 1 / 2.0) / 3);
    // From w1: w2 twice, w3 once, w4 never; from w2 nobody went on, so popularity puts w4 before w3.
    EXPECT_DOUBLE_EQ(value(report, "transition count", "mrr"), (1 + 1 / 3.0 + 1 / 2.0) / 3);
    EXPECT_DOUBLE_EQ(value(report, "next dearer", "hr@1"), 2 / 3.0);
    EXPECT_DOUBLE_EQ(value(report, "popular dearer", "hr@1"), 1 / 3.0);
    EXPECT_DOUBLE_EQ(value(report, "next dearer", "hr@3"), 1);
    EXPECT_DOUBLE_EQ(value(report, "next dearer", "mrr_to_best_baseline"), 1);
    EXPECT_GT(value(report, "crosslift", "mrr"), 0);
}

TEST(TradeUpEvaluation, FirstOffersBeyondWhatACustomerUsuallyPaysAreCounted) {
    WineShop earlier_shop;
    for (int n = 0; n < 5; ++n) earlier_shop.buy("", {"w2", "bread"});
    earlier_shop.buy("", {"w3", "bread"});
    for (const char* wine : {"w4", "w1"}) earlier_shop.buy("hal", {wine, "bread"});
    earlier_shop.buy("ivy", {"w1"});
    const Transactions train = earlier_shop.done();
    const OfferEngine engine = fit_offer_engine(train, WineShop::catalog(), PlantedShop::options());
    WineShop shop;
    shop.now = 100;
    shop.buy("hal", {"w3"});  // candidates w2, w3: either is below the 40 that he paid before
    shop.buy("ivy", {"w2"});  // every candidate is above the 10 that she paid before
    const EvaluationReport report = evaluate_trade_up(engine, train, shop.done(), {});
    EXPECT_EQ(report.queries, 2);
    EXPECT_DOUBLE_EQ(value(report, "next dearer", "budget_violation_rate"), 0.5);
    EXPECT_DOUBLE_EQ(value(report, "crosslift", "budget_violation_rate"), 0.5);
}

/// Events by brute force: customer, last item, item traded up to, candidates in item order.
struct PlainEvent {
    std::string customer, from, to;
    std::vector<std::string> candidates;
};

struct PlainTradeUp {
    std::vector<PlainBasket> train, later;
    const Catalog& catalog;
    const IdMap& items;

    double price(const std::string& item) const {
        return catalog.price()[static_cast<std::size_t>(catalog.items().find(item))];
    }
    std::string leaf(const std::string& item) const { return testing::plain_leaf(catalog, item); }

    /// The dearest item of a leaf in the customer's newest basket that has one, looking back from the end.
    std::string last(const std::vector<const PlainBasket*>& past, const std::string& wanted) const {
        for (auto basket = past.rbegin(); basket != past.rend(); ++basket) {
            std::string found;
            for (const auto& item : (*basket)->items) {
                if (leaf(item) == wanted && (found.empty() || price(item) > price(found))) found = item;
            }
            if (!found.empty()) return found;
        }
        return {};
    }

    /// The dearest item of a leaf that the customer ever bought.
    std::string dearest(const std::vector<const PlainBasket*>& past, const std::string& wanted) const {
        std::string found;
        for (const auto* basket : past) {
            for (const auto& item : basket->items) {
                if (leaf(item) == wanted && (found.empty() || price(item) > price(found))) found = item;
            }
        }
        return found;
    }

    std::vector<PlainEvent> events(double ratio, bool own_maximum) const {
        std::vector<PlainEvent> found;
        std::map<std::string, std::vector<const PlainBasket*>> past;
        std::map<std::string, ItemSet> trained;
        for (const auto& basket : train) {
            past[basket.customer].push_back(&basket);
            trained[basket.customer].insert(basket.items.begin(), basket.items.end());
        }
        for (const auto& basket : later) {
            auto& before = past[basket.customer];
            for (const auto& item : basket.items) {
                const bool known = std::any_of(before.begin(), before.end(),
                                               [&](const PlainBasket* old) { return old->items.contains(item); });
                const std::string from = own_maximum ? dearest(before, leaf(item)) : last(before, leaf(item));
                if (known || from.empty() || price(item) < ratio * price(from)) continue;
                PlainEvent event{basket.customer, from, item, {}};
                for (std::int32_t row = 0; row < items.size(); ++row) {
                    const std::string j(items[row]);
                    if (leaf(j) == leaf(item) && price(j) >= ratio * price(from) &&
                        !trained[basket.customer].contains(j)) {
                        event.candidates.push_back(j);
                    }
                }
                if (event.candidates.size() >= 2) found.push_back(event);
            }
            before.push_back(&basket);
        }
        return found;
    }

    double transitions(const std::string& from, const std::string& to) const {
        double count = 0;
        std::map<std::string, std::vector<const PlainBasket*>> past;
        for (const auto& basket : train) {
            auto& before = past[basket.customer];
            if (from != to && basket.items.contains(to) && last(before, leaf(to)) == from) ++count;
            before.push_back(&basket);
        }
        return count;
    }

    double bought(const std::string& item) const {
        return static_cast<double>(
            std::count_if(train.begin(), train.end(), [&](const auto& basket) { return basket.items.contains(item); }));
    }

    /// Mean reciprocal rank of a score over the events; ties by item order.
    template <class Score>
    double mrr(const std::vector<PlainEvent>& all, const Score& score) const {
        double sum = 0;
        for (const auto& event : all) {
            auto ranked = event.candidates;
            std::stable_sort(ranked.begin(), ranked.end(),
                             [&](const auto& a, const auto& b) { return score(event, a) > score(event, b); });
            sum += 1 / (1.0 + static_cast<double>(std::find(ranked.begin(), ranked.end(), event.to) - ranked.begin()));
        }
        return sum / static_cast<double>(all.size());
    }
};

void compare_with_brute_force(bool own_maximum) {
    PlantedShop shop;
    shop.baskets = 500;
    const TimeSplit split = split_by_time(shop.transactions(), 0.3);
    const OfferEngine engine = fit_offer_engine(split.earlier, shop.catalog(), PlantedShop::options());
    EvaluationOptions options;
    options.max_queries = 0;
    options.own_maximum = own_maximum;
    const EvaluationReport report = evaluate_trade_up(engine, split.earlier, split.later, options);

    const PlainTradeUp plain{testing::plain_baskets(split.earlier), testing::plain_baskets(split.later),
                             engine.models().catalog, split.earlier.items()};
    const auto events = plain.events(options.min_price_ratio, own_maximum);
    ASSERT_GT(events.size(), 15U);
    EXPECT_EQ(report.queries, static_cast<std::int64_t>(events.size()));
    const auto expect = [&](const char* method, const auto& score) {
        EXPECT_NEAR(value(report, method, "mrr"), plain.mrr(events, score), 1e-12) << method;
    };
    expect("next dearer", [&](const auto&, const auto& j) { return -plain.price(j); });
    expect("popular dearer", [&](const auto&, const auto& j) { return plain.bought(j); });
    expect("transition count",
           [&](const auto& event, const auto& j) { return plain.transitions(event.from, j) * 1e6 + plain.bought(j); });
    expect("crosslift", [&](const auto& event, const auto& j) {
        const std::vector<std::string> from = {event.from};
        const std::vector<std::string> customer = {event.customer};
        const std::vector<std::vector<std::string>> candidates = {event.candidates};
        const auto scores = engine.score_upsells(from, candidates, customer).front();
        const auto place = std::find(event.candidates.begin(), event.candidates.end(), j);
        return scores[static_cast<std::size_t>(place - event.candidates.begin())];
    });
}

TEST(TradeUpEvaluation, EqualsABruteForceJudge) {
    compare_with_brute_force(false);
}

TEST(TradeUpEvaluation, EqualsABruteForceJudgeByOwnMaximum) {
    compare_with_brute_force(true);
}

TEST(TradeUpEvaluation, ThreadsDoNotChangeAnyNumberAndSamplesAreRepeatable) {
    const PlantedShop shop;
    const TimeSplit split = split_by_time(shop.transactions(), 0.3);
    const OfferEngine engine = fit_offer_engine(split.earlier, shop.catalog(), PlantedShop::options());
    EvaluationOptions options;
    options.max_queries = 60;
    options.bootstrap = 50;
    options.threads = 1;
    const EvaluationReport report = evaluate_trade_up(engine, split.earlier, split.later, options);
    EXPECT_EQ(report.queries, 60);
    options.threads = 3;
    EXPECT_EQ(report.json(), evaluate_trade_up(engine, split.earlier, split.later, options).json());
}

TEST(TradeUpEvaluation, WhatCannotBeJudgedIsAClearError) {
    const Transactions train = WineShop::train();
    WineShop later;
    later.now = 100;
    later.buy("dora", {"w2", "bread"});
    const auto message = [&](const Catalog& catalog, const Transactions& newer) -> std::string {
        const OfferEngine engine = fit_offer_engine(train, catalog, PlantedShop::options());
        try {
            evaluate_trade_up(engine, train, newer);
        } catch (const DataError& error) {
            return error.what();
        }
        return "no error";
    };
    EXPECT_NE(message({}, later.done()).find("no categories"), std::string::npos);
    WineShop nobody;
    nobody.now = 100;
    nobody.buy("", {"w4", "bread"});
    EXPECT_NE(message(WineShop::catalog(), nobody.done()).find("no trade-up"), std::string::npos);
}

}  // namespace
}  // namespace crosslift
