// Reminders and next baskets against the model's own list, with fixed clocks.
#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace crosslift {
namespace {

using testing::PlantedShop;

constexpr std::int64_t day = 86400;

const OfferEngine& engine() {
    static const OfferEngine made = PlantedShop().engine();
    return made;
}

std::int64_t latest() {
    return engine().models().history.latest_time();
}

TEST(R19_Replenish, RemindersAreTheModelsDueItemsMostLikelyFirst) {
    const OfferModels& models = engine().models();
    ASSERT_FALSE(models.replenishment.empty());
    for (const std::int64_t as_of : {latest() - 40 * day, latest(), latest() + 10 * day})
        for (const double horizon : {7.0, 21.0}) {
            const auto due = models.replenishment.due(models.history, models.customers.find("k7"), as_of, horizon);
            const auto found = engine().replenish("k7", {.k = 5, .min_relevance = 0, .as_of = as_of},
                                                  {.horizon_days = horizon, .companions = false});
            ASSERT_EQ(found.reminders.size(), std::min<std::size_t>(5, due.size()));
            for (std::size_t n = 0; n < found.reminders.size(); ++n) {
                const Reminder& it = found.reminders[n];
                EXPECT_EQ(it.offer.item, models.catalog.items()[due[n].item]);
                EXPECT_EQ(it.offer.probability, due[n].probability);
                EXPECT_EQ(it.offer.kind, OfferKind::replenish);
                EXPECT_EQ(it.due, due[n].due);
                EXPECT_LE(it.last, as_of);
                EXPECT_NEAR(static_cast<double>(it.due - it.last), it.usual_gap_days * day, 1);
            }
        }
}

TEST(R19_Replenish, EachDueItemHasOneCompanionOfItsOwn) {
    const OfferQuery many{.k = 12, .min_support = 1, .min_g2 = 0, .min_relevance = 0};
    int companions = 0;
    for (int customer = 0; customer < PlantedShop().customers; ++customer) {
        const auto found = engine().replenish("k" + std::to_string(customer), many);
        std::set<std::string> items;
        for (const Reminder& it : found.reminders) EXPECT_TRUE(items.insert(it.offer.item).second);
        for (const Reminder& it : found.reminders) {
            if (!it.companion) continue;
            ++companions;
            EXPECT_TRUE(items.insert(it.companion->item).second) << it.companion->item;
            EXPECT_EQ(it.companion->anchor, it.offer.item);
            EXPECT_EQ(it.companion->kind, OfferKind::cross_sell);
        }
    }
    EXPECT_GT(companions, 0);
}

TEST(R19_Replenish, TheDiscountIsForTheCompanion) {
    for (const Reminder& it : engine().replenish("k7", {.discount = 0.25}).reminders) {
        EXPECT_NEAR(static_cast<double>(it.offer.price), PlantedShop().price(it.offer.item), 1e-5);
        if (it.companion) {
            EXPECT_NEAR(static_cast<double>(it.companion->price), 0.75 * PlantedShop().price(it.companion->item), 1e-5);
        }
    }
}

TEST(R19_Replenish, GatesHold) {
    const auto open = engine().replenish("k7");
    ASSERT_FALSE(open.reminders.empty());
    const std::string out = open.reminders[0].offer.item;
    for (const Reminder& it : engine().replenish("k7", {.exclude = {out}}).reminders) EXPECT_NE(it.offer.item, out);
    for (const Reminder& it : engine().replenish("k7", {.budget = 5}).reminders) EXPECT_LE(it.offer.price, 5);
    for (const Reminder& it : engine().replenish("k7", {.min_relevance = 0.3}).reminders)
        EXPECT_GE(it.offer.probability, 0.3);
}

TEST(R19_Replenish, TheSentenceNamesTheDates) {
    const auto found = engine().replenish("k7");
    const Reminder& it = found.reminders.at(0);
    EXPECT_NE(it.offer.sentence.find("last on " + format_time(it.last, TimeKind::timestamp).substr(0, 10)),
              std::string::npos)
        << it.offer.sentence;
    EXPECT_NE(it.offer.sentence.find("due on " + format_time(it.due, TimeKind::timestamp).substr(0, 10)),
              std::string::npos);
    // What is overdue was due.
    for (const std::int64_t now : {it.due - 1, it.due + 1})
        for (const Reminder& then : engine().replenish("k7", {.k = 50, .min_relevance = 0, .as_of = now}).reminders)
            EXPECT_EQ(then.offer.sentence.find(": was due on ") != std::string::npos, then.due < now);
}

TEST(R19_Replenish, UnknownCustomersAndShopsWithoutDatesHaveNoReminders) {
    EXPECT_TRUE(engine().replenish("nobody").reminders.empty());
    EXPECT_EQ(engine().replenish("nobody").warnings.size(), 1U);
    EXPECT_TRUE(engine().replenish("").reminders.empty());
    EXPECT_THROW(engine().replenish("k7", {}, {.horizon_days = 0}), InvalidArgument);

    OfferModels models = engine().models();
    models.replenishment = {};
    const OfferEngine blind(std::move(models));
    const auto none = blind.replenish("k7");
    EXPECT_TRUE(none.reminders.empty());
    ASSERT_EQ(none.warnings.size(), 1U);
    EXPECT_NE(none.warnings[0].find("dates"), std::string::npos);
}

TEST(NextBasket, IsWhatIsDueThenWhatIsRecommended) {
    const auto due = engine().replenish("k7", {.k = 8}, {.companions = false});
    const auto basket = engine().next_basket("k7", {.k = 8});
    ASSERT_GE(basket.offers.size(), due.reminders.size());
    std::set<std::string> items;
    std::vector<std::string> recommended;
    for (std::size_t n = 0; n < basket.offers.size(); ++n) {
        EXPECT_TRUE(items.insert(basket.offers[n].item).second);
        if (n < due.reminders.size()) {
            EXPECT_EQ(basket.offers[n].item, due.reminders[n].offer.item);
        } else {
            EXPECT_EQ(basket.offers[n].kind, OfferKind::recommend);
        }
    }
    const auto whole = engine().next_basket("k7", {.k = 40});
    EXPECT_GT(whole.offers.size(), engine().replenish("k7", {.k = 40}, {.companions = false}).reminders.size());
    EXPECT_EQ(engine().next_basket("nobody").offers.size(), engine().recommend("nobody").offers.size());
}

}  // namespace
}  // namespace crosslift
