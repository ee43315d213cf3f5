#include <crosslift/error.hpp>
#include <crosslift/own_history.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace crosslift {
namespace {

constexpr std::int64_t day = 86400;

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

struct Purchase {
    std::int32_t customer;
    std::int64_t time;
    std::vector<std::int32_t> items;  // ascending
};

// Purchases must come in the order of time.
PurchaseHistory history_of(const std::vector<Purchase>& purchases, std::int32_t items, std::int32_t customers,
                           TimeKind kind = TimeKind::timestamp) {
    PurchaseHistory history;
    history.baskets.rows = static_cast<std::int64_t>(purchases.size());
    history.baskets.cols = items;
    for (const Purchase& purchase : purchases) {
        history.baskets.indices.insert(history.baskets.indices.end(), purchase.items.begin(), purchase.items.end());
        history.baskets.indptr.push_back(static_cast<std::int64_t>(history.baskets.indices.size()));
        history.customer.push_back(purchase.customer);
        history.time.push_back(purchase.time);
    }
    history.baskets.values.assign(history.baskets.indices.size(), 1.0F);
    history.unit_price.assign(history.baskets.indices.size(), 1.0F);
    history.time_kind = kind;
    history.customers = customers;
    history.index();
    return history;
}

// The formula of own_history.hpp, word for word.
double plain_habit(const std::vector<Purchase>& purchases, std::int32_t customer, std::int32_t item, std::int64_t as_of,
                   double half_life) {
    double with = 0, all = 0;
    for (const Purchase& purchase : purchases) {
        if (purchase.customer != customer || purchase.time > as_of) continue;
        const double age = static_cast<double>(as_of - purchase.time) / static_cast<double>(day);
        const double weight = half_life > 0 ? std::pow(2.0, -age / half_life) : 1.0;
        all += weight;
        if (std::ranges::count(purchase.items, item) > 0) with += weight;
    }
    return std::sqrt(with / (1 + all));
}

// `loyal`: every customer has an item of their own that is in each of their baskets, beside items drawn by lot.
std::vector<Purchase> purchases_of(bool loyal, std::uint32_t seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::int32_t bound) {
        return static_cast<std::int32_t>(random() % static_cast<std::uint32_t>(bound));
    };
    std::vector<Purchase> purchases;
    for (int n = 0; n < 3000; ++n) {
        Purchase purchase{below(50) - 1, n * day / 10, {below(80), below(80), below(80)}};
        if (loyal && purchase.customer >= 0) purchase.items.push_back(purchase.customer + 20);
        std::ranges::sort(purchase.items);
        purchase.items.erase(std::ranges::unique(purchase.items).begin(), purchase.items.end());
        purchases.push_back(purchase);
    }
    return purchases;
}

TEST(OwnHistory, AddsTheFormula) {
    const std::vector<Purchase> purchases = purchases_of(true, 1);
    const PurchaseHistory history = history_of(purchases, 80, 49);
    for (const double half_life : {0.0, 45.0})
        for (const std::int64_t as_of : {history.latest_time(), purchases[1500].time}) {
            const OwnHistory own{.weight = 0.3, .half_life_days = half_life};
            std::vector<float> scores(80, 2.0F);
            add_own_history(own, history, 7, {}, as_of, 0.5, scores);
            for (std::int32_t item = 0; item < 80; ++item) {
                const double expected = 0.5 * 0.3 * plain_habit(purchases, 7, item, as_of, half_life);
                EXPECT_NEAR(static_cast<double>(scores[idx(item)]), 2 + expected, 1e-6) << "item " << item;
                EXPECT_NEAR(own_history_share(own, history, 7, {}, as_of, 0.5, item), expected, 1e-12);
            }
        }
}

TEST(OwnHistory, ABasketOfRepeatsCallsForMore) {
    const std::vector<Purchase> purchases = purchases_of(true, 9);
    const PurchaseHistory history = history_of(purchases, 80, 49);
    const OwnHistory own{.weight = 0.3, .repeat_share = 0.4};
    const std::int32_t customer = 11;
    std::vector<std::int32_t> seen;
    double repeats = 0, later = 0;
    bool first = true;
    for (const Purchase& purchase : purchases) {
        if (purchase.customer != customer) continue;
        for (const std::int32_t item : purchase.items) {
            if (!first) ++later;
            if (std::ranges::count(seen, item) > 0) ++repeats;
        }
        seen.insert(seen.end(), purchase.items.begin(), purchase.items.end());
        first = false;
    }
    const std::vector<std::int32_t> basket = {3, 11, 40, 79};
    double known = 0;
    for (const std::int32_t item : basket) known += std::ranges::count(seen, item) > 0 ? 1 : 0;
    const double p_customer = (repeats + 10 * 0.4) / (later + 10);
    const double p = (known + 4 * p_customer) / (4 + 4);
    const double gate = std::sqrt(p / (1.02 - p) / (0.4 / (1.02 - 0.4)));
    const std::int64_t now = history.latest_time();
    const double habit = plain_habit(purchases, customer, customer + 20, now, 0);
    EXPECT_NEAR(own_history_share(own, history, customer, basket, now, 1, customer + 20), 0.3 * gate * habit, 1e-12);
    std::vector<float> scores(80, 0.0F);
    add_own_history(own, history, customer, basket, now, 1, scores);
    EXPECT_NEAR(static_cast<double>(scores[idx(customer + 20)]), 0.3 * gate * habit, 1e-6);
}

TEST(OwnHistory, BoughtBeforeIsASortedSet) {
    const std::vector<Purchase> purchases = purchases_of(true, 10);
    const PurchaseHistory history = history_of(purchases, 80, 49);
    const std::int64_t as_of = purchases[700].time;
    std::vector<std::int32_t> wanted;
    for (const Purchase& purchase : purchases)
        if (purchase.customer == 5 && purchase.time <= as_of)
            wanted.insert(wanted.end(), purchase.items.begin(), purchase.items.end());
    std::ranges::sort(wanted);
    wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
    EXPECT_EQ(bought_before(history, 5, as_of), wanted);
    EXPECT_TRUE(bought_before(history, IdMap::unknown, as_of).empty());
}

TEST(OwnHistory, UnknownTimeIsTheLatest) {
    const PurchaseHistory history = history_of(purchases_of(true, 2), 80, 49);
    const OwnHistory own{.weight = 1, .half_life_days = 20};
    EXPECT_EQ(own_history_share(own, history, 3, {}, unknown_time, 1, 23),
              own_history_share(own, history, 3, {}, history.latest_time(), 1, 23));
}

TEST(OwnHistory, OrderNumbersDoNotDecay) {
    const std::vector<Purchase> purchases = purchases_of(true, 3);
    const PurchaseHistory history = history_of(purchases, 80, 49, TimeKind::order);
    const OwnHistory own{.weight = 1, .half_life_days = 20};
    EXPECT_NEAR(own_history_share(own, history, 3, {}, unknown_time, 1, 23),
                plain_habit(purchases, 3, 23, history.latest_time(), 0), 1e-12);
    EXPECT_EQ(tune_own_history(history, {}).half_life_days, 0);
}

TEST(OwnHistory, NothingIsAddedForAnUnknownCustomerOrWeightZero) {
    const PurchaseHistory history = history_of(purchases_of(true, 4), 80, 49);
    std::vector<float> scores(80, 0.0F);
    add_own_history({.weight = 1}, history, IdMap::unknown, {}, unknown_time, 1, scores);
    add_own_history({.weight = 0}, history, 3, {}, unknown_time, 1, scores);
    add_own_history({.weight = 1}, history, 3, {}, unknown_time, 0, scores);
    add_own_history({.weight = 1}, history, 3, {}, -1, 1, scores);  // before the first purchase
    EXPECT_EQ(scores, std::vector<float>(80, 0.0F));
    EXPECT_EQ(own_history_share({.weight = 1}, history, IdMap::unknown, {}, unknown_time, 1, 3), 0);
}

TEST(OwnHistory, TuningFindsLoyaltyAndOnlyLoyalty) {
    const OwnHistory loyal = tune_own_history(history_of(purchases_of(true, 5), 80, 49), {});
    EXPECT_GT(loyal.weight, 0);
    EXPECT_GT(loyal.validation_gain, 1.3);
    EXPECT_LT(tune_own_history(history_of(purchases_of(false, 5), 80, 49), {}).validation_gain, 1.2);
}

TEST(OwnHistory, TuningNeedsKnownCustomersAndEnoughBaskets) {
    std::vector<Purchase> purchases = purchases_of(true, 6);
    purchases.resize(100);
    EXPECT_EQ(tune_own_history(history_of(purchases, 80, 49), {}).weight, 0);
    purchases = purchases_of(true, 6);
    for (Purchase& purchase : purchases) purchase.customer = IdMap::unknown;
    EXPECT_EQ(tune_own_history(history_of(purchases, 80, 0), {}).weight, 0);
}

TEST(OwnHistory, TuningStops) {
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(
        tune_own_history(history_of(purchases_of(true, 7), 80, 49), {}, {.on_step = {}, .stop = source.get_token()}),
        Stopped);
}

TEST(OwnHistory, SaysWhatIsWrong) {
    const PurchaseHistory history = history_of(purchases_of(true, 8), 80, 49);
    std::vector<float> scores(80), few(79);
    EXPECT_THROW(add_own_history({.weight = 1}, history, 49, {}, unknown_time, 1, scores), InvalidArgument);
    EXPECT_THROW(add_own_history({.weight = 1}, history, -2, {}, unknown_time, 1, scores), InvalidArgument);
    EXPECT_THROW(add_own_history({.weight = 1}, history, 3, {}, unknown_time, 1, few), InvalidArgument);
    EXPECT_THROW(own_history_share({.weight = 1}, history, 49, {}, unknown_time, 1, 3), InvalidArgument);
}

}  // namespace
}  // namespace crosslift
