// R12: attribute by attribute, better and worse, with the price of the difference.
#include "support/planted_shop.hpp"

#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

namespace crosslift {
namespace {

using testing::PlantedShop;

constexpr float nan_number = std::numeric_limits<float>::quiet_NaN();

// Camera and battery grow with the rank, weight too: dearer is better and heavier.
const OfferEngine& engine() {
    static const OfferEngine made = [] {
        PlantedShop shop;
        shop.baskets = 600;
        CatalogTable table = shop.catalog_table();
        std::vector<float> camera, weight, screen;
        for (std::size_t n = 0; n < table.item.rows.size(); ++n) {
            const auto rank = static_cast<float>(n % 6);
            camera.push_back(10 * rank);
            weight.push_back(100 + rank);
            screen.push_back(n % 2 == 0 ? 5.0F : nan_number);
        }
        table.tier.assign(camera.size(), 1);
        table.attributes = {{"camera", Attribute::Direction::higher_is_better, 1, true, camera},
                            {"weight", Attribute::Direction::lower_is_better, 1, false, weight},
                            {"screen", Attribute::Direction::higher_is_better, 1, false, screen}};
        return fit_offer_engine(shop.transactions(), Catalog(std::move(table)), PlantedShop::options());
    }();
    return made;
}

std::map<std::string, Verdict> verdicts(const Comparison& found) {
    std::map<std::string, Verdict> by_name;
    for (const ComparedAttribute& it : found.attributes) by_name[it.name] = it.verdict;
    return by_name;
}

TEST(R12_Compare, NamesWhatIsBetterAndWhatIsWorse) {
    const Comparison found = engine().compare("c0i1", "c0i3");
    EXPECT_EQ(verdicts(found), (std::map<std::string, Verdict>{{"camera", Verdict::better},
                                                               {"weight", Verdict::worse},
                                                               {"screen", Verdict::unknown},
                                                               {"tier", Verdict::equal}}));
    EXPECT_EQ(found.attributes[1].first, 10);
    EXPECT_EQ(found.attributes[1].second, 30);
    EXPECT_TRUE(found.attributes[1].must_have);
    EXPECT_TRUE(found.same_category);
    EXPECT_FALSE(engine().compare("c0i1", "c1i1").same_category);
    EXPECT_EQ(verdicts(engine().compare("c0i0", "c0i2"))["screen"], Verdict::equal);
}

TEST(R12_Compare, IsTheMirrorImageTheOtherWayRound) {
    const Comparison there = engine().compare("c2i1", "c2i4"), back = engine().compare("c2i4", "c2i1");
    ASSERT_EQ(there.attributes.size(), back.attributes.size());
    for (std::size_t n = 0; n < there.attributes.size(); ++n) {
        const Verdict one = there.attributes[n].verdict, other = back.attributes[n].verdict;
        EXPECT_EQ(one == Verdict::better, other == Verdict::worse);
        EXPECT_EQ(one == Verdict::worse, other == Verdict::better);
        EXPECT_EQ(one == Verdict::unknown, other == Verdict::unknown);
    }
    EXPECT_EQ(there.price.difference, -back.price.difference);
}

TEST(R12_Compare, PricesAreThoseOfThePackAndOfAHundredGrams) {
    // Rank r: (1 + r) * 2 money, (1 + r) * 100 g, so 2.00 per 100 g everywhere.
    const Comparison found = engine().compare("c0i1", "c0i3");
    EXPECT_EQ(found.price.first, 4);
    EXPECT_EQ(found.price.second, 8);
    EXPECT_EQ(found.price.difference, 4);
    EXPECT_EQ(found.unit, "100 g");
    EXPECT_FLOAT_EQ(found.unit_price.first, 2);
    EXPECT_FLOAT_EQ(found.unit_price.second, 2);
    EXPECT_EQ(found.sentence,
              "Item 3 of 0 against Item 1 of 0: 4.00 dearer (4.00 to 8.00); the same price per 100 g; better: camera; "
              "worse: weight; equal: tier.");
}

TEST(R12_Compare, AnUnknownItemLeavesEverythingUnknownAndIsNamed) {
    const Comparison found = engine().compare("c0i1", "no such item");
    for (const ComparedAttribute& it : found.attributes) EXPECT_EQ(it.verdict, Verdict::unknown);
    EXPECT_TRUE(std::isnan(found.price.second));
    EXPECT_TRUE(found.unit.empty());
    ASSERT_EQ(found.warnings.size(), 1U);
    EXPECT_NE(found.warnings[0].find("no such item"), std::string::npos);
}

TEST(R12_Compare, WorksWithoutACatalog) {
    PlantedShop shop;
    shop.baskets = 300;
    const OfferEngine bare = fit_offer_engine(shop.transactions(), {}, PlantedShop::options());
    const Comparison found = bare.compare("c0i1", "c0i3");
    EXPECT_TRUE(found.attributes.empty());
    EXPECT_EQ(found.price.difference, 4);  // medians of what was paid
    EXPECT_TRUE(found.unit.empty());
    EXPECT_FALSE(found.same_category);
}

}  // namespace
}  // namespace crosslift
