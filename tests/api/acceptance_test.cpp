// P(up): counts by hand, a planted habit, calibration, and input that cannot be learned from.
#include "support/line_shop.hpp"

#include <crosslift/acceptance.hpp>
#include <crosslift/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stop_token>
#include <utility>
#include <vector>

namespace crosslift {
namespace {

using testing::LineShop;

constexpr std::int64_t day = 86400;
constexpr std::int64_t start = 1'600'041'600;

/// Items 0 .. 3 of one leaf at 1, 2, 3, 4. Every customer has a favourite and buys it with probability `loyalty`, else
/// any of the four, once a week from the week n = 7 * u mod `starts` on.
LineShop loyal_shop(int customers, int purchases, double loyalty, int starts = 1) {
    LineShop shop;
    for (int i = 0; i < 4; ++i) shop.items.push_back({"leaf", "", "", "", 1.0F + static_cast<float>(i)});
    std::mt19937 random(5);
    std::uniform_real_distribution<double> uniform;
    for (int n = 0; n < purchases; ++n)
        for (int u = 0; u < customers; ++u) {
            if (n < 7 * u % starts) continue;
            const int item = uniform(random) < loyalty ? u % 4 : static_cast<int>(random() % 4);
            shop.lines.push_back({u, n * customers + u, item, start + (7 * n + u % 7) * day});
        }
    shop.build();
    return shop;
}

TEST(Acceptance, CountsAreThoseOfTheReceipts) {
    LineShop shop = loyal_shop(100, 20, 0.5);
    const auto model = fit_acceptance(shop.history, shop.catalog);
    ASSERT_FALSE(model.empty());
    std::vector<double> baskets(4), returns(4), ups(4);
    for (std::int32_t u = 0; u < shop.history.customers; ++u) {
        int before = -1;
        for (const std::int32_t basket : shop.history.customer_baskets.view().row(u)) {
            const int item = shop.history.baskets.view().row(basket).front();
            baskets[static_cast<std::size_t>(item)] += 1;
            if (before >= 0) {
                returns[static_cast<std::size_t>(before)] += 1;
                ups[static_cast<std::size_t>(before)] += item > before ? 1 : 0;
            }
            before = item;
        }
    }
    const double all = baskets[0] + baskets[1] + baskets[2] + baskets[3];
    double dearer = 0, expected = 0;
    std::vector<double> share(4);
    for (std::size_t i = 4; i-- > 0;) {
        share[i] = (dearer + 1) / (all + 2);
        EXPECT_NEAR(model.items[i].dearer_share, share[i], 1e-6);
        dearer += baskets[i];
        expected += returns[i] * share[i];
    }
    const double scale = (ups[0] + ups[1] + ups[2] + ups[3]) / expected;
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_NEAR(model.items[i].item_rate, (ups[i] + 10 * std::min(1.0, scale * share[i])) / (returns[i] + 10),
                    1e-6);
}

TEST(Acceptance, KnowsWhoIsLoyal) {
    const LineShop shop = loyal_shop(200, 24, 0.8);
    const auto model = fit_acceptance(shop.history, shop.catalog);
    EXPECT_GT(model.validation_auc, model.item_rate_auc + 0.03);
    EXPECT_GT(model.validation_auc, model.dearer_share_auc + 0.03);
    // From item 1, customers whose favourite is dearer go up far more often than those who stay.
    double stays = 0, goes = 0, all = 0;
    for (const testing::Line& line : shop.lines) {
        if (line.basket >= 200) break;
        const double p = model.probability(shop.history, shop.catalog, shop.price, 1, line.customer);
        if (line.basket % 4 == 1) stays += p;
        if (line.basket % 4 == 3) goes += p;
        all += 1;
    }
    EXPECT_NEAR(stays / 50, 0.1, 0.05);  // 0.2 * 2 / 4
    EXPECT_NEAR(goes / 50, 0.85, 0.1);   // 0.8 + 0.2 * 1 / 4 on average over what came before
    EXPECT_EQ(all, 200);
}

/// exp(utility) of the dearer items of the leaf over that of all four.
double dearer_share(const std::vector<double>& mass, std::size_t from) {
    double dearer = 0, all = 0;
    for (std::size_t i = 0; i < mass.size(); ++i) {
        all += mass[i];
        if (i > from) dearer += mass[i];
    }
    return dearer / all;
}

TEST(Acceptance, ChoiceIsTheShareOfTheDearerItems) {
    const LineShop shop = loyal_shop(40, 12, 0.5);
    auto model = fit_acceptance(shop.history, shop.catalog);
    ASSERT_FALSE(model.empty());
    ASSERT_FALSE(model.personal.choice.empty());
    // P(up) is the fact itself; utilities are logarithms of counts, so that their exponentials are the counts plus one.
    for (auto* it : {&model.personal, &model.anonymous}) {
        *it = {};
        it->weights = {{"choice", 1}};
    }
    const std::int64_t now = shop.history.latest_time();
    std::vector<double> sales(4, 1), month(4, 1), own(4, 1);
    constexpr std::int32_t u = 7;
    for (std::int64_t basket = 0; basket < shop.history.basket_count(); ++basket) {
        const auto item = static_cast<std::size_t>(shop.history.baskets.view().row(basket).front());
        sales[item] += 1;
        if (shop.history.time[static_cast<std::size_t>(basket)] >= now - 28 * day) month[item] += 1;
        if (shop.history.customer[static_cast<std::size_t>(basket)] == u) own[item] += 1;
    }
    const auto say = [&](std::vector<AcceptanceWeight> choice, std::int32_t customer, std::int32_t from) {
        model.personal.choice = model.anonymous.choice = std::move(choice);
        return model.probability(shop.history, shop.catalog, shop.price, from, customer);
    };
    for (const std::int32_t from : {0, 1, 2}) {
        const auto i = static_cast<std::size_t>(from);
        EXPECT_NEAR(say({{"sales", 1}}, IdMap::unknown, from), dearer_share(sales, i), 1e-9);
        EXPECT_NEAR(say({{"sales_28d", 1}}, IdMap::unknown, from), dearer_share(month, i), 1e-9);
        EXPECT_NEAR(say({{"own_purchases", 1}}, u, from), dearer_share(own, i), 1e-9);
        std::vector<double> loyal = own, near(4);
        loyal[i] *= 5;
        EXPECT_NEAR(say({{"own_purchases", 1}, {"same_item", std::log(5.0)}}, u, from), dearer_share(loyal, i), 1e-9);
        for (std::size_t j = 0; j < 4; ++j) {
            const double ratio = static_cast<double>(j + 1) / static_cast<double>(i + 1);
            near[j] = std::exp(-0.7 * std::min(2.0, std::abs(std::log(ratio))));
        }
        EXPECT_NEAR(say({{"price_distance", -0.7}}, u, from), dearer_share(near, i), 1e-6);
    }
    EXPECT_NEAR(say({{"sales", 1}}, u, 3), 1e-3, 1e-12);  // nothing is dearer: as near to never as it says
}

TEST(Acceptance, ProbabilitiesComeTrueOnLaterPurchases) {
    const LineShop shop = loyal_shop(600, 30, 0.6, 20);
    const std::int64_t cut = shop.history.basket_count() * 4 / 5;
    const PurchaseHistory before = earlier(shop.history, cut);
    const auto model = fit_acceptance(before, shop.catalog);
    const PriceModel price = fit_price(before, shop.catalog);
    double expected = 0, ups = 0, count = 0, anonymous = 0;
    for (std::int32_t u = 0; u < shop.history.customers; ++u) {
        int last = -1;
        for (const std::int32_t basket : shop.history.customer_baskets.view().row(u)) {
            const int item = shop.history.baskets.view().row(basket).front();
            if (basket >= cut && last >= 0) {
                const std::int64_t now = shop.history.time[static_cast<std::size_t>(basket)] - 1;
                expected += model.probability(shop.history, shop.catalog, price, last, u, now);
                anonymous += model.probability(shop.history, shop.catalog, price, last, IdMap::unknown, now);
                ups += item > last ? 1 : 0;
                count += 1;
            }
            last = item;
        }
    }
    EXPECT_NEAR(expected / count, ups / count, 0.03);
    EXPECT_NEAR(anonymous / count, ups / count, 0.03);
}

TEST(Acceptance, PurchasesAfterAsOfAreNotLookedAt) {
    const LineShop shop = loyal_shop(100, 20, 0.7);
    const auto model = fit_acceptance(shop.history, shop.catalog);
    const std::int64_t cut = start + 70 * day;
    std::int64_t known = 0;
    while (shop.history.time[static_cast<std::size_t>(known)] <= cut) ++known;
    const PurchaseHistory before = earlier(shop.history, known);
    for (std::int32_t u = 0; u < 10; ++u)
        EXPECT_EQ(model.probability(shop.history, shop.catalog, shop.price, 2, u, cut),
                  model.probability(before, shop.catalog, shop.price, 2, u, cut));
    EXPECT_EQ(model.probability(shop.history, shop.catalog, shop.price, 2, 3, start - day),
              model.probability(shop.history, shop.catalog, shop.price, 2, IdMap::unknown, start - day));
}

TEST(Acceptance, WhatCannotBeLearnedFromOrAskedFor) {
    LineShop shop = loyal_shop(100, 20, 0.7);
    const auto model = fit_acceptance(shop.history, shop.catalog);
    EXPECT_THROW(model.probability(shop.history, shop.catalog, shop.price, 4, 0), InvalidArgument);
    EXPECT_THROW(model.probability(shop.history, shop.catalog, shop.price, 0, 100), InvalidArgument);
    AcceptanceModel bare_one = model;
    for (auto* regression : {&bare_one.personal, &bare_one.anonymous}) {
        regression->weights.clear();
        regression->choice.clear();
        const double z = regression->slope * regression->intercept + regression->shift;
        const std::int32_t customer = regression == &bare_one.personal ? 0 : IdMap::unknown;
        EXPECT_NEAR(bare_one.probability(shop.history, shop.catalog, shop.price, 0, customer), 1 / (1 + std::exp(-z)),
                    1e-12);
    }
    EXPECT_TRUE(std::isnan(AcceptanceModel().probability(shop.history, shop.catalog, shop.price, 0, 0)));
    const LineShop few = loyal_shop(5, 4, 0.5);
    EXPECT_TRUE(fit_acceptance(few.history, few.catalog).empty());
    const Catalog bare = Catalog().aligned_to(shop.catalog.items(), {});
    EXPECT_TRUE(fit_acceptance(shop.history, bare).empty());
    AcceptanceOptions options;
    options.min_price_ratio = 1;
    EXPECT_THROW(fit_acceptance(shop.history, shop.catalog, options), InvalidArgument);
    options = {};
    options.window_share = 0.6;
    EXPECT_THROW(fit_acceptance(shop.history, shop.catalog, options), InvalidArgument);
    EXPECT_THROW(fit_acceptance(shop.history, Catalog()), InvalidArgument);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(fit_acceptance(shop.history, shop.catalog, {}, {.on_step = {}, .stop = stop.get_token()}), Stopped);
}

}  // namespace
}  // namespace crosslift
