#include <crosslift/content.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace crosslift {
namespace {

CatalogTable table(const std::vector<std::string>& names) {
    CatalogTable columns;
    columns.category.resize(2);
    for (std::size_t n = 0; n < names.size(); ++n) {
        columns.item.push_back("i" + std::to_string(n));
        columns.category[0].push_back(n < 2 ? "garden" : "kitchen");
        columns.category[1].push_back("small");
        columns.name.push_back(names[n]);
    }
    return columns;
}

double dot(const CsrView& rows, std::int64_t a, std::int64_t b) {
    double sum = 0;
    for (std::size_t n = 0; n < rows.row(a).size(); ++n)
        for (std::size_t m = 0; m < rows.row(b).size(); ++m)
            if (rows.row(a)[n] == rows.row(b)[m])
                sum += static_cast<double>(rows.row_values(a)[n]) * static_cast<double>(rows.row_values(b)[m]);
    return sum;
}

// Four items: two of "garden", one word shared by two across categories; everything else stands on one item alone.
TEST(ItemContent, CosinesAreThoseWorkedOutByHand) {
    const ItemContent content = item_content(Catalog(table({"Red RAKE", "", "big red-pot x", "urn"})));
    const CsrView rows = content.features;
    ASSERT_EQ(rows.rows, 4);
    const double two = std::log(3.0);  // log(1 + 4 / 2) for whatever two items share
    // Item 0: garden, garden > small, red; item 1: the two categories; item 2: kitchen, kitchen > small, red.
    EXPECT_NEAR(dot(rows, 0, 0), 1, 1e-6);
    EXPECT_NEAR(dot(rows, 0, 1), 2 * two * two / (std::sqrt(3.0) * two * std::sqrt(2.0) * two), 1e-6);
    EXPECT_NEAR(dot(rows, 0, 2), 1 / 3.0, 1e-6);
    EXPECT_NEAR(dot(rows, 1, 3), 0, 1e-6);  // "small" of another parent is another category
    EXPECT_NEAR(dot(rows, 2, 3), 2 / (std::sqrt(3.0) * std::sqrt(2.0)), 1e-6);
    EXPECT_TRUE(content.log_price.empty());
}

TEST(ItemContent, BrandMakerAndPriceCount) {
    CatalogTable columns;
    for (const char* id : {"a", "b", "c"}) columns.item.push_back(id);
    for (const char* brand : {"x", "x", "y"}) columns.brand.push_back(brand);
    for (const char* maker : {"x", "m", "m"}) columns.manufacturer.push_back(maker);
    columns.price = {std::exp(1.0F), std::nanf(""), 0.0F};
    const ItemContent content = item_content(Catalog(columns));
    EXPECT_NEAR(dot(content.features, 0, 1), 1 / std::sqrt(2.0), 1e-6);  // the brand, not the maker of that name
    EXPECT_NEAR(dot(content.features, 1, 2), 1 / std::sqrt(2.0), 1e-6);
    EXPECT_NEAR(dot(content.features, 0, 2), 0, 1e-6);
    ASSERT_EQ(content.log_price.size(), 3U);
    EXPECT_NEAR(content.log_price[0], 1, 1e-6);
    EXPECT_TRUE(std::isnan(content.log_price[1]));
    EXPECT_TRUE(std::isnan(content.log_price[2]));  // a gift has no price level
}

TEST(ItemContent, ACatalogThatKnowsNothingGivesNoFeatures) {
    CatalogTable columns;
    for (const char* id : {"red", "red rake", "11"}) columns.item.push_back(id);
    const ItemContent content = item_content(Catalog(columns));
    EXPECT_TRUE(content.empty());
    EXPECT_EQ(content.features.rows, 3);
    EXPECT_EQ(item_content(Catalog()).features.rows, 0);
}

}  // namespace
}  // namespace crosslift
