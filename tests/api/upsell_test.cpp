// Up-sell rules: dearer, same leaf, inside the band and the budget, never worse on a must-have.
#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace crosslift {
namespace {

using testing::PlantedShop;

const OfferEngine& engine() {
    static const OfferEngine made = PlantedShop().engine();
    return made;
}

TEST(Upsell, OffersOnlyDearerItemsOfTheLeafInsideTheBand) {
    const PlantedShop shop;
    for (int c = 0; c < shop.categories; ++c)
        for (int rank = 0; rank < shop.items_per_category; ++rank) {
            const std::string item = PlantedShop::id(c, rank);
            const double price = shop.price(item);
            std::set<std::string> wanted;
            for (int r = 0; r < shop.items_per_category; ++r) {
                const double other = shop.price(PlantedShop::id(c, r));
                if (other >= 1.05 * price && other <= 2.0 * price) wanted.insert(PlantedShop::id(c, r));
            }
            std::set<std::string> found;
            for (const Offer& offer : engine().upsell(item).offers) {
                found.insert(offer.item);
                EXPECT_NEAR(offer.price_difference, offer.price - price, 1e-5);
                EXPECT_GT(offer.price_difference, 0);
            }
            EXPECT_EQ(found, wanted) << item;
        }
}

TEST(Upsell, ScoresAreProbabilitiesInDescendingOrder) {
    // Every dearer item of the leaf: together they are all that a customer who trades up may pick.
    const OfferQuery all{.min_relevance = 0, .max_price_ratio = 100, .price_quantile = 1};
    const OfferList list = engine().upsell("c0i1", "k3", all);
    ASSERT_GE(list.offers.size(), 2U);
    double sum = 0;
    for (std::size_t n = 0; n < list.offers.size(); ++n) {
        sum += list.offers[n].score;
        EXPECT_LE(list.offers[n].score, list.offers[n == 0 ? 0 : n - 1].score);
    }
    EXPECT_NEAR(sum, 1.0, 1e-6);
}

TEST(Upsell, PersonalizationZeroIsTheListOfAnUnknownCustomer) {
    const OfferList known = engine().upsell("c0i1", "k3", {.personalization = 0});
    const OfferList unknown = engine().upsell("c0i1");
    ASSERT_EQ(known.offers.size(), unknown.offers.size());
    for (std::size_t n = 0; n < known.offers.size(); ++n) {
        EXPECT_EQ(known.offers[n].item, unknown.offers[n].item);
        EXPECT_EQ(known.offers[n].score, unknown.offers[n].score);
        EXPECT_EQ(known.offers[n].sentence, unknown.offers[n].sentence);
    }
}

TEST(Upsell, BudgetAndRatiosAreHardLimits) {
    OfferQuery query{.max_price_ratio = 100, .budget = 7.99F};
    const OfferList list = engine().upsell("c0i0", {}, query);
    EXPECT_EQ(list.offers.size(), 2U);  // 4 and 6, not 8 and dearer
    for (const Offer& offer : list.offers) EXPECT_LE(offer.price, 7.99F);
    EXPECT_TRUE(engine().upsell("c0i0", {}, {.budget = 1.0F}).offers.empty());
    EXPECT_THROW(engine().upsell("c0i0", {}, {.min_price_ratio = 1.0}), InvalidArgument);
    EXPECT_THROW(engine().upsell("c0i0", {}, {.min_price_ratio = 2.0, .max_price_ratio = 1.5}), InvalidArgument);
}

TEST(Upsell, NeverWorseOnAMustHave) {
    CatalogTable table = PlantedShop().catalog_table();
    Attribute quality{.name = "quality", .must_have = true, .values = {}};
    Attribute noise{
        .name = "noise", .direction = Attribute::Direction::lower_is_better, .must_have = true, .values = {}};
    for (std::size_t n = 0; n < table.item.rows.size(); ++n) {
        const std::string id(table.item.ids[table.item.rows[n]]);
        quality.values.push_back(id == "c0i3" ? 1.0F : id == "c0i4" ? std::nanf("") : 5.0F);
        noise.values.push_back(id == "c0i5" ? 9.0F : id == "c0i3" ? 1.0F : 2.0F);
    }
    table.attributes = {quality, noise};
    const OfferEngine made =
        fit_offer_engine(PlantedShop().transactions(), Catalog(std::move(table)), PlantedShop::options());
    std::set<std::string> found;
    for (const Offer& offer : made.upsell("c0i2", {}, {.max_price_ratio = 10}).offers) found.insert(offer.item);
    EXPECT_EQ(found, (std::set<std::string>{"c0i4"}));  // i3 is of lower quality, though quieter, i5 louder
}

TEST(Upsell, SentenceTellsPriceAndPack) {
    const OfferList list = engine().upsell("c0i1", {}, {.allow = {"c0i3"}});
    ASSERT_EQ(list.offers.size(), 1U);
    const std::string& text = list.offers[0].sentence;
    EXPECT_NE(text.find("4.00 dearer (4.00 to 8.00)"), std::string::npos) << text;
    EXPECT_NE(text.find("double the pack"), std::string::npos) << text;
    EXPECT_NE(text.find("same brand (odd)"), std::string::npos) << text;
}

TEST(Upsell, WithoutPriceOrCategoryThereIsNothingToReplaceAndAReason) {
    CatalogTable no_category = PlantedShop().catalog_table();
    no_category.category.clear();
    const OfferEngine made =
        fit_offer_engine(PlantedShop().transactions(), Catalog(std::move(no_category)), PlantedShop::options());
    const OfferList list = made.upsell("c0i1");
    EXPECT_TRUE(list.offers.empty());
    ASSERT_EQ(list.warnings.size(), 1U);
    EXPECT_NE(list.warnings[0].find("no category"), std::string::npos);
    EXPECT_EQ(engine().upsell("unheard of").warnings.size(), 1U);
}

TEST(Upsell, DisjointFromCrossSell) {
    for (int c = 0; c < 8; ++c)
        for (int rank = 0; rank < 6; ++rank) {
            const std::string item = PlantedShop::id(c, rank);
            std::set<std::string> up;
            for (const Offer& offer : engine().upsell(item).offers) up.insert(offer.item);
            for (const Offer& offer : engine().cross_sell(std::span(&item, 1)).offers)
                EXPECT_FALSE(up.contains(offer.item));
        }
}

TEST(Upsell, RawScoresKeepTheOrderOfTheirCandidates) {
    const std::vector<std::string> items = {"c0i0", "c0i0", "unheard of"};
    const std::vector<std::vector<std::string>> candidates = {
        {"c0i1", "c0i2", "c0i3"}, {"c0i3", "nothing", "c0i1"}, {"c0i1"}};
    const auto scores = engine().score_upsells(items, candidates);
    ASSERT_EQ(scores.size(), 3U);
    ASSERT_EQ(scores[0].size(), 3U);
    EXPECT_TRUE(std::isnan(scores[1][1]));
    // The same two candidates keep their order whatever stands between them.
    EXPECT_EQ(scores[0][0] < scores[0][2], scores[1][2] < scores[1][0]);
    EXPECT_TRUE(std::isfinite(scores[2][0]));
    EXPECT_THROW(engine().score_upsells(items, std::span(candidates).first(2)), InvalidArgument);
}

}  // namespace
}  // namespace crosslift
