// R6: the plan is the single answers in one table; and the other way round, the customers for an item.
#include "support/planted_shop.hpp"

#include <crosslift/batch.hpp>
#include <crosslift/error.hpp>
#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

namespace crosslift {
namespace {

using testing::PlantedShop;

const OfferEngine& engine() {
    static const OfferEngine made = PlantedShop().engine();
    return made;
}

std::vector<std::string> customers(int count) {
    std::vector<std::string> ids;
    for (int n = 0; n < count; ++n) ids.push_back("k" + std::to_string(n));
    return ids;
}

std::vector<std::string> lines(const OfferPlan& plan) {
    std::vector<std::string> text;
    for (const PlannedOffer& it : plan.offers)
        text.push_back(it.customer + " " + std::string(name_of(it.placement)) + " " + std::to_string(it.rank) + " " +
                       std::string(name_of(it.offer.kind)) + " " + it.offer.item);
    return text;
}

PlanOptions everywhere() {
    PlanOptions options;
    options.placements.clear();
    for (const Placement placement : placements) options.placements.push_back(placement_options(placement));
    for (PlacementOptions& placement : options.placements) placement.frequency_cap = 12;
    return options;
}

TEST(R6_Plan, HoldsWhatTheSingleQueriesAnswerWithContactsCarriedOn) {
    PlanOptions options = everywhere();
    const auto ids = customers(20);
    std::vector<std::vector<std::string>> baskets(ids.size(), {"c0i2", "c4i1"});
    const OfferPlan plan = engine().plan(ids, options, baskets);
    std::vector<std::string> wanted;
    for (const std::string& id : ids) {
        std::vector<Contact> contacts;
        for (const PlacementOptions& placement : options.placements) {
            const auto found = engine().offers(baskets[0], id, placement, contacts);
            contacts = found.contacts;
            const std::string where = id + " " + std::string(name_of(placement.placement)) + " ";
            const auto add = [&](std::size_t n, const Offer& offer) {
                wanted.push_back(where + std::to_string(n + 1) + " " + std::string(name_of(offer.kind)) + " " +
                                 offer.item);
            };
            for (std::size_t n = 0; n < found.replenish.size(); ++n) {
                add(n, found.replenish[n].offer);
                if (found.replenish[n].companion) add(n, *found.replenish[n].companion);
            }
            for (const auto* list : {&found.upsell, &found.cross_sell, &found.recommend})
                for (std::size_t n = 0; n < list->size(); ++n) add(n, (*list)[n]);
        }
    }
    EXPECT_EQ(lines(plan), wanted);
    EXPECT_GT(plan.offers.size(), 100U);
}

TEST(R6_Plan, DoesNotDependOnThreads) {
    PlanOptions options = everywhere();
    options.threads = 1;
    const auto one = lines(engine().plan(customers(40), options));
    options.threads = 4;
    EXPECT_EQ(one, lines(engine().plan(customers(40), options)));
}

TEST(R7_Plan, NobodySeesMoreThanTheCapOverAllPlacements) {
    std::map<std::string, int> seen;
    for (const PlannedOffer& it : engine().plan(customers(60), everywhere()).offers) ++seen[it.customer];
    ASSERT_FALSE(seen.empty());
    for (const auto& [customer, offers] : seen) EXPECT_LE(offers, 12) << customer;
}

TEST(R27_Plan, CoverageAndNoveltyEqualABruteForceCount) {
    const OfferPlan plan = engine().plan(customers(60));
    const Transactions bought = PlantedShop().transactions();
    std::map<std::string, std::set<std::int32_t>> baskets;
    for (std::size_t n = 0; n < static_cast<std::size_t>(bought.size()); ++n)
        baskets[std::string(bought.items()[bought.item()[n]])].insert(bought.basket()[n]);
    std::set<std::string> items, reached;
    double bits = 0;
    for (const PlannedOffer& it : plan.offers) {
        items.insert(it.offer.item);
        reached.insert(it.customer);
        bits -= std::log2(static_cast<double>(baskets[it.offer.item].size()) / bought.baskets().size());
    }
    ASSERT_FALSE(plan.offers.empty());
    EXPECT_EQ(plan.customers, 60);
    EXPECT_EQ(plan.reached, static_cast<std::int64_t>(reached.size()));
    EXPECT_NEAR(plan.coverage, static_cast<double>(items.size()) / 48, 1e-12);
    EXPECT_NEAR(plan.novelty, bits / static_cast<double>(plan.offers.size()), 1e-9);
}

TEST(R6_TargetCustomers, AreThoseWhoseTasteTheItemIsMostAmongNewOnes) {
    const OfferModels& models = engine().models();
    const std::int32_t item = models.catalog.items().find("c5i4");
    std::vector<std::pair<double, std::string>> wanted;
    for (std::int32_t customer = 0; customer < models.customers.size(); ++customer) {
        bool bought = false;
        for (const std::int32_t visit : models.history.customer_baskets.view().row(customer))
            bought = bought || std::ranges::count(models.history.baskets.view().row(visit), item) > 0;
        if (bought) continue;
        double score = 0;
        for (std::size_t n = 0; n < models.taste.item_factors.row(item).size(); ++n)
            score += static_cast<double>(models.taste.customer_factors.row(customer)[n]) *
                     models.taste.item_factors.row(item)[n];
        if (score > 0) wanted.emplace_back(-score, std::string(models.customers[customer]));
    }
    std::ranges::stable_sort(wanted, {}, [](const auto& it) { return it.first; });
    const TargetList found = engine().target_customers("c5i4", {.k = 5, .min_relevance = 0});
    ASSERT_EQ(found.customers.size(), std::min<std::size_t>(5, wanted.size()));
    ASSERT_FALSE(found.customers.empty());
    for (std::size_t n = 0; n < found.customers.size(); ++n) {
        EXPECT_EQ(found.customers[n].customer, wanted[n].second);
        EXPECT_EQ(found.customers[n].offer.item, "c5i4");
        EXPECT_NEAR(found.customers[n].offer.score, -wanted[n].first, 1e-6);
    }
}

TEST(R6_TargetCustomers, AnUnknownOrForbiddenItemHasNone) {
    EXPECT_TRUE(engine().target_customers("no such item").customers.empty());
    EXPECT_EQ(engine().target_customers("no such item").warnings.size(), 1U);
    EXPECT_TRUE(engine().target_customers("c5i4", {.exclude = {"c5i4"}}).customers.empty());
    EXPECT_TRUE(engine().target_customers("c5i4", {.budget = 1}).customers.empty());
    EXPECT_TRUE(engine().target_customers("c5i4", {.personalization = 0}).customers.empty());
}

TEST(R28_Recommend, OnlyNewCategoriesAreNewToTheCustomer) {
    const OfferModels& models = engine().models();
    int offers = 0;
    for (int k = 0; k < 60; ++k) {
        const std::string customer = "k" + std::to_string(k);
        std::set<std::string> leaves;
        for (const std::int32_t visit : models.history.customer_baskets.view().row(models.customers.find(customer)))
            for (const std::int32_t item : models.history.baskets.view().row(visit))
                leaves.insert(std::string(models.catalog.items()[item]).substr(0, 2));
        for (const Offer& offer : engine().recommend(customer, {.only_new_categories = true}).offers) {
            ++offers;
            EXPECT_FALSE(leaves.contains(offer.item.substr(0, 2))) << customer << " " << offer.item;
        }
    }
    PlantedShop few;  // few purchases each, so that there are new categories
    few.baskets = 200;
    few.customers = 100;
    const OfferEngine thin = few.engine();
    for (int k = 0; k < 100; ++k) {
        if (thin.models().customers.find("k" + std::to_string(k)) == IdMap::unknown) continue;
        for (const Offer& offer : thin.recommend("k" + std::to_string(k), {.only_new_categories = true}).offers) {
            ++offers;
            const OfferModels& its = thin.models();
            for (const std::int32_t visit :
                 its.history.customer_baskets.view().row(its.customers.find("k" + std::to_string(k))))
                for (const std::int32_t item : its.history.baskets.view().row(visit))
                    EXPECT_NE(std::string(its.catalog.items()[item]).substr(0, 2), offer.item.substr(0, 2));
        }
    }
    EXPECT_GT(offers, 100);
}

TEST(Batch, AnswersStandInTheOrderOfTheQuestions) {
    for (const int threads : {1, 3}) {
        const auto squares = answer_all(
            100, [](std::size_t n) { return n * n; }, threads);
        for (std::size_t n = 0; n < squares.size(); ++n) EXPECT_EQ(squares[n], n * n);
        EXPECT_THROW(answer_all(
                         100,
                         [](std::size_t n) -> int {
                             if (n == 57) throw std::runtime_error("57");
                             return 0;
                         },
                         threads),
                     std::runtime_error);
    }
    EXPECT_TRUE(answer_all(0, [](std::size_t n) { return n; }).empty());
    EXPECT_THROW(answer_all(
                     1, [](std::size_t n) { return n; }, -1),
                 InvalidArgument);
}

TEST(R6_Plan, ListsOfAnotherLengthAreErrors) {
    const std::vector<std::vector<std::string>> baskets(3);
    EXPECT_THROW(engine().plan(customers(2), {}, baskets), InvalidArgument);
    EXPECT_TRUE(engine().plan({}).offers.empty());
    const std::vector<std::string> odd = {"nobody"};
    EXPECT_EQ(engine().plan(odd).warnings.size(), 1U);
}

}  // namespace
}  // namespace crosslift
