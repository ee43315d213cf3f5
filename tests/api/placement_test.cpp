// Placements: who gets which lists where, and when a customer is left in peace. Clocks are fixed.
#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace crosslift {
namespace {

using testing::PlantedShop;

constexpr std::int64_t day = 86400;
const std::vector<std::string> basket = {"c0i2", "c4i1"};

const OfferEngine& engine() {
    static const OfferEngine made = [] {
        CatalogTable table = PlantedShop().catalog_table();
        for (const float price : table.price) table.cost.push_back(price / 2);
        return fit_offer_engine(PlantedShop().transactions(), Catalog(std::move(table)), PlantedShop::options());
    }();
    return made;
}

std::vector<std::string> ids(const std::vector<Offer>& offers) {
    std::vector<std::string> found;
    for (const Offer& offer : offers) found.push_back(offer.item);
    return found;
}

std::vector<std::string> all_items(const PlacementOffers& found) {
    std::vector<std::string> items;
    for (const Reminder& it : found.replenish) {
        items.push_back(it.offer.item);
        if (it.companion) items.push_back(it.companion->item);
    }
    for (const auto* list : {&found.upsell, &found.cross_sell, &found.recommend})
        for (const Offer& offer : *list) items.push_back(offer.item);
    return items;
}

std::string category(const std::string& item) {
    return "cat" + item.substr(1, item.find('i') - 1);
}

// The customer's last receipt: time and items.
struct LastVisit {
    std::int64_t time = 0;
    std::vector<std::string> items;
};

LastVisit last_visit(const std::string& customer) {
    const OfferModels& models = engine().models();
    const auto visits = models.history.customer_baskets.view().row(models.customers.find(customer));
    LastVisit last{models.history.time[static_cast<std::size_t>(visits.back())], {}};
    for (const std::int32_t item : models.history.baskets.view().row(visits.back()))
        last.items.emplace_back(models.catalog.items()[item]);
    return last;
}

PlacementOptions of(Placement placement) {
    return placement_options(placement);
}

TEST(R9_Placement, UpsellsComeBeforeThePurchaseOnly) {
    for (const Placement placement : placements) {
        const auto found = engine().offers(basket, {}, of(placement));
        const bool before =
            placement == Placement::product_page || placement == Placement::cart || placement == Placement::checkout;
        EXPECT_EQ(found.upsell.empty(), !before) << name_of(placement);
        EXPECT_FALSE(found.cross_sell.empty()) << name_of(placement);
        EXPECT_LE(static_cast<int>(found.upsell.size()), of(placement).upsells);
        EXPECT_LE(static_cast<int>(found.cross_sell.size()), of(placement).cross_sells);
    }
    PlacementOptions owned = of(Placement::newsletter);  // asked for by name, an owned item may be replaced
    owned.upsells = 2;
    EXPECT_FALSE(engine().offers(basket, {}, owned).upsell.empty());
}

TEST(R9_Placement, TheCartIsAskedAsAWholeAndNeverOffered) {
    const auto found = engine().offers(basket, {}, of(Placement::cart));
    EXPECT_EQ(ids(found.cross_sell), ids(engine().cross_sell(basket, {}, {.k = 4}).offers));
    for (const std::string& item : all_items(found)) EXPECT_EQ(std::ranges::count(basket, item), 0);
    const std::vector<std::string> both = {"c0i1", "c0i2"};  // the better version is in the cart already
    for (const Offer& offer : engine().offers(both, {}, of(Placement::cart)).upsell) EXPECT_NE(offer.item, "c0i2");
}

TEST(R22_Offers, ListsHaveNoItemInCommon) {
    for (const Placement placement : placements)
        for (int k = 0; k < 20; ++k) {
            OfferQuery query{.allow_same_category = true};  // the leaf alone would keep them apart
            const auto items = all_items(engine().offers(basket, "k" + std::to_string(k), of(placement), {}, query));
            EXPECT_EQ(std::set<std::string>(items.begin(), items.end()).size(), items.size());
        }
}

TEST(R22_Offers, AnAcceptedUpsellHasACrossSellOfItsOwn) {
    const auto found = engine().offers(basket, {}, of(Placement::cart));
    ASSERT_EQ(found.cross_sell_after.size(), found.upsell.size());
    ASSERT_FALSE(found.upsell.empty());
    bool differs = false;
    for (std::size_t n = 0; n < found.upsell.size(); ++n) {
        std::vector<std::string> changed = basket;
        std::ranges::replace(changed, found.upsell[n].anchor, found.upsell[n].item);
        OfferQuery query{.k = 4};
        for (const Offer& offer : found.upsell)
            if (offer.item != found.upsell[n].item) query.exclude.push_back(offer.item);
        EXPECT_EQ(ids(found.cross_sell_after[n]), ids(engine().cross_sell(changed, {}, query).offers));
        differs = differs || ids(found.cross_sell_after[n]) != ids(found.cross_sell);
    }
    EXPECT_TRUE(differs);
}

TEST(R10_Cooldown, AnUpsellOfWhatWasJustBoughtWaits) {
    int checked = 0;
    for (int k = 0; k < 60; ++k) {
        const std::string customer = "k" + std::to_string(k);
        const LastVisit last = last_visit(customer);
        const std::vector<std::string> item = {last.items.front()};
        const auto upsells = [&](std::int64_t as_of, PlacementOptions options) {
            return engine().offers(item, customer, options, {}, {.as_of = as_of}).upsell.size();
        };
        const PlacementOptions page = of(Placement::product_page);
        if (upsells(last.time + 14 * day, page) == 0) continue;  // nothing better exists
        ++checked;
        EXPECT_EQ(upsells(last.time, page), 0U);
        EXPECT_EQ(upsells(last.time + 14 * day - 1, page), 0U);
        PlacementOptions quick = page;
        quick.category_cooldown_days = {{category(item[0]), 2}};
        EXPECT_EQ(upsells(last.time + 2 * day - 1, quick), 0U);
        EXPECT_GT(upsells(last.time + 2 * day, quick), 0U);
    }
    EXPECT_GT(checked, 10);
}

// Customers buy seldom here, so nothing is bought again and again.
TEST(R10_Cooldown, NothingIsOfferedFromACategoryThatWasBoughtInLately) {
    PlantedShop few;
    few.baskets = 240;
    few.customers = 120;
    const OfferEngine thin = few.engine();
    const OfferModels& models = thin.models();
    PlacementOptions letter = of(Placement::newsletter);
    letter.cooldown_days = 5;
    int offers = 0, held_back = 0;
    for (int k = 0; k < 120; ++k) {
        const std::string customer = "k" + std::to_string(k);
        const std::int32_t row = models.customers.find(customer);
        if (row == IdMap::unknown) continue;
        const auto visits = models.history.customer_baskets.view().row(row);
        const std::int64_t as_of = models.history.time[static_cast<std::size_t>(visits.back())] + 3 * day;
        std::set<std::string> lately;
        for (const std::int32_t visit : visits)
            if (as_of - models.history.time[static_cast<std::size_t>(visit)] < 5 * day)
                for (const std::int32_t item : models.history.baskets.view().row(visit))
                    lately.insert(category(std::string(models.catalog.items()[item])));
        const auto found = thin.offers({}, customer, letter, {}, {.as_of = as_of});
        for (const auto* list : {&found.cross_sell, &found.recommend})
            for (const Offer& offer : *list) {
                ++offers;
                EXPECT_FALSE(lately.contains(category(offer.item))) << offer.item;
            }
        letter.cooldown_days = 0;
        for (const Offer& offer : thin.offers({}, customer, letter, {}, {.as_of = as_of}).recommend)
            held_back += lately.contains(category(offer.item)) ? 1 : 0;
        letter.cooldown_days = 5;
    }
    EXPECT_GT(offers, 50);
    EXPECT_GT(held_back, 10);
}

TEST(R7_Contacts, TheFrequencyCapIsNeverExceededAndContactsAddUp) {
    PlacementOptions page = of(Placement::product_page);
    page.frequency_cap = 7;
    std::vector<Contact> contacts;
    const std::int64_t start = engine().models().history.latest_time();
    for (int visit = 0; visit < 30; ++visit) {
        const std::int64_t as_of = start + visit * day;
        const std::vector<std::string> item = {PlantedShop::id(visit % 8, visit % 5)};
        const auto found = engine().offers(item, "k7", page, contacts, {.as_of = as_of});
        EXPECT_EQ(found.contacts.size(), contacts.size() + all_items(found).size());
        contacts = found.contacts;
        const auto recent =
            std::ranges::count_if(contacts, [&](const Contact& it) { return as_of - it.time < 7 * day; });
        EXPECT_LE(recent, 7);
    }
    EXPECT_GT(contacts.size(), 14U);  // the window moves on
}

TEST(R7_Contacts, NoItemIsShownTooOften) {
    PlacementOptions page = of(Placement::product_page);
    page.frequency_cap = 0;
    page.repeat_cap = 2;
    std::vector<Contact> contacts;
    const std::vector<std::string> item = {"c0i1"};
    std::map<std::string, int> shown;
    for (int visit = 0; visit < 6; ++visit) contacts = engine().offers(item, {}, page, contacts).contacts;
    for (const Contact& it : contacts) ++shown[it.item];
    ASSERT_FALSE(shown.empty());
    for (const auto& [id, times] : shown) EXPECT_LE(times, 2) << id;
}

TEST(R7_Contacts, ADeclinedItemStaysAwayForItsTime) {
    const std::vector<std::string> item = {"c0i1"};
    const std::int64_t now = engine().models().history.latest_time();
    const auto open = engine().offers(item, {}, of(Placement::product_page));
    const std::string declined = open.cross_sell.at(0).item;
    const std::vector<Contact> contacts = {{declined, now, Contact::Answer::declined}};
    const auto holds = [&](std::int64_t as_of) {
        const auto items =
            all_items(engine().offers(item, {}, of(Placement::product_page), contacts, {.as_of = as_of}));
        return std::ranges::count(items, declined) > 0;
    };
    EXPECT_FALSE(holds(now));
    EXPECT_FALSE(holds(now + 30 * day - 1));
    EXPECT_TRUE(holds(now + 30 * day));
    EXPECT_TRUE(holds(now - 1));  // not said yet
}

TEST(R18_PostPurchase, PriceAndMarginAreAfterTheDiscount) {
    const auto found = engine().offers(basket, {}, of(Placement::post_purchase), {}, {.discount = 0.2});
    ASSERT_FALSE(found.cross_sell.empty());
    for (const Offer& offer : found.cross_sell) {
        const double list = PlantedShop().price(offer.item);
        EXPECT_NEAR(static_cast<double>(offer.price), 0.8 * list, 1e-4);
        EXPECT_NEAR(offer.expected_margin, offer.probability * (0.8 * list - 0.5 * list), 1e-6);
    }
    EXPECT_TRUE(engine().offers(basket, {}, of(Placement::post_purchase), {}, {.discount = 0.5}).cross_sell.empty());
}

TEST(R18_PostPurchase, WithoutABasketTheLastPurchaseSpeaks) {
    const LastVisit last = last_visit("k7");
    const auto asked = engine().offers({}, "k7", of(Placement::post_purchase));
    EXPECT_EQ(ids(asked.cross_sell), ids(engine().offers(last.items, "k7", of(Placement::post_purchase)).cross_sell));
    EXPECT_TRUE(all_items(engine().offers({}, "k7", of(Placement::cart))).empty());
    EXPECT_TRUE(all_items(engine().offers({}, {}, of(Placement::post_purchase))).empty());
}

TEST(Placement, UnknownIdsAreNamedAndImpossibleOptionsAreErrors) {
    const std::vector<std::string> odd = {"no such item"};
    PlacementOptions page = of(Placement::product_page);
    page.category_cooldown_days = {{"no such category", 3}};
    const auto found = engine().offers(odd, "nobody", page);
    EXPECT_TRUE(all_items(found).empty());
    EXPECT_EQ(found.warnings.size(), 3U);
    page.frequency_cap = -1;
    EXPECT_THROW(engine().offers(basket, {}, page), InvalidArgument);
    page = of(Placement::cart);
    page.frequency_days = 0;
    EXPECT_THROW(engine().offers(basket, {}, page), InvalidArgument);
}

}  // namespace
}  // namespace crosslift
