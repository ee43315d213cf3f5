// Properties that hold for every query, over the bundled purchases and random questions. CROSSLIFT_TEST_SEED moves the
// questions and the made-up costs.
#include "support/bundled_shop.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <set>
#include <thread>

namespace crosslift {
namespace {

using testing::ids;
using testing::test_seed;

constexpr int queries = 120;

class OfferProperties : public testing::BundledShopTest {
protected:
    // Gates wide open, so that the thin receipts of complete_journey have something to say.
    static OfferQuery open() {
        OfferQuery query{.k = 1'000'000, .max_per_category = 0, .min_support = 1, .min_g2 = 0, .min_relevance = 0};
        query.price_quantile = 1;
        return query;
    }

    // An option at a time that may only take away.
    OfferQuery narrowed(OfferQuery query, std::mt19937_64& random, const std::vector<std::string>& found) {
        switch (random() % 7) {
            case 0:
                query.min_support = 5;
                break;
            case 1:
                query.min_g2 = 10.83;
                break;
            case 2:
                query.budget = 2.5F;
                break;
            case 3:
                query.min_relevance = 0.3;
                break;
            case 4:
                query.offer_cost = 0.2;
                break;
            case 5:
                if (!found.empty()) query.exclude = {found[random() % found.size()]};
                break;
            default:
                if (!found.empty()) query.allow = {found[random() % found.size()], found[random() % found.size()]};
        }
        return query;
    }

    static void expect_same(const OfferList& a, const OfferList& b) {
        ASSERT_EQ(ids(a), ids(b));
        for (std::size_t n = 0; n < a.offers.size(); ++n) {
            EXPECT_EQ(a.offers[n].score, b.offers[n].score);
            EXPECT_EQ(a.offers[n].sentence, b.offers[n].sentence);
        }
    }

    static void expect_shares(const OfferList& list) {
        for (const Offer& offer : list.offers) {
            double sum = 0;
            for (const Reason& reason : offer.reasons) sum += reason.is_share ? reason.value : 0;
            EXPECT_NEAR(sum, offer.score, 1e-5 * std::abs(offer.score)) << offer.item;
        }
    }
};

TEST_P(OfferProperties, R05_AddingAFilterNeverAddsAnItem) {
    std::mt19937_64 random(test_seed(21));
    for (int n = 0; n < queries; ++n) {
        const auto basket = draw_basket(random);
        const std::string customer = draw_customer(random);
        for (const Objective objective : {Objective::relevance, Objective::margin}) {
            OfferQuery wide = open();
            wide.objective = objective;
            const auto all = ids(engine().cross_sell(basket, customer, wide));
            const std::set<std::string> known(all.begin(), all.end());
            const OfferQuery narrow = narrowed(wide, random, all);
            for (const std::string& item : ids(engine().cross_sell(basket, customer, narrow)))
                EXPECT_TRUE(known.contains(item)) << item;
            const auto up = ids(engine().upsell(basket[0], customer, wide));
            const std::set<std::string> dearer(up.begin(), up.end());
            for (const std::string& item : ids(engine().upsell(basket[0], customer, narrowed(wide, random, up))))
                EXPECT_TRUE(dearer.contains(item)) << item;
        }
    }
}

TEST_P(OfferProperties, R08_MarginNeverLiftsAnItemOverTheRelevanceFloor) {
    std::mt19937_64 random(test_seed(22));
    for (int n = 0; n < queries; ++n) {
        const auto basket = draw_basket(random);
        OfferQuery query = open();
        query.min_relevance = 0.2;
        const auto by_relevance = ids(engine().cross_sell(basket, {}, query));
        const std::set<std::string> relevant(by_relevance.begin(), by_relevance.end());
        for (const Objective objective : {Objective::margin, Objective::revenue}) {
            query.objective = objective;
            const OfferList list = engine().cross_sell(basket, {}, query);
            EXPECT_EQ(list.offers.size(), relevant.size());
            for (const Offer& offer : list.offers) {
                EXPECT_TRUE(relevant.contains(offer.item)) << offer.item;
                EXPECT_GE(offer.relevance, 0.2);
            }
        }
    }
}

TEST_P(OfferProperties, R04_NoOfferIsKnownToLoseMoney) {
    std::mt19937_64 random(test_seed(23));
    OfferQuery query = open();
    query.offer_cost = 0.02;
    for (int n = 0; n < queries; ++n) {
        const auto basket = draw_basket(random);
        for (const Offer& offer : engine().cross_sell(basket, {}, query).offers)
            EXPECT_FALSE(offer.expected_margin <= 0) << offer.item;
        for (const Offer& offer : engine().upsell(basket[0], {}, query).offers)
            EXPECT_FALSE(offer.expected_margin <= 0) << offer.item;
    }
}

TEST_P(OfferProperties, R01_UpsellIsDearerInItsLeafWithinTheBudgetAndApartFromCrossSell) {
    std::mt19937_64 random(test_seed(24));
    for (int n = 0; n < queries; ++n) {
        const std::string item = draw_basket(random).front();
        OfferQuery query = open();
        query.budget = price(item) * 1.5F;
        std::set<std::string> up;
        for (const Offer& offer : engine().upsell(item, draw_customer(random), query).offers) {
            up.insert(offer.item);
            EXPECT_GT(offer.price, price(item));
            EXPECT_LE(offer.price, query.budget);
            EXPECT_EQ(leaf(offer.item), leaf(item));
        }
        for (const std::string& added : ids(engine().cross_sell(std::span(&item, 1), {}, open()))) {
            EXPECT_FALSE(up.contains(added)) << added;
            EXPECT_TRUE(leaf(item).empty() || leaf(added) != leaf(item)) << added;
        }
    }
}

TEST_P(OfferProperties, R23_PersonalizationZeroIsTheAnonymousList) {
    std::mt19937_64 random(test_seed(25));
    OfferQuery query{.min_support = 1, .min_g2 = 0, .personalization = 0};
    for (int n = 0; n < queries; ++n) {
        const auto basket = draw_basket(random);
        const std::string customer = draw_customer(random);
        expect_same(engine().cross_sell(basket, customer, query), engine().cross_sell(basket, {}, query));
        expect_same(engine().upsell(basket[0], customer, query), engine().upsell(basket[0], {}, query));
        expect_same(engine().recommend(customer, query), engine().recommend({}, query));
    }
}

TEST_P(OfferProperties, R09_OrderOfTheBasketAndDuplicatesDoNotMatter) {
    std::mt19937_64 random(test_seed(26));
    const OfferQuery query{.min_support = 1, .min_g2 = 0};
    for (int n = 0; n < queries; ++n) {
        const auto basket = draw_basket(random);
        auto other = basket;
        other.insert(other.end(), basket.begin(), basket.end());
        std::ranges::shuffle(other, random);
        expect_same(engine().cross_sell(basket, {}, query), engine().cross_sell(other, {}, query));
    }
}

TEST_P(OfferProperties, R25_SharesSumToTheScoreForEveryKind) {
    std::mt19937_64 random(test_seed(27));
    OfferQuery query{.min_support = 1, .min_g2 = 0};
    for (int n = 0; n < queries; ++n) {
        const auto basket = draw_basket(random);
        const std::string customer = draw_customer(random);
        query.popularity = static_cast<double>(random() % 3) / 2;
        expect_shares(engine().cross_sell(basket, customer, query));
        expect_shares(engine().upsell(basket[0], customer, query));
        expect_shares(engine().recommend(customer, query));
        expect_shares(engine().similar_items(basket[0], query));
    }
}

TEST_P(OfferProperties, R25_CountsAreThoseOfTheReceipts) {
    std::mt19937_64 random(test_seed(28));
    const PurchaseHistory& history = engine().models().history;
    const IdMap& items = engine().models().catalog.items();
    const auto holds = [&](std::int64_t basket, std::int32_t item) {
        const auto row = history.baskets.view().row(basket);
        return std::ranges::find(row, item) != row.end();
    };
    for (int n = 0; n < 5; ++n) {
        const OfferList list = engine().cross_sell(draw_basket(random), {}, {.k = 3, .min_support = 1, .min_g2 = 0});
        for (const Offer& offer : list.offers) {
            const std::int32_t anchor = items.find(offer.anchor), item = items.find(offer.item);
            std::int64_t both = 0, first = 0, second = 0;
            for (std::int64_t basket = 0; basket < history.basket_count(); ++basket) {
                const bool a = holds(basket, anchor), b = holds(basket, item);
                both += a && b;
                first += a;
                second += b;
            }
            EXPECT_EQ(offer.support(), both);
            EXPECT_EQ(offer.evidence.first, first);
            EXPECT_EQ(offer.evidence.second, second);
        }
    }
}

TEST_P(OfferProperties, ManyThreadsGiveTheSameAnswersAsOne) {
    std::mt19937_64 random(test_seed(29));
    std::vector<std::vector<std::string>> baskets;
    std::vector<std::string> customers;
    for (int n = 0; n < 60; ++n) {
        baskets.push_back(draw_basket(random));
        customers.push_back(draw_customer(random));
    }
    const OfferQuery query{.min_support = 1, .min_g2 = 0};
    const auto ask = [&](std::size_t n) { return ids(engine().cross_sell(baskets[n], customers[n], query)); };
    std::vector<std::vector<std::string>> alone, together(baskets.size());
    for (std::size_t n = 0; n < baskets.size(); ++n) alone.push_back(ask(n));
    {
        std::vector<std::jthread> crew;
        for (std::size_t start = 0; start < 3; ++start)
            crew.emplace_back([&, start] {
                for (std::size_t n = start; n < baskets.size(); n += 3) together[n] = ask(n);
            });
    }
    EXPECT_EQ(alone, together);
}

TEST_P(OfferProperties, OddQuestionsHaveTheirDocumentedAnswer) {
    std::mt19937_64 random(test_seed(30));
    const auto basket = draw_basket(random);
    const std::vector<std::string> nothing, strange = {"no such item"};
    EXPECT_TRUE(engine().cross_sell(nothing).offers.empty());
    EXPECT_TRUE(engine().cross_sell(strange).offers.empty());
    EXPECT_EQ(engine().cross_sell(strange).warnings.size(), 1U);
    EXPECT_TRUE(engine().upsell("no such item").offers.empty());
    EXPECT_TRUE(engine().similar_items("no such item").offers.empty());
    expect_same(engine().recommend("nobody"), engine().recommend({}));
    EXPECT_LE(engine().cross_sell(basket, {}, {.k = 1}).offers.size(), 1U);
    EXPECT_LE(engine().recommend({}, {.k = 1'000'000}).offers.size(),
              static_cast<std::size_t>(engine().models().catalog.size()));
    EXPECT_THROW(engine().cross_sell(basket, {}, {.k = 0}), InvalidArgument);
    EXPECT_THROW(engine().upsell(basket[0], {}, {.k = 0}), InvalidArgument);
    EXPECT_THROW(engine().recommend({}, {.k = 0}), InvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Data, OfferProperties, ::testing::Values("online_retail", "complete_journey"),
                         testing::bundled_name);

}  // namespace
}  // namespace crosslift
