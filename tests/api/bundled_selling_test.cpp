// Promises of sets, placements and plans on the real purchases that come with Crosslift. CROSSLIFT_TEST_SEED draws
// other queries.
#include "support/seed.hpp"

#include <crosslift/batch.hpp>
#include <crosslift/evaluation.hpp>
#include <crosslift/files.hpp>
#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>

namespace crosslift {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr double share_of_baskets = 0.1;
constexpr int queries = 60;
#else
constexpr double share_of_baskets = 0.5;
constexpr int queries = 200;
#endif

// Half of each price is margin, so that money can be checked.
OfferEngine make_engine(const std::string& name) {
    BundledData data = bundled_data(name);
    CatalogTable table = data.catalog.table();
    for (std::int32_t item = 0; item < data.catalog.size(); ++item) table.item.push_back(data.catalog.items()[item]);
    for (const float price : table.price) table.cost.push_back(price / 2);
    OfferEngineOptions options;
    options.cold_start.tune = false;  // fits closed forms of its own, which sanitizers make slow
    options.complement.tune = false;
    options.complement.max_items = 1500;
    options.complement.ease.intercept = true;
    return fit_offer_engine(split_by_time(data.transactions, share_of_baskets).later, Catalog(std::move(table)),
                            options);
}

class BundledSelling : public ::testing::TestWithParam<const char*> {
protected:
    const OfferEngine& engine() {
        static std::map<std::string, OfferEngine> engines;
        auto found = engines.find(GetParam());
        if (found == engines.end()) found = engines.emplace(GetParam(), make_engine(GetParam())).first;
        return found->second;
    }

    std::vector<std::string> draw_basket(std::mt19937_64& random, std::uint64_t most) {
        const auto& items = engine().models().history.baskets.indices;
        std::vector<std::string> basket;
        for (std::uint64_t left = 1 + random() % most; left > 0; --left)
            basket.emplace_back(engine().models().catalog.items()[items[random() % items.size()]]);
        return basket;
    }

    std::string draw_customer(std::mt19937_64& random) {
        const IdMap& customers = engine().models().customers;
        const auto row = static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(customers.size()));
        return random() % 3 == 0 ? "" : std::string(customers[row]);
    }

    std::string leaf(const std::string& item) {
        const Catalog& catalog = engine().models().catalog;
        const std::int32_t row = catalog.leaf(catalog.items().find(item));
        if (row == IdMap::unknown) return {};
        const std::string path(catalog.leaves()[row]);
        return path.substr(path.rfind('>') == std::string::npos ? 0 : path.rfind('>') + 2);
    }

    static OfferQuery open_gates() {  // the receipts of complete_journey are a thin sample
        OfferQuery query;
        query.min_support = 1;
        query.min_g2 = 0;
        return query;
    }
};

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

TEST_P(BundledSelling, R14_BundlesKeepBudgetFloorAndCategories) {
    std::mt19937_64 random(testing::test_seed(21));
    int sets = 0;
    for (int n = 0; n < queries; ++n) {
        OfferQuery query = open_gates();
        query.discount = static_cast<double>(random() % 4) / 10;
        if (random() % 2 == 0) query.budget = static_cast<float>(random() % 200) / 10;
        const BundleOptions options{.max_items = 2 + static_cast<int>(random() % 4),
                                    .min_margin = static_cast<double>(random() % 30) / 10};
        const std::string item = draw_basket(random, 1).front();
        const Bundle bundle = engine().bundle(item, draw_customer(random), query, options);
        if (bundle.added.empty()) continue;
        ++sets;
        std::set<std::string> leaves = {leaf(item)}, items = {item};
        double sum = 0;
        const Catalog& catalog = engine().models().catalog;
        const auto price = [&](const std::string& id) {
            return static_cast<double>(catalog.price()[static_cast<std::size_t>(catalog.items().find(id))]);
        };
        sum += price(item);
        for (const Offer& offer : bundle.added) {
            EXPECT_TRUE(items.insert(offer.item).second);
            EXPECT_TRUE(leaf(offer.item).empty() || leaves.insert(leaf(offer.item)).second) << offer.item;
            sum += price(offer.item);
        }
        EXPECT_LE(static_cast<int>(items.size()), options.max_items);
        if (!std::isnan(sum)) {
            EXPECT_NEAR(bundle.bundle_price, sum * (1 - query.discount), 1e-3);
        }
        EXPECT_FALSE(bundle.bundle_price > static_cast<double>(query.budget) + 1e-6);
        EXPECT_FALSE(bundle.margin < options.min_margin - 1e-6);
    }
    EXPECT_GT(sets, 0);
}

TEST_P(BundledSelling, R22_ListsAreDisjointAndTheCapHolds) {
    std::mt19937_64 random(testing::test_seed(22));
    for (int n = 0; n < queries; ++n) {
        PlacementOptions options = placement_options(placements[random() % placements.size()]);
        options.frequency_cap = 1 + static_cast<int>(random() % 8);
        options.after_upsell = false;
        const auto basket = draw_basket(random, 5);
        const std::string customer = draw_customer(random);
        std::vector<Contact> contacts;
        for (int visit = 0; visit < 3; ++visit) {
            const auto found = engine().offers(basket, customer, options, contacts, open_gates());
            const auto items = all_items(found);
            EXPECT_EQ(std::set<std::string>(items.begin(), items.end()).size(), items.size());
            for (const std::string& item : items)
                if (found.replenish.empty()) {
                    EXPECT_EQ(std::ranges::count(basket, item), 0) << item;
                }
            contacts = found.contacts;
            EXPECT_LE(static_cast<int>(contacts.size()), options.frequency_cap);
        }
    }
}

TEST_P(BundledSelling, R6_ABatchAnswersLikeSingleQueries) {
    std::mt19937_64 random(testing::test_seed(23));
    std::vector<std::string> customers;
    for (int n = 0; n < 20; ++n) customers.push_back(draw_customer(random));
    const auto many = answer_all(
        customers.size(), [&](std::size_t n) { return engine().next_basket(customers[n]); }, 2);
    for (std::size_t n = 0; n < customers.size(); ++n) {
        const auto one = engine().next_basket(customers[n]);
        ASSERT_EQ(one.offers.size(), many[n].offers.size());
        std::set<std::string> items;
        for (std::size_t m = 0; m < one.offers.size(); ++m) {
            EXPECT_EQ(one.offers[m].item, many[n].offers[m].item);
            EXPECT_EQ(one.offers[m].score, many[n].offers[m].score);
            EXPECT_TRUE(items.insert(one.offers[m].item).second);
        }
    }
}

TEST_P(BundledSelling, R28_NewCategoriesAreNew) {
    std::mt19937_64 random(testing::test_seed(24));
    const PurchaseHistory& history = engine().models().history;
    for (int n = 0; n < queries / 4; ++n) {
        const std::string customer = draw_customer(random);
        if (customer.empty()) continue;
        std::set<std::string> bought;
        for (const std::int32_t visit : history.customer_baskets.view().row(engine().models().customers.find(customer)))
            for (const std::int32_t item : history.baskets.view().row(visit))
                bought.insert(leaf(std::string(engine().models().catalog.items()[item])));
        for (const Offer& offer : engine().recommend(customer, {.only_new_categories = true}).offers) {
            EXPECT_FALSE(leaf(offer.item).empty());
            EXPECT_FALSE(bought.contains(leaf(offer.item))) << offer.item;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Data, BundledSelling, ::testing::Values("online_retail", "complete_journey"),
                         [](const auto& data) { return std::string(data.param); });

}  // namespace
}  // namespace crosslift
