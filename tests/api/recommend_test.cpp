// Recommendations for customers, and similar items.
#include "support/planted_shop.hpp"

#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace crosslift {
namespace {

using testing::PlantedShop;

const OfferEngine& engine() {
    static const OfferEngine made = PlantedShop().engine();
    return made;
}

std::set<std::string> bought_by(const std::string& customer) {
    const Transactions lines = PlantedShop().transactions();
    std::set<std::string> items;
    for (std::size_t n = 0; n < static_cast<std::size_t>(lines.size()); ++n)
        if (lines.customers()[lines.customer()[n]] == customer)
            items.insert(std::string(lines.items()[lines.item()[n]]));
    return items;
}

TEST(Recommend, LeavesOutWhatWasBoughtUnlessAllowed) {
    const auto bought = bought_by("k7");
    const OfferList list = engine().recommend("k7");
    ASSERT_FALSE(list.offers.empty());
    for (const Offer& offer : list.offers) EXPECT_FALSE(bought.contains(offer.item)) << offer.item;
    const OfferList again = engine().recommend("k7", {.k = 48, .allow_bought = true});
    EXPECT_TRUE(std::ranges::any_of(again.offers, [&](const Offer& offer) { return bought.contains(offer.item); }));
}

TEST(Recommend, AnUnknownCustomerGetsWhatMostBasketsHold) {
    const Transactions lines = PlantedShop().transactions();
    std::map<std::string, std::set<std::int32_t>> baskets;
    for (std::size_t n = 0; n < static_cast<std::size_t>(lines.size()); ++n)
        baskets[std::string(lines.items()[lines.item()[n]])].insert(lines.basket()[n]);
    std::size_t most = 0;
    for (const auto& [item, in] : baskets) most = std::max(most, in.size());
    const OfferList list = engine().recommend("nobody");
    ASSERT_EQ(list.offers.size(), 10U);
    EXPECT_EQ(baskets[list.offers[0].item].size(), most);
    for (std::size_t n = 1; n < list.offers.size(); ++n) EXPECT_LE(list.offers[n].score, list.offers[n - 1].score);
    EXPECT_EQ(list.warnings.size(), 1U);
    EXPECT_TRUE(engine().recommend("").warnings.empty());
}

TEST(Recommend, PersonalizationZeroIsTheListOfAnUnknownCustomer) {
    const OfferList known = engine().recommend("k7", {.personalization = 0});
    const OfferList unknown = engine().recommend("");
    ASSERT_EQ(known.offers.size(), unknown.offers.size());
    for (std::size_t n = 0; n < known.offers.size(); ++n) EXPECT_EQ(known.offers[n].item, unknown.offers[n].item);
}

TEST(Recommend, ScoresAreTheInnerProductsOfTheFactors) {
    const auto& models = engine().models();
    const auto customer = models.taste.customer_factors.row(models.customers.find("k7"));
    for (const Offer& offer : engine().recommend("k7").offers) {
        const auto item = models.taste.item_factors.row(models.catalog.items().find(offer.item));
        double dot = 0;
        for (std::size_t n = 0; n < item.size(); ++n) dot += static_cast<double>(customer[n]) * item[n];
        EXPECT_NEAR(offer.score, dot, 1e-5);
    }
}

TEST(SimilarItems, NeverTheItemItselfAndInDescendingOrder) {
    for (int c = 0; c < 8; ++c) {
        const OfferList list = engine().similar_items(PlantedShop::id(c, 2));
        for (std::size_t n = 0; n < list.offers.size(); ++n) {
            EXPECT_NE(list.offers[n].item, PlantedShop::id(c, 2));
            EXPECT_LE(list.offers[n].score, 1.0 + 1e-5);
            EXPECT_LE(list.offers[n].score, list.offers[n == 0 ? 0 : n - 1].score);
        }
    }
}

TEST(SimilarItems, ScoreIsTheCosineOfTasteFactors) {
    const auto& models = engine().models();
    const auto row = [&](const std::string& id) {
        return models.taste.item_factors.row(models.catalog.items().find(id));
    };
    for (const Offer& offer : engine().similar_items("c3i1").offers) {
        double dot = 0, aa = 0, bb = 0;
        for (std::size_t n = 0; n < row("c3i1").size(); ++n) {
            dot += static_cast<double>(row("c3i1")[n]) * row(offer.item)[n];
            aa += static_cast<double>(row("c3i1")[n]) * row("c3i1")[n];
            bb += static_cast<double>(row(offer.item)[n]) * row(offer.item)[n];
        }
        EXPECT_NEAR(offer.score, dot / std::sqrt(aa * bb), 1e-5);
    }
}

}  // namespace
}  // namespace crosslift
