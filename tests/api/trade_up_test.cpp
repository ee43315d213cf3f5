// Fitted trade-up weights against planted preferences; what is learned from where, and bad input.
#include "support/line_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/files.hpp>
#include <crosslift/trade_up.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

namespace crosslift {
namespace {

using testing::Line;
using Shop = testing::LineShop;

/// Customers buy one of four cheap items, later one of six dear ones by a softmax whose only utility is the brand.
Shop planted_shop(double same_brand, int customers) {
    Shop shop;
    for (int i = 0; i < 10; ++i)
        shop.items.push_back({"leaf", "brand" + std::to_string(i % 4), "maker" + std::to_string(i), "",
                              i < 4 ? 1.0F : 2.0F + 0.01F * static_cast<float>(i)});
    std::mt19937 random(4);
    std::uniform_real_distribution<double> uniform;
    int basket = 0;
    for (int u = 0; u < customers; ++u, ++basket) shop.lines.push_back({u, basket, u % 4, basket});
    for (int n = 0; n < customers / 2; ++n, ++basket) shop.lines.push_back({-1, basket, 4 + n % 6, basket});
    for (int u = 0; u < customers; ++u, ++basket) {
        std::vector<double> weight;
        for (int i = 4; i < 10; ++i) weight.push_back(i % 4 == u % 4 ? std::exp(same_brand) : 1.0);
        double left = uniform(random) * (weight[0] + weight[1] + weight[2] + weight[3] + weight[4] + weight[5]);
        int choice = 0;
        while (choice < 5 && (left -= weight[static_cast<std::size_t>(choice)]) > 0) ++choice;
        shop.lines.push_back({u, basket, 4 + choice, basket});
    }
    shop.build(TimeKind::order);
    return shop;
}

TradeUpOptions planted_options() {
    TradeUpOptions options;
    options.l2 = 1.0;
    options.windows = 2;
    options.window_share = 0.2;
    options.taste.factors = 2;
    options.taste.iterations = 2;
    return options;
}

double weight_of(const TradeUpModel& model, const std::string& feature) {
    for (const auto& [name, weight] : model.weights)
        if (name == feature) return weight;
    ADD_FAILURE() << "no weight for " << feature;
    return 0;
}

TEST(TradeUp, APlantedPreferenceIsRecovered) {
    const Shop shop = planted_shop(1.5, 4000);
    const auto model = fit_trade_up(shop.history, shop.catalog, planted_options());
    EXPECT_EQ(model.events, 4000);  // two windows of a fifth of 10,000 baskets
    EXPECT_NEAR(weight_of(model, "same_brand"), 1.5, 0.15);
    EXPECT_GT(model.validation_mrr, 1.1 * model.popular_mrr);
    EXPECT_EQ(model.taste.item_factors.rows(), 10);
}

TEST(TradeUp, FitsAreRepeatableAtAnyNumberOfThreads) {
    const Shop shop = planted_shop(1.0, 600);
    TradeUpOptions options = planted_options();
    options.max_events = 200;
    options.threads = 1;
    const auto first = fit_trade_up(shop.history, shop.catalog, options);
    options.threads = 2;
    const auto second = fit_trade_up(shop.history, shop.catalog, options);
    EXPECT_EQ(first.events, 200);
    ASSERT_EQ(first.weights.size(), trade_up_features().size());
    for (std::size_t n = 0; n < first.weights.size(); ++n) EXPECT_EQ(first.weights[n].weight, second.weights[n].weight);
}

TEST(TradeUp, WhatIsBoughtInAWindowIsNoFactOfIt) {
    TradeUpOptions options = planted_options();
    options.windows = 1;
    std::vector<TradeUpModel> models;
    for (const int item : {4, 9}) {
        Shop shop = planted_shop(1.0, 600);
        const int baskets = shop.lines.back().basket + 1;
        for (int n = 0; n < 60; ++n) shop.lines.push_back({-1, baskets + n, item, baskets + n});
        shop.build(TimeKind::order);
        models.push_back(fit_trade_up(shop.history, shop.catalog, options));
    }
    ASSERT_GT(models[0].events, 200);
    for (std::size_t n = 0; n < models[0].weights.size(); ++n)
        EXPECT_EQ(models[0].weights[n].weight, models[1].weights[n].weight) << models[0].weights[n].feature;
}

TEST(TradeUp, WithFewEventsCandidatesRankByBaskets) {
    const Shop shop = planted_shop(1.0, 40);
    const auto model = fit_trade_up(shop.history, shop.catalog, planted_options());
    EXPECT_TRUE(model.weights.empty());
    const auto facts = make_trade_up_facts(shop.history, shop.catalog, shop.price, model.taste);
    const std::vector<std::int32_t> candidates = {4, 5, 6, 7, 8, 9};
    const auto score = score_trade_up(model, *facts, 0, candidates, 0);
    const auto baskets = [&](std::int32_t item) { return shop.history.item_baskets.view().row(item).size(); };
    for (std::size_t a = 0; a < 6; ++a)
        for (std::size_t b = 0; b < 6; ++b)
            EXPECT_EQ(score[a] < score[b], baskets(candidates[a]) < baskets(candidates[b]));
}

TEST(TradeUp, WithoutCustomersPricesOrCategoriesThereIsNothingToLearn) {
    Shop shop = planted_shop(1.0, 200);
    for (Line& line : shop.lines) line.customer = -1;
    shop.build(TimeKind::order);
    EXPECT_TRUE(fit_trade_up(shop.history, shop.catalog).weights.empty());
    const Catalog bare = Catalog().aligned_to(shop.catalog.items(), {});
    EXPECT_TRUE(fit_trade_up(shop.history, bare).weights.empty());
    const auto facts = make_trade_up_facts(shop.history, bare, fit_price(shop.history, bare), {});
    EXPECT_TRUE(score_trade_up({}, *facts, 0, {}, IdMap::unknown).empty());
}

TEST(TradeUp, AWindowBeforeWhichNoCustomerIsKnownHasNoEvents) {
    Shop shop = planted_shop(1.0, 400);
    const auto known_from = shop.lines.size() * 7 / 10;
    for (std::size_t n = 0; n < known_from; ++n) shop.lines[n].customer = -1;
    shop.build(TimeKind::order);
    TradeUpOptions options = planted_options();
    options.windows = 1;
    options.window_share = 0.3;
    const auto model = fit_trade_up(shop.history, shop.catalog, options);
    EXPECT_EQ(model.events, 0);
    EXPECT_TRUE(model.weights.empty());
}

TEST(TradeUp, BadInputIsToldAtTheDoor) {
    const Shop shop = planted_shop(1.0, 100);
    const auto refused = [&](auto change) {
        TradeUpOptions options;
        change(options);
        EXPECT_THROW(fit_trade_up(shop.history, shop.catalog, options), InvalidArgument);
    };
    refused([](auto& o) { o.l2 = 0; });
    refused([](auto& o) { o.min_price_ratio = 1; });
    refused([](auto& o) { o.windows = 0; });
    refused([](auto& o) { o.window_share = 0.6; });
    refused([](auto& o) { o.max_events = 0; });
    EXPECT_THROW(fit_trade_up(shop.history, Catalog(), {}), InvalidArgument);

    const auto facts = make_trade_up_facts(shop.history, shop.catalog, shop.price, {});
    const std::vector<std::int32_t> one = {4}, outside = {10};
    EXPECT_THROW(score_trade_up({}, *facts, 10, one, 0), InvalidArgument);
    EXPECT_THROW(score_trade_up({}, *facts, 0, outside, 0), InvalidArgument);
    EXPECT_THROW(score_trade_up({}, *facts, 0, one, 100), InvalidArgument);
    TradeUpModel strange;
    strange.weights = {{"colour", 1.0}};
    EXPECT_THROW(score_trade_up(strange, *facts, 0, one, 0), InvalidArgument);
    AlsModel small;
    small.item_factors = Matrix(3, 2);
    small.customer_factors = Matrix(100, 2);
    EXPECT_THROW(make_trade_up_facts(shop.history, shop.catalog, shop.price, small), InvalidArgument);
}

TEST(TradeUp, AStopRequestEndsTraining) {
    const Shop shop = planted_shop(1.0, 200);
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(fit_trade_up(shop.history, shop.catalog, {}, {.on_step = {}, .stop = source.get_token()}), Stopped);
}

TEST(TradeUp, OnRealPurchasesItBeatsPopularity) {
    const BundledData data = bundled_data("complete_journey");
    const Catalog catalog = data.catalog.aligned_to(data.transactions.items(), median_prices(data.transactions));
    const auto history = make_history(data.transactions, catalog.items(), data.transactions.customers());
    const auto model = fit_trade_up(history, catalog);
    EXPECT_GT(model.events, 1000);
    EXPECT_GT(model.validation_mrr, 1.03 * model.popular_mrr);
}

}  // namespace
}  // namespace crosslift
