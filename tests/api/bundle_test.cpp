// Bundles: series first, one per category, priced and above the floor; the greedy choice against plain cross-sells.
#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace crosslift {
namespace {

using testing::PlantedShop;

// Half of the price is cost; c0i1, c0i3 and c0i5 are a trilogy; c1i2 is a service.
const OfferEngine& engine() {
    static const OfferEngine made = [] {
        CatalogTable table = PlantedShop().catalog_table();
        for (std::size_t n = 0; n < table.item.rows.size(); ++n) {
            const std::string id(table.item.ids[table.item.rows[n]]);
            table.cost.push_back(table.price[n] / 2);
            table.series.push_back(id == "c0i1" || id == "c0i3" || id == "c0i5" ? "Trilogy" : "");
            table.service.push_back(id == "c1i2" ? 1 : 0);
        }
        return fit_offer_engine(PlantedShop().transactions(), Catalog(std::move(table)), PlantedShop::options());
    }();
    return made;
}

std::vector<std::string> ids(const std::vector<Offer>& offers) {
    std::vector<std::string> found;
    for (const Offer& offer : offers) found.push_back(offer.item);
    return found;
}

std::string category(const std::string& item) {
    return item.substr(0, item.find('i'));
}

TEST(R13_Bundle, ASeriesIsCompletedFirst) {
    const Bundle bundle = engine().bundle("c0i1");
    const auto added = ids(bundle.added);
    EXPECT_EQ(std::set<std::string>(added.begin(), added.end()), (std::set<std::string>{"c0i3", "c0i5"}));
    EXPECT_TRUE(bundle.completes_series);
    EXPECT_NE(bundle.sentence.find("completes the series"), std::string::npos) << bundle.sentence;
    for (const Offer& offer : bundle.added) {
        EXPECT_EQ(offer.kind, OfferKind::bundle);
        EXPECT_NE(offer.sentence.find("Trilogy"), std::string::npos);
    }
    // Room for two: the series is begun, not completed.
    const Bundle small = engine().bundle("c0i1", {}, {}, {.max_items = 2});
    ASSERT_EQ(small.added.size(), 1U);
    EXPECT_EQ(small.added[0].item, bundle.added[0].item);
    EXPECT_FALSE(small.completes_series);
    EXPECT_FALSE(engine().bundle("c0i0").completes_series);
}

TEST(R13_Bundle, WithoutASeriesEachStepIsTheBestCrossSellToTheSetSoFar) {
    for (int c = 2; c < 8; ++c) {
        const std::string anchor = PlantedShop::id(c, 1);
        std::vector<std::string> set = {anchor};
        for (const Offer& offer : engine().bundle(anchor, "k7", {}, {.max_items = 4}).added) {
            const OfferList next = engine().cross_sell(set, "k7", {.k = 1});
            ASSERT_FALSE(next.offers.empty());
            EXPECT_EQ(offer.item, next.offers[0].item);
            EXPECT_EQ(offer.score, next.offers[0].score);
            set.push_back(offer.item);
        }
        EXPECT_GT(set.size(), 1U) << anchor;
    }
}

TEST(R14_Bundle, MayHoldAServiceUnlessNotWanted) {
    const std::string anchor = "c0i2";  // c1i2 is its planted companion
    EXPECT_EQ(engine().bundle(anchor).added.at(0).item, "c1i2");
    for (const Offer& offer : engine().bundle(anchor, {}, {}, {.services = false}).added) EXPECT_NE(offer.item, "c1i2");
}

TEST(R14_Bundle, PriceAndMarginAreThoseOfTheSetAfterTheDiscount) {
    for (const double discount : {0.0, 0.1, 0.4}) {
        const Bundle bundle = engine().bundle("c2i2", {}, {.discount = discount});
        ASSERT_FALSE(bundle.added.empty());
        double sum = PlantedShop().price("c2i2");
        for (const Offer& offer : bundle.added) sum += PlantedShop().price(offer.item);
        EXPECT_NEAR(bundle.sum_price, sum, 1e-4);
        EXPECT_EQ(bundle.discount, discount);
        EXPECT_NEAR(bundle.bundle_price, sum * (1 - discount), 1e-4);
        EXPECT_NEAR(bundle.margin, sum * (1 - discount) - sum / 2, 1e-4);
    }
}

TEST(R14_Bundle, NeverEarnsLessThanTheFloor) {
    bool cut = false;
    for (int c = 0; c < 8; ++c)
        for (const double floor : {0.0, 4.0, 9.0, 1000.0}) {
            const Bundle bundle = engine().bundle(PlantedShop::id(c, 2), {}, {.discount = 0.2}, {.min_margin = floor});
            if (bundle.added.empty()) {
                cut = true;
                EXPECT_NE(bundle.sentence.find("Nothing completes"), std::string::npos);
            } else {
                EXPECT_GE(bundle.margin, floor - 1e-6);
            }
        }
    EXPECT_TRUE(cut);
    EXPECT_TRUE(engine().bundle("c2i2", {}, {.discount = 0.6}).added.empty());  // every set would lose money
}

TEST(R15_Bundle, OneItemPerCategoryByDefault) {
    for (int c = 2; c < 8; ++c) {
        OfferQuery query{.min_support = 1, .min_g2 = 0, .min_relevance = 0};
        const Bundle bundle = engine().bundle(PlantedShop::id(c, 0), {}, query, {.max_items = 20});
        std::set<std::string> seen = {category(bundle.anchor)};
        for (const Offer& offer : bundle.added) EXPECT_TRUE(seen.insert(category(offer.item)).second) << offer.item;
        query.max_per_category = 2;
        const Bundle wide = engine().bundle(PlantedShop::id(c, 0), {}, query, {.max_items = 20});
        EXPECT_GT(wide.added.size(), bundle.added.size());
        std::multiset<std::string> counted = {category(wide.anchor)};
        for (const Offer& offer : wide.added) counted.insert(category(offer.item));
        for (const std::string& one : counted) EXPECT_LE(counted.count(one), 2U);
    }
}

TEST(R3_Bundle, TheWholeSetStaysWithinTheBudget) {
    for (float budget = 0; budget < 40; budget += 3) {
        const Bundle bundle = engine().bundle("c2i2", {}, {.budget = budget}, {.max_items = 5});
        EXPECT_TRUE(bundle.added.empty() || bundle.bundle_price <= static_cast<double>(budget) + 1e-6) << budget;
    }
}

TEST(Bundle, ImpossibleOptionsAreNamed) {
    EXPECT_THROW(engine().bundle("c0i0", {}, {}, {.max_items = 1}), InvalidArgument);
    EXPECT_THROW(engine().bundle("c0i0", {}, {}, {.min_margin = std::numeric_limits<double>::quiet_NaN()}),
                 InvalidArgument);
    const OfferEngine costless = PlantedShop().engine();
    try {
        costless.bundle("c0i0", {}, {}, {.min_margin = 1});
        FAIL() << "no error";
    } catch (const InvalidArgument& error) {
        EXPECT_NE(std::string(error.what()).find("cost"), std::string::npos);
        EXPECT_NE(std::string(error.what()).find("min_margin"), std::string::npos);
    }
    const Bundle bundle = costless.bundle("c0i1");
    ASSERT_FALSE(bundle.added.empty());
    EXPECT_TRUE(std::isnan(bundle.margin));
    EXPECT_NE(bundle.sentence.find("margin is not known"), std::string::npos) << bundle.sentence;
}

TEST(Bundle, UnknownItemsAndBareCatalogsHaveADocumentedAnswer) {
    const Bundle none = engine().bundle("no such item");
    EXPECT_TRUE(none.added.empty());
    EXPECT_EQ(none.warnings.size(), 1U);
    const OfferEngine bare = fit_offer_engine(PlantedShop().transactions(), {}, PlantedShop::options());
    EXPECT_FALSE(bare.bundle("c0i1").added.empty());
}

}  // namespace
}  // namespace crosslift
