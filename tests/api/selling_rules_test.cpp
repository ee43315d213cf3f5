// What shops ask of gates, money and rules, by their number in
// docs/requirements.md, on a shop with planted truth.
#include "support/bundled_shop.hpp"
#include "support/selling_shop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace crosslift {
namespace {

using testing::cross_sell;
using testing::ids;
using testing::message_of;
using testing::open;
using testing::plain;
using testing::PlantedShop;
using testing::shop_with;
using testing::with_margins;

TEST(SellingRules, R04_TheMarginGateKeepsWhatEarnsNothingOut) {
    const auto all = ids(cross_sell(plain(), {"c0i1"}, open()));
    ASSERT_NE(std::ranges::find(all, "c1i1"), all.end());
    const OfferList gated = cross_sell(with_margins(), {"c0i1"}, open());
    ASSERT_FALSE(gated.offers.empty());
    for (const Offer& offer : gated.offers) {
        EXPECT_FALSE(offer.item.starts_with("c1")) << offer.item;
        EXPECT_FALSE(offer.expected_margin <= 0) << offer.item;
    }
}

TEST(SellingRules, R04_ACostThatNothingCoversEmptiesTheList) {
    OfferQuery query = open();
    query.offer_cost = 100;
    query.exclude = {"c3i1"};  // its margin is not known
    EXPECT_TRUE(cross_sell(with_margins(), {"c2i1"}, query).offers.empty());
    EXPECT_TRUE(with_margins().upsell("c0i1", {}, query).offers.empty());
    query.offer_cost = 0.1;
    for (const Offer& offer : cross_sell(with_margins(), {"c2i1"}, query).offers) {
        EXPECT_GT(offer.expected_margin, 0);
        const auto row = with_margins().models().catalog.items().find(offer.item);
        const double margin = with_margins().models().catalog.unit_margin(row);
        EXPECT_NEAR(offer.expected_margin, offer.probability * margin - 0.1, 1e-9);
    }
}

TEST(SellingRules, R04_WithoutCostTheGateIsOffAndTheOfferSaysSo) {
    OfferQuery query = open();
    query.offer_cost = 100;
    const OfferList list = cross_sell(plain(), {"c0i1"}, query);
    ASSERT_FALSE(list.offers.empty());
    for (const Offer& offer : list.offers) {
        EXPECT_EQ(std::ranges::count(offer.flags, OfferFlag::margin_unknown), 1);
        EXPECT_NE(explain(offer).find("margin unknown"), std::string::npos) << explain(offer);
    }
}

TEST(SellingRules, R04_RankingByAMarginThatNobodyKnowsNamesTheMissingColumn) {
    OfferQuery query;
    query.objective = Objective::margin;
    const std::string text = message_of([&] { cross_sell(plain(), {"c0i1"}, query); });
    EXPECT_NE(text.find("objective"), std::string::npos) << text;
    EXPECT_NE(text.find("cost column"), std::string::npos) << text;
}

TEST(SellingRules, R08_TheObjectiveOnlyOrdersWhatIsRelevant) {
    OfferQuery query = open();
    query.min_relevance = 0.1;
    query.objective = Objective::margin;
    for (int c = 2; c < 8; c += 2) {
        const std::vector<std::string> basket = {PlantedShop::id(c, 4)};
        const OfferList list = with_margins().cross_sell(basket, {}, query);
        for (std::size_t n = 1; n < list.offers.size(); ++n)
            EXPECT_FALSE(list.offers[n].expected_margin > list.offers[n - 1].expected_margin);
        for (const Offer& offer : list.offers) EXPECT_GE(offer.relevance, 0.1);
        OfferQuery by_relevance = query;
        by_relevance.objective = Objective::relevance;
        auto same = ids(with_margins().cross_sell(basket, {}, by_relevance)), found = ids(list);
        std::ranges::sort(same);
        std::ranges::sort(found);
        EXPECT_EQ(found, same);
    }
}

TEST(SellingRules, R08_RevenueRanksByProbabilityTimesPrice) {
    OfferQuery query = open();
    query.objective = Objective::revenue;
    const OfferList list = cross_sell(plain(), {"c0i1"}, query);
    ASSERT_GE(list.offers.size(), 3U);
    for (std::size_t n = 1; n < list.offers.size(); ++n)
        EXPECT_LE(list.offers[n].probability * list.offers[n].price,
                  list.offers[n - 1].probability * list.offers[n - 1].price);
}

TEST(SellingRules, R18_PriceMarginAndBudgetAreAfterTheDiscount) {
    OfferQuery query = open();
    const OfferList full = cross_sell(with_margins(), {"c2i1"}, query);
    query.discount = 0.1;
    query.incrementality = 0.5;
    const OfferList cheaper = cross_sell(with_margins(), {"c2i1"}, query);
    ASSERT_FALSE(cheaper.offers.empty());
    for (const Offer& offer : cheaper.offers) {
        const auto same = std::ranges::find(full.offers, offer.item, &Offer::item);
        ASSERT_NE(same, full.offers.end());
        EXPECT_NEAR(offer.price, 0.9 * same->price, 1e-5);
        if (std::isnan(offer.expected_margin)) continue;
        EXPECT_NEAR(offer.expected_margin,
                    0.5 * offer.probability * (1.0 * (offer.item.ends_with("i5") ? 8 : 1) - 0.1 * same->price), 1e-5);
    }
    query.budget = 3.6F;  // 4 less a tenth
    const auto affordable = ids(cross_sell(plain(), {"c2i1"}, query));
    EXPECT_NE(std::ranges::find(affordable, "c3i1"), affordable.end());
    query.discount = 0;
    const auto fewer = ids(cross_sell(plain(), {"c2i1"}, query));
    EXPECT_EQ(std::ranges::find(fewer, "c3i1"), fewer.end());
}

TEST(SellingRules, R20_PinnedAndAttachedOffersComeFirstWithinTheirCapAndAreFlagged) {
    OfferQuery query;
    query.rules = {{.action = OfferRule::Action::attach, .category = "cat5", .with_category = "cat0", .cap = 1},
                   {.action = OfferRule::Action::pin, .item = "c6i2"}};
    const OfferList list = cross_sell(plain(), {"c0i1"}, query);
    ASSERT_GE(list.offers.size(), 3U);
    EXPECT_TRUE(list.offers[0].item.starts_with("c5"));
    EXPECT_EQ(list.offers[0].flags.back(), OfferFlag::attached);
    EXPECT_EQ(list.offers[1].item, "c6i2");
    EXPECT_EQ(list.offers[1].flags.back(), OfferFlag::pinned);
    EXPECT_EQ(list.offers[2].item, "c1i1");  // the planted complement, where the rules end
    for (std::size_t n = 0; n < 2; ++n) EXPECT_NE(list.offers[n].sentence.find("rule of the shop"), std::string::npos);
    // Without its condition the attach rule rests.
    for (const Offer& offer : cross_sell(plain(), {"c2i1"}, query).offers)
        EXPECT_EQ(std::ranges::count(offer.flags, OfferFlag::attached), 0) << offer.item;
    EXPECT_EQ(plain().recommend({}, query).offers[0].item, "c6i2");

    // A rule makes as many offers as its cap says, also where nothing else limits them.
    for (const int cap : {1, 2, 4}) {
        OfferQuery capped = open();
        capped.rules = {{.action = OfferRule::Action::pin, .category = "cat5", .cap = cap}};
        for (const OfferList& made : {cross_sell(plain(), {"c0i1"}, capped), plain().recommend({}, capped)})
            EXPECT_EQ(
                std::ranges::count_if(
                    made.offers, [](const Offer& it) { return std::ranges::count(it.flags, OfferFlag::pinned) > 0; }),
                cap);
    }
}

TEST(SellingRules, R20_RulesStayUnderTheGates) {
    OfferQuery query;
    query.rules = {{.action = OfferRule::Action::pin, .item = "c1i1"}};  // sold below cost
    for (const Offer& offer : cross_sell(with_margins(), {"c0i1"}, query).offers) EXPECT_NE(offer.item, "c1i1");
    query.rules = {{.action = OfferRule::Action::pin, .item = "c6i5"}};
    query.budget = 5;  // it costs 12
    for (const Offer& offer : cross_sell(plain(), {"c0i1"}, query).offers) EXPECT_NE(offer.item, "c6i5");
    query = {};
    query.rules = {{.action = OfferRule::Action::pin, .item = "c0i3"}};  // of the basket's own leaf
    for (const Offer& offer : cross_sell(plain(), {"c0i1"}, query).offers) EXPECT_NE(offer.item, "c0i3");
}

TEST(SellingRules, R20_DeniedItemsAndCategoriesAreNeverOffered) {
    OfferQuery query = open();
    query.max_price_ratio = 10;
    query.rules = {{.action = OfferRule::Action::deny, .category = "cat1"},
                   {.action = OfferRule::Action::deny, .item = "c0i3"},
                   {.action = OfferRule::Action::deny, .category = "cat3", .with_item = "c2i1"}};
    for (const Offer& offer : cross_sell(plain(), {"c0i1"}, query).offers) EXPECT_FALSE(offer.item.starts_with("c1"));
    for (const Offer& offer : cross_sell(plain(), {"c2i1"}, query).offers) EXPECT_FALSE(offer.item.starts_with("c3"));
    EXPECT_FALSE(cross_sell(plain(), {"c2i2"}, query).offers.empty());
    for (const std::string& item : ids(plain().upsell("c0i1", {}, query))) EXPECT_NE(item, "c0i3");
    for (const std::string& item : ids(plain().recommend({}, query))) EXPECT_FALSE(item.starts_with("c1"));
    for (const std::string& item : ids(plain().similar_items("c5i1", query))) EXPECT_FALSE(item.starts_with("c1"));
}

TEST(SellingRules, ContradictionsNameBothOptions) {
    using Action = OfferRule::Action;
    const auto told = [](OfferQuery query) { return message_of([&] { cross_sell(plain(), {"c0i1"}, query); }); };
    const auto names = [](const std::string& text, const char* a, const char* b) {
        return text.find(a) != std::string::npos && text.find(b) != std::string::npos;
    };
    OfferQuery query;
    query.rules = {{.action = Action::pin, .item = "c1i1"}};
    query.exclude = {"c1i1"};
    EXPECT_TRUE(names(told(query), "rules[0]", "exclude"));
    query.exclude = {};
    query.rules.push_back({.action = Action::deny, .item = "c1i1"});
    EXPECT_TRUE(names(told(query), "rules[0]", "rules[1]"));
    query.rules = {{.action = Action::pin, .item = "c1i1", .category = "cat1"}};
    EXPECT_TRUE(names(told(query), "item", "category"));
    query.rules = {{.action = Action::attach, .item = "c1i1"}};
    EXPECT_TRUE(names(told(query), "with_item", "with_category"));
    query.rules = {{.action = Action::pin, .item = "c1i1", .with_item = "c0i1"}};
    EXPECT_TRUE(names(told(query), "pin", "attach"));
    query = {.min_price_ratio = 2, .max_price_ratio = 1.5};
    EXPECT_TRUE(names(told(query), "max_price_ratio", "min_price_ratio"));
    for (const auto& broken :
         {OfferQuery{.min_relevance = 1.5}, OfferQuery{.price_quantile = 0}, OfferQuery{.popularity = 2},
          OfferQuery{.offer_cost = -1}, OfferQuery{.discount = 1}, OfferQuery{.incrementality = 0},
          OfferQuery{.sale_loss_risk = 1}, OfferQuery{.budget = std::nanf("")}})
        EXPECT_NE(told(broken), "no error");
}

}  // namespace
}  // namespace crosslift
