// Cross-sell rules, each against a count or a list made without the engine.
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

const OfferEngine& engine() {
    static const OfferEngine made = PlantedShop().engine();
    return made;
}

OfferList cross_sell(std::vector<std::string> basket, const OfferQuery& query = {}, const std::string& customer = {}) {
    return engine().cross_sell(basket, customer, query);
}

std::vector<std::string> ids(const OfferList& list) {
    std::vector<std::string> found;
    for (const Offer& offer : list.offers) found.push_back(offer.item);
    return found;
}

std::string category(const std::string& item) {
    return item.substr(0, item.find('i'));
}

// Baskets as sets of ids, straight from the lines.
std::map<std::int32_t, std::set<std::string>> basket_sets(const Transactions& transactions) {
    std::map<std::int32_t, std::set<std::string>> baskets;
    for (std::int64_t n = 0; n < transactions.size(); ++n) {
        const auto line = static_cast<std::size_t>(n);
        baskets[transactions.basket()[line]].insert(std::string(transactions.items()[transactions.item()[line]]));
    }
    return baskets;
}

TEST(CrossSell, FindsThePlantedComplementFirst) {
    for (int pair = 0; pair < 4; ++pair)
        for (int rank = 0; rank < 3; ++rank) {
            const auto found = ids(cross_sell({PlantedShop::id(2 * pair, rank)}));
            ASSERT_FALSE(found.empty());
            EXPECT_EQ(found.front(), PlantedShop::id(2 * pair + 1, rank));
        }
}

TEST(CrossSell, NeverOffersTheBasketsOwnLeaf) {
    for (int c = 0; c < 8; ++c)
        for (const std::string& item : ids(cross_sell({PlantedShop::id(c, 1)})))
            EXPECT_NE(category(item), category(PlantedShop::id(c, 1)));
}

TEST(CrossSell, MayOfferTheSameLeafWhenAsked) {
    OfferQuery query{.k = 100, .max_per_category = 0, .allow_same_category = true, .min_support = 1, .min_g2 = 0};
    const auto found = ids(cross_sell({"c7i0"}, query));
    EXPECT_NE(std::ranges::find(found, "c7i5"), found.end());
    query.allow_same_category = false;
    const auto strict = ids(cross_sell({"c7i0"}, query));
    EXPECT_EQ(std::ranges::find(strict, "c7i5"), strict.end());
}

TEST(CrossSell, OffersAtMostOneItemPerCategoryByDefault) {
    OfferQuery query{.k = 50, .min_support = 1, .min_g2 = 0};
    std::multiset<std::string> categories;
    for (const std::string& item : ids(cross_sell({PlantedShop::id(0, 1), PlantedShop::id(2, 1)}, query)))
        categories.insert(category(item));
    ASSERT_FALSE(categories.empty());
    for (const std::string& one : categories) EXPECT_EQ(categories.count(one), 1U) << one;
    query.max_per_category = 2;
    EXPECT_GT(cross_sell({PlantedShop::id(0, 1), PlantedShop::id(2, 1)}, query).offers.size(), categories.size());
}

TEST(CrossSell, EvidenceEqualsABruteForceCount) {
    const auto baskets = basket_sets(PlantedShop().transactions());
    const OfferList list = cross_sell({"c0i1", "c2i0"});
    ASSERT_FALSE(list.offers.empty());
    for (const Offer& offer : list.offers) {
        std::int64_t together = 0, first = 0, second = 0;
        for (const auto& [basket, items] : baskets) {
            first += static_cast<std::int64_t>(items.count(offer.anchor));
            second += static_cast<std::int64_t>(items.count(offer.item));
            together += static_cast<std::int64_t>(items.count(offer.anchor) * items.count(offer.item));
        }
        EXPECT_EQ(offer.evidence.together, together);
        EXPECT_EQ(offer.evidence.first, first);
        EXPECT_EQ(offer.evidence.second, second);
        EXPECT_EQ(offer.evidence.baskets, static_cast<std::int64_t>(baskets.size()));
        const double lift = static_cast<double>(together) * static_cast<double>(baskets.size()) /
                            (static_cast<double>(first) * static_cast<double>(second));
        EXPECT_NEAR(offer.evidence.lift, lift, 1e-9 * lift);
        EXPECT_NE(offer.sentence.find(std::to_string(together) + " of "), std::string::npos) << offer.sentence;
    }
}

TEST(CrossSell, SharesSumToTheScoreAndToTheRawModelScore) {
    const std::vector<std::string> basket = {"c0i1", "c2i0", "c4i2"};
    const Matrix raw = engine().score_baskets(std::span(&basket, 1));
    for (const Offer& offer : cross_sell(basket).offers) {
        double sum = 0;
        for (const Reason& reason : offer.reasons)
            if (reason.is_share) sum += reason.value;
        EXPECT_NEAR(sum, offer.score, 1e-5 * std::abs(offer.score));
        const auto row = engine().models().catalog.items().find(offer.item);
        EXPECT_NEAR(offer.score, raw.row(0)[static_cast<std::size_t>(row)], 1e-5);
    }
}

TEST(CrossSell, SupportAndSignificanceGatesHold) {
    OfferQuery query{.k = 100, .max_per_category = 0, .min_support = 20, .min_g2 = 30};
    for (int c = 0; c < 8; ++c)
        for (const Offer& offer : cross_sell({PlantedShop::id(c, 0)}, query).offers) {
            EXPECT_GE(offer.evidence.together, 20);
            EXPECT_GE(offer.evidence.g2, 30);
            EXPECT_GT(offer.evidence.lift, 1);
        }
    query.min_support = 1'000'000;
    EXPECT_TRUE(cross_sell({"c0i0"}, query).offers.empty());

    // A gate in the middle of what there is takes away what is below it, and nothing else.
    const OfferQuery open{.k = 100, .max_per_category = 0, .min_support = 1, .min_g2 = 0, .min_relevance = 0};
    const OfferList all = cross_sell({"c0i1"}, open);
    ASSERT_GE(all.offers.size(), 3U);
    const auto middle = [&](auto measure) {
        std::vector<double> values;
        for (const Offer& offer : all.offers) values.push_back(measure(offer));
        std::ranges::sort(values);
        EXPECT_LT(values.front(), values[values.size() / 2]);
        return values[values.size() / 2];
    };
    const auto kept = [&](auto measure) {
        std::vector<std::string> items;
        for (const Offer& offer : all.offers)
            if (measure(offer) >= middle(measure)) items.push_back(offer.item);
        return items;
    };
    const auto g2 = [](const Offer& it) { return it.evidence.g2; };
    const auto support = [](const Offer& it) { return static_cast<double>(it.support()); };
    OfferQuery significant = open, supported = open;
    significant.min_g2 = middle(g2);
    supported.min_support = static_cast<std::int64_t>(middle(support));
    EXPECT_EQ(ids(cross_sell({"c0i1"}, significant)), kept(g2));
    EXPECT_EQ(ids(cross_sell({"c0i1"}, supported)), kept(support));
}

TEST(CrossSell, OrderAndRepeatsOfTheBasketDoNotMatter) {
    const auto once = ids(cross_sell({"c0i1", "c2i0", "c5i3"}));
    EXPECT_EQ(once, ids(cross_sell({"c5i3", "c0i1", "c2i0"})));
    EXPECT_EQ(once, ids(cross_sell({"c2i0", "c2i0", "c5i3", "c0i1", "c5i3"})));
}

TEST(CrossSell, UnknownItemsAreIgnoredAndNamed) {
    const OfferList list = cross_sell({"no such item", "c0i1"});
    EXPECT_EQ(ids(list), ids(cross_sell({"c0i1"})));
    ASSERT_EQ(list.warnings.size(), 1U);
    EXPECT_NE(list.warnings[0].find("no such item"), std::string::npos);
    const OfferList none = cross_sell({"no such item"});
    EXPECT_TRUE(none.offers.empty());
    EXPECT_EQ(none.warnings.size(), 1U);
    EXPECT_TRUE(cross_sell({}).offers.empty());
}

TEST(CrossSell, AnUnknownCustomerIsAnAnonymousOneAndSaysSo) {
    const OfferList list = cross_sell({"c0i1"}, {}, "nobody");
    EXPECT_EQ(ids(list), ids(cross_sell({"c0i1"})));
    ASSERT_EQ(list.warnings.size(), 1U);
    EXPECT_NE(list.warnings[0].find("nobody"), std::string::npos);
}

TEST(CrossSell, PersonalizationZeroIsTheAnonymousList) {
    const OfferQuery query{.personalization = 0};
    for (int k = 0; k < 10; ++k)
        EXPECT_EQ(ids(cross_sell({"c0i1"}, query, "k" + std::to_string(k))), ids(cross_sell({"c0i1"})));
}

TEST(CrossSell, FiltersOnlyEverRemove) {
    OfferQuery open{.k = 100, .max_per_category = 0};
    const auto all = ids(cross_sell({"c0i1", "c2i0"}, open));
    ASSERT_GE(all.size(), 2U);
    OfferQuery narrow = open;
    narrow.exclude = {all[0]};
    narrow.budget = 7;
    for (const Offer& offer : cross_sell({"c0i1", "c2i0"}, narrow).offers) {
        EXPECT_NE(offer.item, all[0]);
        EXPECT_LE(offer.price, 7);
        EXPECT_NE(std::find(all.begin(), all.end(), offer.item), all.end());
    }
    OfferQuery only = open;
    only.allow = {all[1]};
    EXPECT_EQ(ids(cross_sell({"c0i1", "c2i0"}, only)), std::vector<std::string>{all[1]});
}

TEST(CrossSell, UnavailableItemsAndVariantsAreNeverOffered) {
    CatalogTable table = PlantedShop().catalog_table();
    for (std::size_t n = 0; n < table.item.rows.size(); ++n) {
        const std::string id(table.item.ids[table.item.rows[n]]);
        table.available.push_back(id == "c1i1" ? 0 : 1);
        table.variant.push_back(id == "c0i2" || id == "c3i2" ? "same" : id);
    }
    const OfferEngine made =
        fit_offer_engine(PlantedShop().transactions(), Catalog(std::move(table)), PlantedShop::options());
    OfferQuery query{.k = 100, .max_per_category = 0, .min_support = 1, .min_g2 = 0};
    const std::vector<std::string> first = {"c0i1"};
    for (const Offer& offer : made.cross_sell(first, {}, query).offers) EXPECT_NE(offer.item, "c1i1");
    const std::vector<std::string> second = {"c0i2"};
    for (const Offer& offer : made.cross_sell(second, {}, query).offers) EXPECT_NE(offer.item, "c3i2");
}

TEST(CrossSell, FewerThanKIsNormalAndKBelowOneAnError) {
    EXPECT_EQ(cross_sell({"c0i1"}, {.k = 1}).offers.size(), 1U);
    EXPECT_LE(cross_sell({"c0i1"}, {.k = 100000}).offers.size(), 7U);  // at most one per other category
    EXPECT_THROW(cross_sell({"c0i1"}, {.k = 0}), InvalidArgument);
    EXPECT_THROW(cross_sell({"c0i1"}, {.k = -3}), InvalidArgument);
}

TEST(CrossSell, ContradictingOptionsNameBoth) {
    try {
        cross_sell({"c0i1"}, {.exclude = {"c1i1"}, .allow = {"c1i1"}});
        FAIL() << "no error";
    } catch (const InvalidArgument& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("allow"), std::string::npos);
        EXPECT_NE(text.find("exclude"), std::string::npos);
        EXPECT_NE(text.find("c1i1"), std::string::npos);
    }
}

TEST(CrossSell, WorksWithoutACatalog) {
    const OfferEngine bare = fit_offer_engine(PlantedShop().transactions(), {}, PlantedShop::options());
    const std::vector<std::string> basket = {"c0i1"};
    const OfferList list = bare.cross_sell(basket);
    ASSERT_FALSE(list.offers.empty());
    EXPECT_EQ(list.offers.front().item, "c1i1");
    EXPECT_EQ(list.offers.front().name, "c1i1");
}

}  // namespace
}  // namespace crosslift
