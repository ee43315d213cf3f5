// Offers of and beside an item that was never sold.
#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace crosslift {
namespace {

using testing::PlantedShop;

// The planted shop and two items that nobody bought: "new" is in all but its id item 2 of category 0, whose complement
// is item 2 of category 1; "odd" shares nothing with anything.
OfferEngine engine_with_new_items(bool cold_start) {
    const PlantedShop shop;
    CatalogTable table = shop.catalog_table();
    for (const char* id : {"new", "odd"}) {
        const bool odd = std::string(id) == "odd";
        table.item.push_back(id);
        table.category[0].push_back(odd ? "elsewhere" : "cat0");
        table.price.push_back(odd ? 1000.0F : static_cast<float>(shop.price(PlantedShop::id(0, 2))));
        table.name.push_back(odd ? "Unlike" : "Item 2 of 0");
        table.pack_size.push_back("300 g");
        table.brand.push_back(odd ? "none" : "even");
    }
    OfferEngineOptions options = PlantedShop::options();
    options.cold_start.enabled = cold_start;
    return fit_offer_engine(shop.transactions(), Catalog(table), options);
}

const OfferQuery uncounted{.k = 5, .min_support = 0, .min_g2 = 0};

TEST(NewItems, AnItemNeverSoldGoesWithWhatItsLikeGoWith) {
    const OfferEngine engine = engine_with_new_items(true);
    const OfferList list = engine.cross_sell(std::vector<std::string>{"new"}, "", uncounted);
    ASSERT_FALSE(list.offers.empty());
    const Offer& first = list.offers.front();
    EXPECT_EQ(first.item, PlantedShop::id(1, 2));
    EXPECT_EQ(first.evidence.together, 0);
    EXPECT_EQ(first.anchor, "");
    EXPECT_EQ(
        first.sentence,
        "Too few baskets hold Item 2 of 0 for a count; by what the catalog says of it, it goes with Item 2 of 1.");
    double sum = 0;
    for (const Reason& reason : first.reasons) sum += reason.value;
    EXPECT_NEAR(sum, first.score, 1e-5 * std::abs(first.score));
    for (const Offer& offer : list.offers) EXPECT_NE(offer.item.substr(0, 2), "c0");  // its own leaf
}

TEST(NewItems, AnItemNeverSoldIsOfferedBesideTheOthers) {
    const OfferEngine engine = engine_with_new_items(true);
    const OfferList list = engine.cross_sell(std::vector<std::string>{PlantedShop::id(1, 2)}, "",
                                             {.k = 5, .max_per_category = 0, .min_support = 0, .min_g2 = 0});
    const auto found = std::ranges::find(list.offers, "new", &Offer::item);
    ASSERT_NE(found, list.offers.end());
    EXPECT_EQ(
        found->sentence,
        "Too few baskets hold Item 2 of 0 for a count; by what the catalog says of it, it goes with Item 2 of 1.");
    EXPECT_EQ(list.offers.front().item, PlantedShop::id(0, 2));  // counted, and more than its copy
    EXPECT_GT(list.offers.front().evidence.together, 0);
}

TEST(NewItems, NeedASwitchGatesThatLetThemInAndSomethingTheyAreLike) {
    const OfferEngine engine = engine_with_new_items(true);
    const std::vector<std::string> fresh = {"new"}, odd = {"odd"}, sold = {PlantedShop::id(1, 2)};
    EXPECT_TRUE(engine.cross_sell(fresh).offers.empty());
    EXPECT_TRUE(engine.cross_sell(fresh, "", {.min_support = 0}).offers.empty());  // min_g2 still asks for a count
    EXPECT_TRUE(engine.cross_sell(odd, "", uncounted).offers.empty());
    EXPECT_TRUE(engine_with_new_items(false).cross_sell(fresh, "", uncounted).offers.empty());
    for (const Offer& offer : engine.cross_sell(sold, "", uncounted).offers) EXPECT_NE(offer.item, "odd");
}

}  // namespace
}  // namespace crosslift
