// The data sets that come with Crosslift, and the larger ones where they are at hand.
#include "support/temporary_folder.hpp"

#include <crosslift/error.hpp>
#include <crosslift/files.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace crosslift {
namespace {

using testing::message_of;
using testing::TemporaryFolder;

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(BundledData, OnlineRetailIsWhole) {
    const BundledData data = bundled_data("online_retail");
    const TransactionReport& report = data.transactions.report();
    EXPECT_EQ(report.lines, 433459);
    EXPECT_EQ(report.kept, 421367);
    EXPECT_EQ(report.reasons().at("not a product (postage, fee, voucher)"), 2515);
    EXPECT_EQ(data.transactions.time_kind(), TimeKind::timestamp);
    EXPECT_EQ(data.transactions.items().find("POST"), IdMap::unknown);
    EXPECT_EQ(data.catalog.items().find("POST"), IdMap::unknown);
    EXPECT_EQ(data.catalog.size() + static_cast<std::int32_t>(data.catalog.rejected().size()), 3914);
    for (const float price : data.transactions.unit_price()) ASSERT_GT(price, 0);
    for (std::int32_t n = 0; n < data.transactions.baskets().size(); ++n) {
        ASSERT_FALSE(data.transactions.baskets()[n].starts_with('C')) << "a cancellation";
    }
    const std::int32_t item = data.catalog.items().find("85123A");
    EXPECT_TRUE(holds(std::string(data.catalog.name(item)), "T-LIGHT HOLDER"));
    EXPECT_EQ(data.catalog.leaves()[data.catalog.leaf(item)], "HOLDER > T-LIGHT HOLDER");
    const auto leaf = [&](const char* id) {
        return std::string(data.catalog.leaves()[data.catalog.leaf(data.catalog.items().find(id))]);
    };
    EXPECT_EQ(leaf("85099B"), "BAG > JUMBO BAG");    // JUMBO BAG RED RETROSPOT
    EXPECT_EQ(leaf("23344"), "BAG > JUMBO BAG");     // JUMBO BAG 50'S CHRISTMAS
    EXPECT_EQ(leaf("22720"), "TIN > CAKE TIN");      // SET OF 3 CAKE TINS PANTRY DESIGN
    EXPECT_EQ(leaf("22804"), "CANDLEHOLDER");        // CANDLEHOLDER PINK HANGING HEART
    EXPECT_EQ(leaf("21843"), "STAND > CAKE STAND");  // RED RETROSPOT CAKE STAND
    EXPECT_EQ(leaf("20914"), "BOWL");                // SET/5 RED RETROSPOT LID GLASS BOWLS
    EXPECT_EQ(leaf("22469"), leaf("22470"));         // HEART OF WICKER SMALL, LARGE
}

TEST(BundledData, CompleteJourneyIsWhole) {
    const BundledData data = bundled_data("complete_journey");
    EXPECT_EQ(data.transactions.report().lines, 89970);
    EXPECT_EQ(data.catalog.size(), 22578);
    EXPECT_EQ(data.catalog.name(0), "PLASTIC TRASH BAGS Private 10 CT");
    EXPECT_EQ(data.catalog.leaves()[data.catalog.leaf(0)], "GROCERY > FD WRAPS/BAGS/TRSH BG > PLASTIC TRASH BAGS");
    for (std::int32_t n = 0; n < data.transactions.items().size(); ++n) {
        ASSERT_NE(data.catalog.items().find(data.transactions.items()[n]), IdMap::unknown);
    }
}

TEST(BundledData, OtherNamesAndFoldersAreErrors) {
    EXPECT_TRUE(holds(message_of<InvalidArgument>([] { bundled_data("lgsor"); }), "online_retail"));
    const TemporaryFolder folder;
    ASSERT_EQ(setenv("CROSSLIFT_DATA", folder.path().c_str(), 1), 0);
    EXPECT_NO_THROW(bundled_data("complete_journey")) << "a folder without the set is passed over";
    std::filesystem::create_directory(folder / "complete_journey");
    std::ofstream(folder / "complete_journey/transactions.csv.gz") << "basket_id,item_id\nb,i\n";
    std::ofstream(folder / "complete_journey/items.csv.gz")
        << "item_id,department,category,type,brand,manufacturer_id,package_size\ni,D,C,T,B,1,1 CT\n";
    EXPECT_EQ(bundled_data("complete_journey").transactions.size(), 1) << "the named folder comes first";
    unsetenv("CROSSLIFT_DATA");
}

TEST(SharedData, LargeFilesAreReadWhole) {
    const std::filesystem::path folder = CROSSLIFT_SHARED_DATA;
    if (!std::filesystem::exists(folder / "lgsor")) GTEST_SKIP() << "the folder " << folder << " is not here";
    const Transactions fruit = read_transactions(folder / "fruithut/transactions.csv.gz");
    EXPECT_EQ(fruit.report().kept, 576752);
    EXPECT_EQ(fruit.time_kind(), TimeKind::order);
    EXPECT_EQ(fruit.baskets().size(), 163773);
    const Transactions groceries = read_transactions(folder / "groceries/transactions.csv.gz");
    EXPECT_EQ(groceries.report().kept, 38764);
    const Catalog items = read_catalog(folder / "groceries/items.csv.gz", {.category = {"level1", "level2"}});
    EXPECT_EQ(items.size(), 169);
    EXPECT_EQ(items.items()[0], "011");
}

}  // namespace
}  // namespace crosslift
