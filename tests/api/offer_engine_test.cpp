// The engine as a whole: odd shops, threads, determinism, explanations.
#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

namespace crosslift {
namespace {

using testing::PlantedShop;

Transactions lines(const std::vector<std::pair<std::string, std::string>>& basket_item) {
    TransactionTable table;
    for (const auto& [basket, item] : basket_item) {
        table.basket.push_back(basket);
        table.item.push_back(item);
    }
    return Transactions(std::move(table));
}

TEST(OfferEngine, NoPairOfItemsIsAClearError) {
    try {
        fit_offer_engine(lines({{"1", "a"}, {"2", "b"}, {"3", "a"}, {"3", "a"}}));
        FAIL() << "no error";
    } catch (const DataError& error) {
        EXPECT_NE(std::string(error.what()).find("two different items"), std::string::npos);
    }
}

TEST(OfferEngine, WithoutTimesCustomersOrPricesItStillWorks) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (int n = 0; n < 60; ++n) {
        const std::string basket = std::to_string(n);
        rows.push_back({basket, n % 2 == 0 ? "bread" : "tea"});
        rows.push_back({basket, n % 2 == 0 ? "butter" : "milk"});
    }
    const OfferEngine engine = fit_offer_engine(lines(rows), {}, PlantedShop::options());
    const std::vector<std::string> basket = {"bread"};
    const OfferList list = engine.cross_sell(basket);
    ASSERT_EQ(list.offers.size(), 1U);
    EXPECT_EQ(list.offers[0].item, "butter");
    EXPECT_EQ(list.offers[0].evidence.together, 30);
    EXPECT_TRUE(std::isnan(list.offers[0].price));
    EXPECT_TRUE(engine.upsell("bread").offers.empty());
    EXPECT_EQ(engine.recommend("").offers.size(), 4U);
}

TEST(OfferEngine, TheSameAtAnyThreadCount) {
    OfferEngineOptions one = PlantedShop::options(), three = PlantedShop::options();
    one.threads = 1;
    three.threads = 3;
    const OfferEngine a = fit_offer_engine(PlantedShop().transactions(), PlantedShop().catalog(), one);
    const OfferEngine b = fit_offer_engine(PlantedShop().transactions(), PlantedShop().catalog(), three);
    const std::vector<std::vector<std::string>> baskets = {{"c0i1"}, {"c2i2", "c5i0"}, {}};
    const std::vector<std::string> customers = {"k1", "", "k2"};
    const Matrix x = a.score_baskets(baskets, customers), y = b.score_baskets(baskets, customers);
    for (std::int64_t r = 0; r < x.rows(); ++r)
        for (std::size_t c = 0; c < x.row(r).size(); ++c) EXPECT_EQ(x.row(r)[c], y.row(r)[c]);
}

TEST(OfferEngine, ManyThreadsMayAskAtOnce) {
    const OfferEngine engine = PlantedShop().engine();
    const std::string item = "c0i1";
    const OfferList alone = engine.cross_sell(std::span(&item, 1), "k1");
    std::vector<int> different(4, 0);
    {
        std::vector<std::jthread> threads;
        for (int& count : different)
            threads.emplace_back([&engine, &alone, &item, &count] {
                for (int n = 0; n < 50; ++n) {
                    const OfferList mine = engine.cross_sell(std::span(&item, 1), "k1");
                    count += mine.offers.size() != alone.offers.size() || mine.offers[0].item != alone.offers[0].item ||
                             mine.offers[0].score != alone.offers[0].score;
                    engine.upsell(item, "k1");
                    engine.recommend("k1");
                }
            });
    }
    for (const int count : different) EXPECT_EQ(count, 0);
}

TEST(OfferEngine, RawScoresOfAnUnknownBasketAreTheIntercepts) {
    const OfferEngine engine = PlantedShop().engine();
    const std::vector<std::vector<std::string>> baskets = {{"never seen"}, {}};
    const Matrix scores = engine.score_baskets(baskets);
    for (std::size_t n = 0; n < scores.row(0).size(); ++n) {
        EXPECT_EQ(scores.row(0)[n], engine.models().complement.intercept[n]);
        EXPECT_EQ(scores.row(1)[n], scores.row(0)[n]);
    }
    const std::vector<std::string> three = {"a", "b", "c"};
    EXPECT_THROW(engine.score_baskets(baskets, three), InvalidArgument);
}

// What a customer bought and what is new to them are two lists; neither moves the other.
TEST(OfferEngine, DiscoveryAndBuyAgainShareTheItemsOut) {
    const OfferEngine engine = PlantedShop().engine();
    const OfferModels& models = engine.models();
    const std::vector<std::vector<std::string>> baskets = {{"c0i1", "c2i2"}};
    const std::vector<std::string> customer = {"k1"};
    const auto row_of = [&](std::span<const std::string> who, HistoryUse use) {
        const Matrix scores = engine.score_baskets(baskets, who, {}, use);
        return std::vector<float>(scores.row(0).begin(), scores.row(0).end());
    };
    const auto nobody = row_of({}, HistoryUse::discovery), mixed = row_of(customer, HistoryUse::mixed);
    const auto fresh = row_of(customer, HistoryUse::discovery), again = row_of(customer, HistoryUse::buy_again);
    const std::int32_t row = models.customers.find("k1");
    std::vector<int> bought(nobody.size(), 0);
    for (const std::int32_t basket : models.history.customer_baskets.view().row(row))
        for (const std::int32_t item : models.history.baskets.view().row(basket))
            bought[static_cast<std::size_t>(item)] = 1;
    EXPECT_EQ(nobody, row_of({}, HistoryUse::mixed));
    for (std::size_t item = 0; item < nobody.size(); ++item) {
        constexpr float never = -std::numeric_limits<float>::infinity();
        EXPECT_EQ(fresh[item], bought[item] != 0 ? never : nobody[item]);
        EXPECT_EQ(again[item], bought[item] != 0 ? mixed[item] : never);
        if (bought[item] != 0) continue;
        EXPECT_EQ(mixed[item], nobody[item]);
    }
    EXPECT_NE(std::ranges::count(bought, 0), 0);
    EXPECT_NE(std::ranges::count(bought, 1), 0);
}

TEST(OfferEngine, TradeUpScoresOfAnEarlierMomentLookAtEarlierPurchasesOnly) {
    const PlantedShop shop;
    const OfferEngine engine = shop.engine();
    const OfferModels& models = engine.models();
    const std::int64_t known = models.history.basket_count() / 2;
    const PurchaseHistory before = earlier(models.history, known);
    const auto facts =
        make_trade_up_facts(before, models.catalog, fit_price(before, models.catalog), models.trade_up.taste);
    std::vector<std::int32_t> rows;
    std::vector<std::vector<std::string>> candidates(1);
    for (int rank = 2; rank < 6; ++rank) {
        candidates[0].push_back(PlantedShop::id(3, rank));
        rows.push_back(models.catalog.items().find(candidates[0].back()));
    }
    const std::vector<std::string> item = {PlantedShop::id(3, 1)}, customer = {"k7"};
    const auto wanted = score_trade_up(models.trade_up, *facts, models.catalog.items().find(item[0]), rows,
                                       models.customers.find("k7"));
    const auto latest = models.history.latest_time();
    EXPECT_EQ(engine.score_upsells(item, candidates, customer, before.latest_time())[0], wanted);
    EXPECT_NE(engine.score_upsells(item, candidates, customer)[0], wanted);
    EXPECT_EQ(engine.score_upsells(item, candidates, customer, latest + 1000),
              engine.score_upsells(item, candidates, customer));
    const auto nothing_known = engine.score_upsells(item, candidates, customer, 0);
    ASSERT_EQ(nothing_known[0].size(), 4);
    for (const float score : nothing_known[0]) EXPECT_TRUE(std::isfinite(score));
}

TEST(OfferEngine, TradeUpProbabilityIsTheAcceptanceModels) {
    const PlantedShop shop;
    const OfferEngine engine = shop.engine();
    const OfferModels& models = engine.models();
    ASSERT_FALSE(models.acceptance.empty());
    const std::vector<std::string> items = {PlantedShop::id(2, 1), "nothing", PlantedShop::id(4, 0)};
    const std::vector<std::string> customers = {"k3", "k3", "stranger"};
    const auto said = engine.trade_up_probability(items, customers);
    EXPECT_EQ(said[0],
              models.acceptance.probability(models.history, models.catalog, models.price,
                                            models.catalog.items().find(items[0]), models.customers.find("k3")));
    EXPECT_TRUE(std::isnan(said[1]));
    EXPECT_EQ(said[2], models.acceptance.probability(models.history, models.catalog, models.price,
                                                     models.catalog.items().find(items[2]), IdMap::unknown));
    EXPECT_THROW(engine.trade_up_probability(items, std::vector<std::string>{"k3"}), InvalidArgument);
    const auto list = engine.upsell(items[0], "k3");
    for (const Offer& offer : list.offers) {
        EXPECT_GT(offer.probability, 0);
        EXPECT_LT(offer.probability, said[0]);  // one of several dearer items
    }
}

TEST(OfferEngine, StopsOnRequestWithoutAModel) {
    std::stop_source stop;
    stop.request_stop();
    Progress progress{.on_step = {}, .stop = stop.get_token()};
    EXPECT_THROW(fit_offer_engine(PlantedShop().transactions(), PlantedShop().catalog(), {}, progress), Stopped);
}

TEST(OfferEngine, ExplainSaysWhatWasCounted) {
    const OfferEngine engine = PlantedShop().engine();
    const std::string item = "c0i1";
    const OfferList list = engine.cross_sell(std::span(&item, 1));
    ASSERT_FALSE(list.offers.empty());
    const std::string text = explain(list.offers[0]);
    EXPECT_NE(text.find(list.offers[0].sentence), std::string::npos);
    EXPECT_NE(text.find(" with both"), std::string::npos);
    EXPECT_NE(text.find("bought_together (c0i1)"), std::string::npos);
}

TEST(OfferEngine, PartsOfDifferentFitsAreRefused) {
    const OfferEngine engine = PlantedShop().engine();
    OfferModels models = engine.models();
    models.complement.intercept.pop_back();
    EXPECT_THROW(OfferEngine{std::move(models)}, InvalidArgument);
}

}  // namespace
}  // namespace crosslift
