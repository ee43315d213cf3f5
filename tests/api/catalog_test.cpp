#include <crosslift/catalog.hpp>
#include <crosslift/error.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace crosslift {
namespace {

constexpr float nan_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

CatalogTable items(const std::vector<const char*>& ids) {
    CatalogTable table;
    for (const char* id : ids) table.item.push_back(id);
    return table;
}

IdColumn column(const std::vector<const char*>& values) {
    IdColumn out;
    for (const char* value : values) out.push_back(value);
    return out;
}

TEST(Catalog, IdsAlone) {
    const Catalog catalog(items({"a", "b"}));
    EXPECT_EQ(catalog.size(), 2);
    EXPECT_EQ(catalog.leaf(0), IdMap::unknown);
    EXPECT_TRUE(catalog.available(1));
    EXPECT_EQ(catalog.name(1), "b");
    EXPECT_TRUE(std::isnan(catalog.unit_margin(0)));
    EXPECT_TRUE(catalog.price().empty());
    EXPECT_EQ(Catalog().size(), 0);
    EXPECT_EQ(Catalog(CatalogTable{}).size(), 0);
}

TEST(Catalog, TheFirstRowOfAnItemCounts) {
    CatalogTable table = items({"a", "b", "a", ""});
    table.price = {1, 2, 3, 4};
    const Catalog catalog(std::move(table));
    EXPECT_EQ(catalog.size(), 2);
    EXPECT_EQ(catalog.price()[0], 1);
    ASSERT_EQ(catalog.rejected().size(), 2U);
    EXPECT_EQ(catalog.rejected()[0].line, 2);
    EXPECT_EQ(catalog.rejected()[0].reason, rejection::item_twice);
    EXPECT_EQ(catalog.rejected()[0].value, "a");
    EXPECT_EQ(catalog.rejected()[1].reason, rejection::no_item);
}

TEST(Catalog, ImpossibleNumbersRejectTheirRow) {
    CatalogTable table = items({"a", "b", "c", "d", "e", "f", "g"});
    table.price = {1, -1, infinity, nan_number, 0, 1, 1};
    table.cost = {1, 1, 1, nan_number, 0, -1, 1};
    table.margin = {-1, 1, 1, nan_number, 0, 1, -infinity};
    table.name = {"A", "B", "C", "D", "E", "F", "G"};
    const Catalog catalog(std::move(table));
    EXPECT_EQ(catalog.size(), 3);
    EXPECT_EQ(catalog.name(1), "D");
    EXPECT_EQ(catalog.name(2), "E");
    ASSERT_EQ(catalog.rejected().size(), 4U);
    EXPECT_EQ(catalog.rejected()[0].reason, rejection::price_negative);
    EXPECT_EQ(catalog.rejected()[1].reason, rejection::price_infinite);
    EXPECT_EQ(catalog.rejected()[2].reason, "cost is negative");
    EXPECT_EQ(catalog.rejected()[3].reason, "margin is infinite");
}

TEST(Catalog, ARejectedRowDoesNotStandForItsItem) {
    CatalogTable table = items({"a", "a"});
    table.price = {-1, 5};
    const Catalog catalog(std::move(table));
    ASSERT_EQ(catalog.size(), 1);
    EXPECT_EQ(catalog.price()[0], 5);
}

TEST(Catalog, LeavesAreWholePaths) {
    CatalogTable table = items({"a", "b", "c", "d", "e", "f"});
    table.category = {column({"Food", "Food", "Pets", "Food", "", ""}),
                      column({"Tins", "Tins", "Tins", "", "", "Tins"})};
    const Catalog catalog(std::move(table));
    EXPECT_EQ(catalog.leaf(0), catalog.leaf(1));
    EXPECT_NE(catalog.leaf(0), catalog.leaf(2));
    EXPECT_EQ(catalog.leaves()[catalog.leaf(0)], "Food > Tins");
    EXPECT_EQ(catalog.leaves()[catalog.leaf(3)], "Food");
    EXPECT_EQ(catalog.leaf(4), IdMap::unknown);
    EXPECT_EQ(catalog.leaves()[catalog.leaf(5)], "Tins");
    EXPECT_EQ(catalog.leaves().size(), 4);
}

TEST(Catalog, MarginStandsBeforePriceLessCost) {
    CatalogTable table = items({"a", "b", "c"});
    table.price = {10, 10, 10};
    table.cost = {7, 7, nan_number};
    table.margin = {nan_number, 5, nan_number};
    const Catalog catalog(std::move(table));
    EXPECT_EQ(catalog.unit_margin(0), 3);
    EXPECT_EQ(catalog.unit_margin(1), 5);
    EXPECT_TRUE(std::isnan(catalog.unit_margin(2)));
}

TEST(Catalog, ItemsInAnyOrderOfTheirDictionary) {
    CatalogTable table;
    table.item.ids.add("x");
    table.item.ids.add("y");
    table.item.ids.add("never");
    table.item.rows = {1, 0};
    table.price = {5, 6};
    const Catalog catalog(std::move(table));
    EXPECT_EQ(catalog.size(), 2);
    EXPECT_EQ(catalog.items()[0], "y");
    EXPECT_EQ(catalog.price()[0], 5);
}

TEST(Catalog, BadTablesAreDataErrors) {
    const auto refused = [](auto spoil) {
        CatalogTable table = items({"a", "b"});
        spoil(table);
        EXPECT_THROW(Catalog{std::move(table)}, DataError);
    };
    refused([](CatalogTable& table) { table.price = {1}; });
    refused([](CatalogTable& table) { table.name = {"a", "b", "c"}; });
    refused([](CatalogTable& table) { table.category = {column({"x"})}; });
    refused([](CatalogTable& table) { table.item = {}, table.price = {1, 2}; });
    refused([](CatalogTable& table) { table.brand = column({"x", "y"}), table.brand.rows[0] = 7; });
    refused([](CatalogTable& table) { table.item.rows[0] = 7; });
    refused([](CatalogTable& table) { table.attributes = {{"wool", {}, 0.0F, false, {1, 2}}}; });
    refused([](CatalogTable& table) { table.attributes = {{"wool", {}, 1.0F, false, {1}}}; });
}

TEST(CatalogAligned, ItemsOfTheModelComeFirst) {
    CatalogTable table = items({"a", "b", "c"});
    table.category = {column({"X", "Y", "X"})};
    table.price = {1, nan_number, 3};
    table.name = {"A", "B", "C"};
    table.available = {1, 0, 1};
    table.attributes = {{"warmth", Attribute::Direction::higher_is_better, 2.0F, true, {1, 2, 3}}};
    const Catalog catalog(std::move(table));
    IdMap sold;
    for (const char* id : {"c", "new", "b"}) sold.add(id);
    const Catalog aligned = catalog.aligned_to(sold, std::vector<float>{30, 40, 50});
    ASSERT_EQ(aligned.size(), 4);
    const std::vector<const char*> order = {"c", "new", "b", "a"};
    for (std::int32_t n = 0; n < 4; ++n) EXPECT_EQ(aligned.items()[n], order[static_cast<std::size_t>(n)]);
    EXPECT_EQ(aligned.price()[0], 3);   // known: the fallback is not used
    EXPECT_EQ(aligned.price()[1], 40);  // not in the catalog
    EXPECT_EQ(aligned.price()[2], 50);  // in the catalog without a price
    EXPECT_EQ(aligned.price()[3], 1);
    EXPECT_EQ(aligned.name(0), "C");
    EXPECT_EQ(aligned.name(1), "new");
    EXPECT_TRUE(aligned.available(1));
    EXPECT_FALSE(aligned.available(2));
    EXPECT_EQ(aligned.leaf(0), aligned.leaf(3));
    EXPECT_EQ(aligned.leaf(1), IdMap::unknown);
    EXPECT_EQ(aligned.attributes()[0].values[0], 3);
    EXPECT_TRUE(std::isnan(aligned.attributes()[0].values[1]));
    EXPECT_TRUE(aligned.attributes()[0].must_have);
}

TEST(CatalogAligned, AnEmptyCatalogTakesPricesOnly) {
    IdMap sold;
    sold.add("a");
    sold.integers = false;
    const Catalog aligned = Catalog().aligned_to(sold, std::vector<float>{7});
    EXPECT_EQ(aligned.size(), 1);
    EXPECT_EQ(aligned.price()[0], 7);
    EXPECT_TRUE(Catalog().aligned_to(sold, {}).price().empty());
    EXPECT_THROW(Catalog().aligned_to(sold, std::vector<float>{7, 8}), InvalidArgument);
}

TEST(CatalogAligned, ItemsStayIntegersWhereAllAre) {
    CatalogTable numbers = items({"1", "2"});
    numbers.item.ids.integers = true;
    const Catalog catalog(std::move(numbers));
    IdMap sold;
    sold.add("2");
    sold.integers = true;
    EXPECT_TRUE(catalog.aligned_to(sold, {}).items().integers);
    EXPECT_FALSE(Catalog(items({"1", "x"})).aligned_to(sold, {}).items().integers);
}

}  // namespace
}  // namespace crosslift
