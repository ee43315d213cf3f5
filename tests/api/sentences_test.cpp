// R25: what a shopkeeper reads. Sentences say what the data says, in words that fit the numbers.
#include "support/bundled_shop.hpp"
#include "support/selling_shop.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace crosslift {
namespace {

using testing::ids;
using testing::PlantedShop;
using testing::shop_with;

// Dearer items of one leaf, c0i0 at 2.00 asked about.
std::vector<Offer> upsells(const OfferEngine& engine, const std::string& item, OfferQuery query = {}) {
    query.k = 1000;
    query.min_relevance = 0;
    query.max_price_ratio = 100;
    return engine.upsell(item, {}, query).offers;
}

std::string sentence_of(const std::vector<Offer>& offers, const std::string& item) {
    for (const Offer& offer : offers)
        if (offer.item == item) return offer.sentence;
    return {};
}

bool says(const std::string& sentence, const std::string& words) {
    return sentence.find(words) != std::string::npos;
}

TEST(R25_Sentences, CrossSellNamesBothItemsAndCountsInTheWordsOfTheContext) {
    const OfferEngine engine = shop_with([](CatalogTable& table, std::size_t n, const std::string& id) {
        if (id == "c0i1") table.name[n] = "Lunch bag. ";
        if (id == "c1i1") table.name[n] = "Cool pack,";
    });
    const std::vector<std::string> basket = {"c0i1"};
    const OfferList list = engine.cross_sell(basket);
    ASSERT_FALSE(list.offers.empty());
    const Offer& offer = list.offers.front();
    ASSERT_EQ(offer.item, "c1i1");
    EXPECT_TRUE(offer.sentence.starts_with(std::to_string(offer.evidence.together) + " of "));
    EXPECT_TRUE(says(offer.sentence, " baskets with Lunch bag also had Cool pack, ")) << offer.sentence;
    EXPECT_EQ(offer.name, "Cool pack,") << "outside the sentence a name is as the shop writes it";

    OfferEngineOptions by_window = PlantedShop::options();
    by_window.context.context = Context::window;
    const OfferEngine windows = fit_offer_engine(PlantedShop().transactions(), PlantedShop().catalog(), by_window);
    const Offer in_window = windows.cross_sell(basket, {}, testing::open()).offers.front();
    EXPECT_TRUE(says(in_window.sentence, " 30-day windows with ")) << in_window.sentence;
    EXPECT_FALSE(says(in_window.sentence, "baskets")) << in_window.sentence;
    const std::string all = explain(in_window);
    EXPECT_FALSE(says(all, "baskets with both")) << all;
}

TEST(R25_Sentences, OneOfOneIsNoMany) {
    TransactionTable lines;
    for (int basket = 0; basket < 40; ++basket)
        for (const char* letter : {"a", "b"}) {
            lines.basket.push_back(std::to_string(basket));
            lines.item.push_back(letter + std::to_string(basket));
        }
    OfferEngineOptions options = PlantedShop::options();
    options.complement.tune = false;
    options.complement.min_baskets = 1;
    const OfferEngine engine = fit_offer_engine(Transactions(std::move(lines)), {}, options);
    const std::vector<std::string> basket = {"a1"};
    const OfferList list = engine.cross_sell(basket, {}, testing::open());
    ASSERT_FALSE(list.offers.empty());
    EXPECT_EQ(list.offers.front().sentence, "The only basket with a1 also had b1, 40 times what chance would give.");
}

TEST(R25_Sentences, ASmallerPackIsNoUpsellUnlessSomethingElseIsBetter) {
    const auto shop = [](const char* size, bool better) {
        return shop_with(
            [=](CatalogTable& table, std::size_t n, const std::string& id) {
                if (id.starts_with("c0")) table.pack_size[n] = id == "c0i2" ? size : "600 g";
                if (better) table.attributes[0].values.push_back(id == "c0i2" ? 2.0F : 1.0F);
            },
            [=](CatalogTable& table) {
                if (better) table.attributes = {{.name = "organic", .values = {}}};
            });
    };
    EXPECT_EQ(sentence_of(upsells(shop("300 g", false), "c0i1"), "c0i2"), "");
    EXPECT_TRUE(says(sentence_of(upsells(shop("300 g", true), "c0i1"), "c0i2"),
                     "2.00 dearer (4.00 to 6.00), half the pack, 200 % more per 100 g, better in organic"));
    EXPECT_NE(sentence_of(upsells(shop("300 ml", false), "c0i1"), "c0i2"), "") << "units that cannot be compared";
    EXPECT_NE(sentence_of(upsells(shop("595 g", false), "c0i1"), "c0i2"), "") << "as good as the same size";
    const OfferQuery by_unit{.upsell_by = UpsellBy::unit_price};
    EXPECT_NE(sentence_of(upsells(shop("300 g", false), "c0i1", by_unit), "c0i2"), "") << "a dearer gram was asked for";
}

TEST(R25_Sentences, TheSamePackNeedsNoPriceByWeightAndSmallMoneyHasItsDigits) {
    const OfferEngine engine = shop_with([](CatalogTable& table, std::size_t n, const std::string& id) {
        table.pack_size[n] = "100 g";
        if (id == "c0i0") table.price[n] = 0.0025F;
        if (id == "c0i1") table.price[n] = 0.0027F;
    });
    const std::string sentence = sentence_of(upsells(engine, "c0i0"), "c0i1");
    EXPECT_TRUE(sentence.starts_with("0.0002 dearer (0.0025 to 0.0027), same pack size;")) << sentence;
}

TEST(R25_Sentences, ABrandIsOneMakers) {
    const OfferEngine engine = shop_with([](CatalogTable& table, std::size_t, const std::string& id) {
        table.manufacturer.push_back(id == "c0i4" ? "other" : "own");
    });
    EXPECT_TRUE(says(sentence_of(upsells(engine, "c0i0"), "c0i2"), "same brand (even)"));
    EXPECT_FALSE(says(sentence_of(upsells(engine, "c0i0"), "c0i4"), "same brand"));
    EXPECT_FALSE(says(sentence_of(upsells(engine, "c0i0"), "c0i1"), "same brand"));
}

TEST(R25_Sentences, WhatLooksTheSameIsRepeatedLast) {
    const OfferEngine engine = shop_with([](CatalogTable& table, std::size_t n, const std::string& id) {
        if (id == "c0i2" || id == "c0i3" || id == "c0i4") {
            table.name[n] = "Milk";
            table.price[n] = 7;
        }
    });
    const auto offers = upsells(engine, "c0i0");
    std::vector<std::string> names;
    for (const Offer& offer : offers) names.push_back(offer.name);
    ASSERT_EQ(names.size(), 5U);
    EXPECT_EQ(std::count(names.begin(), names.begin() + 3, "Milk"), 1);
    EXPECT_EQ(names[3], "Milk");
    EXPECT_EQ(names[4], "Milk");
    EXPECT_GE(offers[3].score, offers[4].score);
}

}  // namespace
}  // namespace crosslift
