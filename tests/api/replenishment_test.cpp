// Repeat purchases: what is counted, planted habits, probabilities that come true, and input without dates.
#include "support/line_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/replenishment.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace crosslift {
namespace {

using testing::LineShop;

constexpr std::int64_t day = 86400;
constexpr std::int64_t start = 1'600'041'600;  // a midnight, UTC

/// Item i is bought about every 7 * (i + 1) days by every customer; the last item never twice.
LineShop habit_shop(int customers, int days) {
    LineShop shop;
    for (int i = 0; i < 5; ++i) shop.items.push_back({"leaf", "", "", "", 1.0F});
    std::mt19937 random(3);
    std::normal_distribution<double> noise(0, 0.15);
    int basket = 0;
    for (int u = 0; u < customers; ++u) {
        for (int i = 0; i < 4; ++i) {
            double t = static_cast<double>(random() % 28);
            for (; t < days; t += 7 * (i + 1) * std::exp(noise(random)))
                shop.lines.push_back({u, basket++, i, start + static_cast<std::int64_t>(t * day)});
        }
        shop.lines.push_back({u, basket++, 4, start + static_cast<std::int64_t>(random() % days) * day});
    }
    shop.build();
    return shop;
}

TEST(Replenishment, DueDatesFollowTheUsualGap) {
    const LineShop shop = habit_shop(120, 240);
    const auto model = fit_replenishment(shop.history);
    ASSERT_FALSE(model.empty());
    const auto list = model.due(shop.history, 5, shop.history.latest_time(), 14);
    std::vector<int> seen(5);
    for (const DueItem& it : list) {
        seen[static_cast<std::size_t>(it.item)]++;
        EXPECT_NEAR(it.usual_gap_days, 7.0 * (it.item + 1), 0.15 * 7 * (it.item + 1)) << it.item;
        EXPECT_NEAR(static_cast<double>(it.due - it.last) / day, it.usual_gap_days, 1e-4);
    }
    EXPECT_EQ(seen, (std::vector<int>{1, 1, 1, 1, 0}));  // what nobody buys twice is not due
}

TEST(Replenishment, ProbabilitiesComeTrue) {
    const LineShop shop = habit_shop(250, 300);
    const std::int64_t cut = start + 250 * day;
    std::int64_t known = 0;
    while (shop.history.time[static_cast<std::size_t>(known)] <= cut) ++known;
    const auto model = fit_replenishment(earlier(shop.history, known));
    for (const double horizon : {7.0, 14.0}) {
        double expected = 0, bought = 0, pairs = 0, likely = 0, likely_bought = 0;
        for (std::int32_t customer = 0; customer < shop.history.customers; ++customer) {
            for (const DueItem& it : model.due(shop.history, customer, cut, horizon)) {
                bool yes = false;
                for (const std::int32_t basket : shop.history.customer_baskets.view().row(customer)) {
                    const std::int64_t time = shop.history.time[static_cast<std::size_t>(basket)];
                    if (time <= cut || static_cast<double>(time - cut) > horizon * day) continue;
                    for (const std::int32_t item : shop.history.baskets.view().row(basket))
                        yes = yes || item == it.item;
                }
                pairs += 1;
                expected += it.probability;
                bought += yes ? 1 : 0;
                if (it.probability < 0.8) continue;
                likely += 1;
                likely_bought += yes ? 1 : 0;
            }
        }
        EXPECT_NEAR(expected / pairs, bought / pairs, 0.04) << horizon;
        ASSERT_GT(likely, 50);
        EXPECT_GT(likely_bought / likely, 0.8) << horizon;
    }
}

TEST(Replenishment, ALongerHorizonIsNeverLessLikely) {
    const LineShop shop = habit_shop(60, 240);
    const auto model = fit_replenishment(shop.history);
    std::vector<double> before(5);
    for (const double horizon : {3.0, 7.0, 14.0, 28.0}) {
        for (const DueItem& it : model.due(shop.history, 1, shop.history.latest_time(), horizon)) {
            EXPECT_GE(it.probability, before[static_cast<std::size_t>(it.item)]);
            EXPECT_LE(it.probability, 1);
            before[static_cast<std::size_t>(it.item)] = it.probability;
        }
    }
}

TEST(Replenishment, LaterPurchasesAreNotLookedAt) {
    LineShop shop = habit_shop(60, 240);
    const auto model = fit_replenishment(shop.history);
    const std::int64_t cut = start + 200 * day;
    const auto all = model.due(shop.history, 7, cut, 14);
    std::int64_t known = 0;
    while (shop.history.time[static_cast<std::size_t>(known)] <= cut) ++known;
    const auto part = model.due(earlier(shop.history, known), 7, cut, 14);
    ASSERT_EQ(all.size(), part.size());
    for (std::size_t n = 0; n < all.size(); ++n) {
        EXPECT_EQ(all[n].item, part[n].item);
        EXPECT_EQ(all[n].probability, part[n].probability);
        EXPECT_LE(all[n].last, cut);
    }
}

/// Purchases of one customer up to `now` by the formulas of docs/replenishment.md, one loop each.
struct PlainPast {
    PlainPast(const LineShop& shop, std::int32_t customer, std::int32_t item, std::int64_t now) {
        const PurchaseHistory& history = shop.history;
        for (const std::int32_t basket : history.customer_baskets.view().row(customer)) {
            const std::int64_t time = history.time[static_cast<std::size_t>(basket)];
            if (time > now) continue;
            const auto items = history.baskets.view().row(basket);
            baskets.emplace_back(age(time, now), static_cast<double>(items.size()));
            if (std::ranges::count(items, item) == 0) continue;
            if (bought.empty() || (time - start) / day != (last - start) / day) {
                bought.push_back(age(time, now));
                last = time;
            }
        }
    }
    static double age(std::int64_t time, std::int64_t now) { return static_cast<double>(now - time) / day; }
    double purchases(double half_life) const {
        double sum = 0;
        for (const double a : bought) sum += std::pow(2.0, -a / half_life);
        return std::log(1 + sum);
    }
    double visits(double half_life, bool items) const {
        double sum = 0;
        for (const auto& [a, size] : baskets) sum += (items ? size : 1) * std::pow(2.0, -a / half_life);
        return std::log(1 + sum);
    }
    double mean_size() const {
        double sum = 0;
        for (const auto& it : baskets) sum += it.second;
        return sum / static_cast<double>(baskets.size());
    }

    std::vector<double> bought;                      // ages, oldest first, one a day
    std::vector<std::pair<double, double>> baskets;  // age, items
    std::int64_t last = 0;
};

TEST(Replenishment, TheFactsAreThoseOfTheReceipts) {
    LineShop shop;
    for (int i = 0; i < 6; ++i) shop.items.push_back({"leaf", "", "", "", 1.0F});
    std::mt19937 random(8);
    for (int u = 0, basket = 0; u < 40; ++u)
        for (int n = 0; n < 30; ++n, ++basket) {
            const std::int64_t time = start + (8 * n + static_cast<int>(random() % 8)) * day + random() % 80000;
            for (std::uint32_t line = 0; line <= random() % 4; ++line)
                shop.lines.push_back({u, basket, static_cast<int>(random() % 6), time});
        }
    shop.build();
    auto model = fit_replenishment(shop.history);
    ASSERT_FALSE(model.empty());
    model.intercept = 0;
    const std::int64_t now = start + 200 * day + 1000;
    const auto said = [&](const char* fact) {
        model.weights = {{fact, 1}};
        std::vector<double> facts(6);  // P = 1 / (1 + exp(-fact))
        for (const DueItem& it : model.due(shop.history, 4, now, 14))
            facts[static_cast<std::size_t>(it.item)] = std::log(it.probability / (1 - it.probability));
        return facts;
    };
    const auto week = said("recent_week"), fortnight = said("recent_fortnight"), month = said("recent_month"),
               season = said("recent_season"), year = said("recent_year"), before = said("since_before_last"),
               visits = said("visits"), visits_season = said("visits_season"), size = said("basket_size"),
               lines_week = said("lines_week"), lines_month = said("lines_month");
    for (std::size_t i = 0; i < 6; ++i) {
        const PlainPast past(shop, 4, static_cast<std::int32_t>(i), now);
        ASSERT_GE(past.bought.size(), 2U);
        EXPECT_NEAR(week[i], past.purchases(7), 1e-9);
        EXPECT_NEAR(fortnight[i], past.purchases(14), 1e-9);
        EXPECT_NEAR(month[i], past.purchases(28), 1e-9);
        EXPECT_NEAR(season[i], past.purchases(90), 1e-9);
        EXPECT_NEAR(year[i], past.purchases(365), 1e-9);
        EXPECT_NEAR(before[i], std::log(1 + past.bought[past.bought.size() - 2]), 1e-9);
        EXPECT_NEAR(visits[i], past.visits(28, false), 1e-9);
        EXPECT_NEAR(visits_season[i], past.visits(90, false), 1e-9);
        EXPECT_NEAR(size[i], std::log(past.mean_size()), 1e-9);
        EXPECT_NEAR(lines_week[i], past.visits(7, true), 1e-9);
        EXPECT_NEAR(lines_month[i], past.visits(28, true), 1e-9);
    }
}

TEST(Replenishment, OneDayCountsOnce) {
    LineShop shop = habit_shop(60, 240);
    const auto model = fit_replenishment(shop.history);
    LineShop doubled = shop;
    const auto lines = shop.lines;
    for (const testing::Line& line : lines)
        doubled.lines.push_back({line.customer, line.basket + 100'000, line.item, line.time});
    doubled.build();
    const auto first = model.due(shop.history, 3, shop.history.latest_time(), 7);
    const auto second = model.due(doubled.history, 3, shop.history.latest_time(), 7);
    ASSERT_EQ(first.size(), second.size());
    for (std::size_t n = 0; n < first.size(); ++n) EXPECT_EQ(first[n].purchases, second[n].purchases);
}

TEST(Replenishment, WithoutDatesThereIsNothingToSay) {
    LineShop shop = habit_shop(60, 240);
    shop.build(TimeKind::order);
    const auto model = fit_replenishment(shop.history);
    EXPECT_TRUE(model.empty());
    try {
        model.due(shop.history, 0, 5, 14);
        FAIL();
    } catch (const DataError& error) {
        EXPECT_NE(std::string(error.what()).find("timestamps"), std::string::npos) << error.what();
    }
    const LineShop few = habit_shop(3, 60);
    const auto thin = fit_replenishment(few.history);
    EXPECT_TRUE(thin.empty());
    EXPECT_THROW(thin.due(few.history, 0, start + 60 * day, 14), DataError);
}

TEST(Replenishment, BadInputIsRefused) {
    const LineShop shop = habit_shop(60, 240);
    const auto model = fit_replenishment(shop.history);
    const std::int64_t now = shop.history.latest_time();
    EXPECT_TRUE(model.due(shop.history, IdMap::unknown, now, 14).empty());
    EXPECT_TRUE(model.due(shop.history, 0, start - day, 14).empty());
    EXPECT_THROW(model.due(shop.history, 60, now, 14), InvalidArgument);
    EXPECT_THROW(model.due(shop.history, 0, now, 0), InvalidArgument);
    EXPECT_THROW(model.due(shop.history, 0, now, std::nan("")), InvalidArgument);
    EXPECT_THROW(fit_replenishment(shop.history, {.min_repeat_share = 0.25, .l2 = 1, .windows = 0}), InvalidArgument);
    EXPECT_THROW(fit_replenishment(shop.history, {.min_repeat_share = 0.25, .l2 = 1, .windows = 3, .window_days = -1}),
                 InvalidArgument);
    EXPECT_THROW(fit_replenishment(shop.history, {.min_repeat_share = 0.25, .l2 = 0}), InvalidArgument);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(fit_replenishment(shop.history, {}, {.on_step = {}, .stop = stop.get_token()}), Stopped);
}

}  // namespace
}  // namespace crosslift
