// The behaviours that shops expect, by their number in docs/requirements.md, on a shop with planted truth.
#include "support/bundled_shop.hpp"
#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace crosslift {
namespace {

using testing::ids;
using testing::PlantedShop;

OfferEngine shop_with(const std::function<void(CatalogTable&, std::size_t, const std::string&)>& item,
                      const std::function<void(CatalogTable&)>& table_of = {}) {
    CatalogTable table = PlantedShop().catalog_table();
    if (table_of) table_of(table);
    for (std::size_t n = 0; n < table.item.rows.size(); ++n)
        item(table, n, std::string(table.item.ids[table.item.rows[n]]));
    return fit_offer_engine(PlantedShop().transactions(), Catalog(std::move(table)), PlantedShop::options());
}

// Margins: category 1 is sold below cost, items of rank 5 earn most, the margin of c3i1 is not known.
const OfferEngine& with_margins() {
    static const OfferEngine made = shop_with([](CatalogTable& table, std::size_t, const std::string& id) {
        const float margin = id.starts_with("c1") ? -1.0F : id.ends_with("i5") ? 8.0F : 1.0F;
        table.margin.push_back(id == "c3i1" ? std::nanf("") : margin);
    });
    return made;
}

const OfferEngine& plain() {
    static const OfferEngine made = PlantedShop().engine();
    return made;
}

OfferList cross_sell(const OfferEngine& engine, std::vector<std::string> basket, const OfferQuery& query = {},
                     const std::string& customer = {}) {
    return engine.cross_sell(basket, customer, query);
}

// All that may be offered to a basket with the gates of evidence open.
OfferQuery open() {
    OfferQuery query{.k = 1000, .max_per_category = 0, .min_support = 1, .min_g2 = 0, .min_relevance = 0};
    return query;
}

std::string message_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const InvalidArgument& error) {
        return error.what();
    }
    return "no error";
}

TEST(SellingRules, R02_UpsellIsBetterInSomethingOrWorseInNothing) {
    const OfferEngine engine = shop_with(
        [](CatalogTable& table, std::size_t, const std::string& id) {
            table.attributes[0].values.push_back(id == "c0i4" ? 1.0F : 5.0F);
            table.attributes[1].values.push_back(id == "c0i5" ? 9.0F : 2.0F);
        },
        [](CatalogTable& table) {
            table.attributes = {{.name = "warmth", .values = {}},
                                {.name = "noise", .direction = Attribute::Direction::lower_is_better, .values = {}}};
        });
    OfferQuery query{.max_price_ratio = 10};
    query.min_relevance = 0;
    const auto found = ids(engine.upsell("c0i2", {}, query));
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), std::set<std::string>{"c0i3"});
}

TEST(SellingRules, R02_AValueRatioAsksMoreOfADearerItem) {
    const OfferEngine engine = shop_with(
        [](CatalogTable& table, std::size_t, const std::string& id) {
            // Quality grows up to rank 3 and stays there: the dearest are not worth their price.
            const float rank = static_cast<float>(id.back() - '0');
            table.attributes[0].values.push_back(std::min(rank, 3.0F));
        },
        [](CatalogTable& table) { table.attributes = {{.name = "quality", .values = {}}}; });
    OfferQuery query = open();
    query.max_price_ratio = 10;
    EXPECT_EQ(engine.upsell("c0i2", {}, query).offers.size(), 3U);
    query.min_value_ratio = 1.5;  // rank 3 gains about 1 deviation for 33 % more, ranks 4 and 5 for 67 and 100 %
    EXPECT_EQ(ids(engine.upsell("c0i2", {}, query)), std::vector<std::string>{"c0i3"});
}

TEST(SellingRules, R03_WhatIsAboveTheCustomersUsualPricesComesLastAndIsFlagged) {
    OfferQuery query = open();
    query.max_price_ratio = 10;
    query.price_quantile = 0.6;
    std::size_t flagged = 0;
    for (int k = 0; k < 60; ++k) {
        bool behind = false;
        for (const Offer& offer : plain().upsell("c0i0", "k" + std::to_string(k), query).offers) {
            const bool above = std::ranges::count(offer.flags, OfferFlag::above_usual_price) > 0;
            EXPECT_FALSE(behind && !above) << offer.item;
            behind = above;
            flagged += above ? 1 : 0;
            const auto& models = plain().models();
            const double reach = models.price.affordability(models.customers.find("k" + std::to_string(k)),
                                                            models.catalog.items().find(offer.item));
            EXPECT_EQ(above, reach < 0.4) << offer.item;
        }
    }
    EXPECT_GT(flagged, 0U);
    for (const Offer& offer : plain().upsell("c0i0", {}, query).offers)
        EXPECT_EQ(std::ranges::count(offer.flags, OfferFlag::above_usual_price), 0);
}

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

// Two kinds of customers buy in categories 2 to 7: some only rank 3, others only rank 4. No price is known.
Transactions lines_of_two_kinds() {
    TransactionTable lines;
    lines.time_kind = TimeKind::timestamp;
    int basket = 0;
    for (int customer = 0; customer < 40; ++customer)
        for (int c = 2; c < 8; ++c) {
            for (const std::string& item : {PlantedShop::id(c, 3 + customer % 2), PlantedShop::id(c, 0)}) {
                lines.customer.push_back("k" + std::to_string(customer));
                lines.basket.push_back("b" + std::to_string(basket));
                lines.item.push_back(item);
                lines.time.push_back(1'600'000'000 + basket * 3600LL);
            }
            ++basket;
        }
    return Transactions(std::move(lines));
}

TEST(SellingRules, R24_WithoutPricesATierIsTheLadder) {
    CatalogTable table = PlantedShop().catalog_table();
    table.price.clear();
    for (std::size_t n = 0; n < table.item.rows.size(); ++n) table.tier.push_back(static_cast<float>(n % 6));
    const OfferEngine engine =
        fit_offer_engine(lines_of_two_kinds(), Catalog(std::move(table)), PlantedShop::options());
    const OfferList list = engine.upsell("c2i2", {}, open());
    const auto found = ids(list);
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), (std::set<std::string>{"c2i3", "c2i4", "c2i5"}));
    for (const Offer& offer : list.offers) EXPECT_TRUE(offer.sentence.starts_with("A higher tier")) << offer.sentence;
    EXPECT_TRUE(engine.upsell("c2i5", {}, open()).offers.empty());
}

TEST(SellingRules, R24_ATierAlsoOrdersWhatHasPrices) {
    const OfferEngine engine = shop_with([](CatalogTable& table, std::size_t, const std::string& id) {
        table.tier.push_back(id == "c0i3" ? 0.0F : static_cast<float>(id.back() - '0'));
    });
    OfferQuery query = open();
    query.upsell_by = UpsellBy::tier;
    const auto found = ids(engine.upsell("c0i2", {}, query));
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), (std::set<std::string>{"c0i4", "c0i5"}));
}

TEST(SellingRules, R24_UnitPricesCompareWhatIsInThePack) {
    // Rank r holds (1 + r) * 100 g for (1 + r) * 2: all cost the same per gram, until rank 3 is filled with half.
    const OfferEngine engine = shop_with([](CatalogTable& table, std::size_t n, const std::string& id) {
        if (id == "c0i3") table.pack_size[n] = "200 g";
    });
    OfferQuery query = open();
    query.max_price_ratio = 10;
    EXPECT_EQ(engine.upsell("c0i1", {}, query).offers.size(), 4U);
    query.upsell_by = UpsellBy::unit_price;
    EXPECT_EQ(ids(engine.upsell("c0i1", {}, query)), std::vector<std::string>{"c0i3"});
}

TEST(SellingRules, R26_TheCustomersAttributeComesFirst) {
    // Items 3 and 4 of each category are told apart by their camera and their battery only.
    const OfferEngine engine = shop_with(
        [](CatalogTable& table, std::size_t n, const std::string& id) {
            const int rank = id.back() - '0';
            table.attributes[0].values.push_back(rank == 3 ? 9.0F : 1.0F);
            table.attributes[1].values.push_back(rank == 4 ? 9.0F : 1.0F);
            if (rank == 4) table.price[n] = table.price[n - 1];
        },
        [](CatalogTable& table) {
            table.attributes = {{.name = "camera", .values = {}}, {.name = "battery", .values = {}}};
        });
    OfferQuery query = open();
    query.attribute_weights = {{"camera", 3.0}};
    EXPECT_EQ(engine.upsell("c0i2", {}, query).offers[0].item, "c0i3");
    query.attribute_weights = {{"battery", 3.0}};
    EXPECT_EQ(engine.upsell("c0i2", {}, query).offers[0].item, "c0i4");
    query.attribute_weights = {{"taste", 3.0}};
    EXPECT_EQ(engine.upsell("c0i2", {}, query).warnings.size(), 1U);
}

TEST(SellingRules, R26_PlantedPreferencesAreLearnedFromPurchases) {
    CatalogTable table = PlantedShop().catalog_table();
    table.attributes = {{.name = "camera", .values = {}}, {.name = "battery", .values = {}}};
    for (std::size_t n = 0; n < table.item.rows.size(); ++n) {
        const std::size_t rank = n % 6;
        table.attributes[0].values.push_back(rank == 3 ? 9.0F : 1.0F);
        table.attributes[1].values.push_back(rank == 4 ? 9.0F : 1.0F);
    }
    const OfferEngine engine =
        fit_offer_engine(lines_of_two_kinds(), Catalog(std::move(table)), PlantedShop::options());
    OfferQuery query = open();
    query.max_price_ratio = 10;
    EXPECT_EQ(engine.upsell("c0i2", "k0", query).offers[0].item, "c0i3");
    EXPECT_EQ(engine.upsell("c0i2", "k1", query).offers[0].item, "c0i4");
}

TEST(SellingRules, R27_PopularityDividesTheScoreByHowOftenAnItemSells) {
    const CsrView lists = plain().models().history.item_baskets;
    double most = 0;
    for (std::int64_t item = 0; item < lists.rows; ++item)
        most = std::max(most, static_cast<double>(lists.row(item).size()));
    OfferQuery often = open(), rare = open();
    rare.popularity = 0.25;
    for (int c = 0; c < 8; ++c) {
        const OfferList by_often = cross_sell(plain(), {PlantedShop::id(c, 1)}, often);
        ASSERT_FALSE(by_often.offers.empty());
        for (const Offer& offer : cross_sell(plain(), {PlantedShop::id(c, 1)}, rare).offers) {
            const auto same = std::ranges::find(by_often.offers, offer.item, &Offer::item);
            ASSERT_NE(same, by_often.offers.end());
            const double factor = std::pow(static_cast<double>(offer.evidence.second) / most, -0.75);
            EXPECT_NEAR(offer.score, same->score * factor, 1e-5 * offer.score);
        }
    }
}

TEST(SellingRules, R27_WhatWasBoughtIsLeftOutUnlessCustomersComeBackForIt) {
    std::size_t flagged = 0;
    for (int k = 0; k < 30; ++k) {
        const std::string customer = "k" + std::to_string(k);
        std::set<std::string> bought;
        const auto& models = plain().models();
        for (const std::int32_t basket : models.history.customer_baskets.view().row(models.customers.find(customer)))
            for (const std::int32_t item : models.history.baskets.view().row(basket))
                bought.emplace(models.catalog.items()[item]);
        for (const std::string& item : ids(plain().recommend(customer, open()))) EXPECT_FALSE(bought.contains(item));
        OfferQuery again = open();
        again.allow_bought = true;
        for (const Offer& offer : plain().recommend(customer, again).offers) {
            const bool flag = std::ranges::count(offer.flags, OfferFlag::bought_before) > 0;
            EXPECT_EQ(flag, bought.contains(offer.item)) << offer.item;
            flagged += flag ? 1 : 0;
        }
    }
    EXPECT_GT(flagged, 0U);
}

}  // namespace
}  // namespace crosslift
