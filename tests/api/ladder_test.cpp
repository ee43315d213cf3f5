// R1, R24: items that a shop declares to be rungs of one ladder replace one another upward, in whatever category, and
// are never offered beside one another.
#include "support/bundled_shop.hpp"
#include "support/selling_shop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace crosslift {
namespace {

using testing::cross_sell;
using testing::ids;
using testing::PlantedShop;
using testing::shop_with;

struct Rung {
    std::string ladder;
    float tier = std::nanf("");
};

// The planted shop with rungs across its leaves; an item costs 2, 4, .. 12 by its rank.
OfferEngine with_rungs(const std::map<std::string, Rung>& rungs, bool prices = true) {
    return shop_with([&](CatalogTable& table, std::size_t n, const std::string& id) {
        const auto found = rungs.find(id);
        const Rung rung = found == rungs.end() ? Rung() : found->second;
        table.ladder.push_back(rung.ladder);
        table.tier.push_back(rung.tier);
        if (!prices) table.price[n] = std::nanf("");
    });
}

std::set<std::string> upsells(const OfferEngine& engine, const std::string& item, OfferQuery query = {}) {
    query.k = 1000;
    query.min_relevance = 0;
    const auto found = ids(engine.upsell(item, {}, query));
    return {found.begin(), found.end()};
}

TEST(R24_Ladder, CrossesLeavesUpwardAndInsideTheBandOnly) {
    const OfferEngine engine = with_rungs({{"c0i1", {"plan"}}, {"c2i2", {"plan"}}, {"c4i5", {"plan"}}});
    EXPECT_EQ(upsells(engine, "c0i1"), (std::set<std::string>{"c0i2", "c0i3", "c2i2"}));  // 4: 6 and 8 are in the band
    EXPECT_TRUE(upsells(engine, "c0i1", {.max_price_ratio = 3}).contains("c4i5"));
    EXPECT_FALSE(upsells(engine, "c0i1", {.max_price_ratio = 3, .budget = 11}).contains("c4i5"));
    EXPECT_EQ(upsells(engine, "c2i2"), (std::set<std::string>{"c2i3", "c2i4", "c2i5", "c4i5"}));  // never down
    for (const Offer& offer : engine.upsell("c0i1").offers) {
        if (offer.item != "c2i2") continue;
        EXPECT_NE(offer.sentence.find("2.00 dearer (4.00 to 6.00)"), std::string::npos) << offer.sentence;
        EXPECT_NE(offer.sentence.find("higher on the ladder plan"), std::string::npos) << offer.sentence;
    }
}

TEST(R24_Ladder, RungsDecideWhereBothAreKnown) {
    // The dearer item is the lower rung; c0i3 stands in the leaf and on the ladder.
    const OfferEngine engine = with_rungs({{"c0i1", {"plan", 2}},
                                           {"c2i2", {"plan", 1}},
                                           {"c0i3", {"plan", 1}},
                                           {"c4i2", {"plan", 3}},
                                           {"c6i2", {"plan"}}});
    EXPECT_EQ(upsells(engine, "c0i1"), (std::set<std::string>{"c0i2", "c4i2", "c6i2"}));
}

TEST(R24_Ladder, OrdersWhatHasNoPrice) {
    const OfferEngine engine = with_rungs(
        {{"c0i1", {"plan", 1}}, {"c2i0", {"plan", 2}}, {"c4i0", {"plan", 3}}, {"c6i0", {"other", 4}}}, false);
    // Purchases tell the prices that the catalog lacks: c2i0 and c4i0 were sold cheaper and are no step up.
    EXPECT_TRUE(upsells(engine, "c0i1", {.upsell_by = UpsellBy::tier}).empty());
    EXPECT_EQ(upsells(engine, "c2i0", {.upsell_by = UpsellBy::tier}), std::set<std::string>());
    CatalogTable table;
    for (const auto& [id, tier] : {std::pair("basic", 1.0F), std::pair("pro", 2.0F), std::pair("enterprise", 3.0F)}) {
        table.item.push_back(id);
        table.ladder.push_back("plan");
        table.tier.push_back(tier);
    }
    TransactionTable lines;
    for (int basket = 0; basket < 30; ++basket)
        for (const char* item : {"basic", basket % 2 == 0 ? "pro" : "enterprise"}) {
            lines.basket.push_back(std::to_string(basket));
            lines.item.push_back(item);
        }
    const OfferEngine plans =
        fit_offer_engine(Transactions(std::move(lines)), Catalog(std::move(table)), PlantedShop::options());
    EXPECT_EQ(upsells(plans, "basic"), (std::set<std::string>{"pro", "enterprise"}));
    EXPECT_EQ(upsells(plans, "pro"), (std::set<std::string>{"enterprise"}));
    const OfferList top = plans.upsell("enterprise");
    EXPECT_TRUE(top.offers.empty());
    EXPECT_TRUE(top.warnings.empty());
}

TEST(R01_Ladder, MatesAreNeverACrossSellNorBesideOneAnother) {
    const std::vector<std::string> basket = {"c0i1"};
    const OfferEngine engine = with_rungs({{"c0i1", {"plan"}}, {"c1i1", {"plan"}}});
    const auto before = ids(cross_sell(testing::plain(), basket, testing::open()));
    ASSERT_TRUE(std::ranges::count(before, "c1i1") == 1) << "a planted complement";
    EXPECT_EQ(std::ranges::count(ids(cross_sell(engine, basket, testing::open())), "c1i1"), 0);
    OfferQuery same = testing::open();
    same.allow_same_category = true;
    EXPECT_EQ(std::ranges::count(ids(cross_sell(engine, basket, same)), "c1i1"), 1);
    for (const Offer& offer : engine.bundle("c0i1", {}, {.min_support = 1, .min_g2 = 0}).added)
        EXPECT_NE(offer.item, "c1i1");

    // Two mates of different leaves in one list of a third: the cap counts them as one kind.
    ASSERT_GE(before.size(), 2U);
    std::map<std::string, Rung> all;
    for (const std::string& item : before) all[item] = {"plan"};
    OfferQuery one = testing::open();
    one.max_per_category = 1;
    EXPECT_EQ(cross_sell(with_rungs(all), basket, one).offers.size(), 1U);
}

TEST(R10_Ladder, WhatIsHigherCoolsDownToo) {
    const OfferEngine engine = with_rungs({{"c0i1", {"plan"}}, {"c2i2", {"plan"}}});
    const auto& models = engine.models();
    const std::int32_t item = models.catalog.items().find("c0i1");
    const std::int32_t mate = models.catalog.items().find("c2i2");
    int looked_at = 0;
    for (std::int32_t customer = 0; customer < models.customers.size(); ++customer) {
        bool bought = false, other_leaf = false;
        const std::int32_t last = models.history.customer_baskets.view().row(customer).back();
        for (const std::int32_t it : models.history.baskets.view().row(last)) {
            bought = bought || it == item;
            other_leaf = other_leaf || models.catalog.leaf(it) == models.catalog.leaf(mate);
        }
        if (!bought || other_leaf) continue;
        ++looked_at;
        PlacementOptions page = placement_options(Placement::product_page);
        OfferQuery query{.min_relevance = 0, .as_of = models.history.time[static_cast<std::size_t>(last)] + 86400};
        query.allow_bought = true;
        const std::vector<std::string> basket = {"c2i1"};  // c2i2 is dearer and of its leaf
        for (const Offer& offer :
             engine.offers(basket, std::string(models.customers[customer]), page, {}, query).upsell)
            EXPECT_NE(offer.item, "c2i2");
        query.as_of = *query.as_of + 30 * 86400;
        const auto later = engine.offers(basket, std::string(models.customers[customer]), page, {}, query).upsell;
        EXPECT_TRUE(std::ranges::any_of(later, [](const Offer& offer) { return offer.item == "c2i2"; }));
    }
    EXPECT_GT(looked_at, 0);
}

}  // namespace
}  // namespace crosslift
