// Promises that hold for every query on the real purchases that come with Crosslift.
#include "support/bundled_shop.hpp"

#include <algorithm>
#include <set>

namespace crosslift {
namespace {

using testing::test_seed;

constexpr int queries = 300;

class BundledOffers : public testing::BundledShopTest {};

TEST_P(BundledOffers, CrossSellStaysOutOfTheBasketsLeaves) {
    std::mt19937_64 random(test_seed(11));
    std::size_t offers = 0;
    OfferQuery query;
    query.min_support = 1;  // receipts of complete_journey are a thin sample: hardly a pair stands three times
    query.min_g2 = 0;
    for (int n = 0; n < queries; ++n) {
        const auto basket = draw_basket(random);
        std::set<std::string> leaves, seen;
        for (const std::string& item : basket) leaves.insert(leaf(item));
        leaves.erase("");
        for (const Offer& offer : shop().engine.cross_sell(basket, draw_customer(random), query).offers) {
            ++offers;
            EXPECT_FALSE(leaves.contains(leaf(offer.item))) << offer.item;
            EXPECT_TRUE(leaf(offer.item).empty() || seen.insert(leaf(offer.item)).second) << offer.item;
            EXPECT_EQ(std::ranges::find(basket, offer.item), basket.end());
            EXPECT_GE(offer.evidence.together, query.min_support);
            EXPECT_GT(offer.evidence.lift, 1);
            double sum = 0;
            for (const Reason& reason : offer.reasons) sum += reason.is_share ? reason.value : 0;
            EXPECT_NEAR(sum, offer.score, 1e-5);
        }
    }
    EXPECT_GT(offers, static_cast<std::size_t>(queries) / 20);
}

TEST_P(BundledOffers, UpsellIsDearerInTheSameLeafAndWithinTheBudget) {
    std::mt19937_64 random(test_seed(12));
    std::size_t offers = 0;
    for (int n = 0; n < queries * 4; ++n) {
        const std::string item = draw_basket(random).front();
        const Catalog& catalog = shop().engine.models().catalog;
        const float price = catalog.price()[static_cast<std::size_t>(catalog.items().find(item))];
        OfferQuery query;
        if (n % 2 == 1) query.budget = price * 1.4F;
        for (const Offer& offer : shop().engine.upsell(item, draw_customer(random), query).offers) {
            ++offers;
            EXPECT_EQ(leaf(offer.item), leaf(item));
            EXPECT_GE(offer.price, 1.05 * price - 1e-4);
            EXPECT_LE(offer.price, 2.0 * price + 1e-4);
            EXPECT_LE(offer.price, query.budget);
            EXPECT_NE(offer.item, item);
        }
    }
    EXPECT_GT(offers, static_cast<std::size_t>(queries));
}

TEST_P(BundledOffers, CrossSellAndUpsellAreDisjoint) {
    std::mt19937_64 random(test_seed(13));
    for (int n = 0; n < queries; ++n) {
        const std::string item = draw_basket(random).front();
        std::set<std::string> up;
        for (const Offer& offer : shop().engine.upsell(item, {}, {.k = 1000}).offers) up.insert(offer.item);
        for (const Offer& offer : shop().engine.cross_sell(std::span(&item, 1), {}, {.k = 1000}).offers)
            EXPECT_FALSE(up.contains(offer.item));
    }
}

TEST_P(BundledOffers, AnExclusionRemovesItsItemAndAddsOnlyFromBelow) {
    std::mt19937_64 random(test_seed(14));
    for (int n = 0; n < queries / 4; ++n) {
        const auto basket = draw_basket(random);
        const OfferList all = shop().engine.cross_sell(basket, {}, {.k = 1000, .max_per_category = 0});
        if (all.offers.empty()) continue;
        const std::string out = all.offers[random() % all.offers.size()].item;
        const OfferList rest =
            shop().engine.cross_sell(basket, {}, {.k = 1000, .max_per_category = 0, .exclude = {out}});
        std::vector<std::string> wanted, found;
        for (const Offer& offer : all.offers)
            if (offer.item != out) wanted.push_back(offer.item);
        for (const Offer& offer : rest.offers) found.push_back(offer.item);
        EXPECT_EQ(found, wanted);
    }
}

TEST_P(BundledOffers, RecommendationsAreNewToTheCustomer) {
    std::mt19937_64 random(test_seed(15));
    const PurchaseHistory& history = shop().engine.models().history;
    const CsrView visits = history.customer_baskets, baskets = history.baskets;
    for (int n = 0; n < queries / 4; ++n) {
        const std::string customer = draw_customer(random);
        if (customer.empty()) continue;
        std::set<std::string> bought;
        for (const std::int32_t basket : visits.row(shop().engine.models().customers.find(customer)))
            for (const std::int32_t item : baskets.row(basket))
                bought.emplace(shop().engine.models().catalog.items()[item]);
        for (const Offer& offer : shop().engine.recommend(customer).offers) EXPECT_FALSE(bought.contains(offer.item));
    }
}

INSTANTIATE_TEST_SUITE_P(Data, BundledOffers, ::testing::Values("online_retail", "complete_journey"),
                         testing::bundled_name);

}  // namespace
}  // namespace crosslift
