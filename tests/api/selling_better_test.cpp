// What is better, for whom, and what was bought before, by their number in
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

TEST(SellingBetter, R02_UpsellIsBetterInSomethingOrWorseInNothing) {
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

TEST(SellingBetter, R02_AValueRatioAsksMoreOfADearerItem) {
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

TEST(SellingBetter, R03_WhatIsAboveTheCustomersUsualPricesComesLastAndIsFlagged) {
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

TEST(SellingBetter, R24_WithoutPricesATierIsTheLadder) {
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

TEST(SellingBetter, R24_ATierAlsoOrdersWhatHasPrices) {
    const OfferEngine engine = shop_with([](CatalogTable& table, std::size_t, const std::string& id) {
        table.tier.push_back(id == "c0i3" ? 0.0F : static_cast<float>(id.back() - '0'));
    });
    OfferQuery query = open();
    query.upsell_by = UpsellBy::tier;
    const auto found = ids(engine.upsell("c0i2", {}, query));
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), (std::set<std::string>{"c0i4", "c0i5"}));
}

TEST(SellingBetter, WhatCannotBeKnownIsAWarning) {
    const OfferEngine bare =
        shop_with([](CatalogTable& table, std::size_t n, const std::string&) { table.pack_size[n] = "big"; });
    const auto warning = [&](const OfferQuery& query) {
        const OfferList list = bare.upsell("c0i1", {}, query);
        EXPECT_TRUE(list.offers.empty());
        return list.warnings.empty() ? "" : list.warnings.front();
    };
    EXPECT_NE(warning({.upsell_by = UpsellBy::unit_price}).find("pack size"), std::string::npos);
    EXPECT_NE(warning({.upsell_by = UpsellBy::tier}).find("tier"), std::string::npos);
    EXPECT_NE(warning({.min_value_ratio = 0.5}).find("attributes"), std::string::npos);
}

TEST(SellingBetter, R24_UnitPricesCompareWhatIsInThePack) {
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

TEST(SellingBetter, R26_TheCustomersAttributeComesFirst) {
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

TEST(SellingBetter, R26_PlantedPreferencesAreLearnedFromPurchases) {
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

TEST(SellingBetter, R27_PopularityDividesTheScoreByHowOftenAnItemSells) {
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

TEST(SellingBetter, R27_WhatWasBoughtIsLeftOutUnlessCustomersComeBackForIt) {
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
