// What holds for every offer of every query, over the purchases that come with Crosslift and random questions, and over
// the other data sets where their folder is there. CROSSLIFT_TEST_SEED asks other questions.
#include "support/gpu.hpp"
#include "support/odd_shop.hpp"
#include "support/offer_invariants.hpp"

#include <filesystem>

namespace crosslift {
namespace {

using testing::Invariants;
using testing::Question;
using testing::Questioner;
using testing::test_seed;

// Counting the receipts anew takes a while: only the first few offers of a list are counted.
std::vector<Offer> few(const std::vector<Offer>& offers) {
    return {offers.begin(), offers.begin() + std::min<std::ptrdiff_t>(2, std::ssize(offers))};
}

void ask_everything(const OfferEngine& engine, std::uint64_t seed, int questions) {
    const Invariants invariants(engine);
    Questioner ask(engine, seed);
    for (int n = 0; n < questions; ++n) {
        Question asked = ask.question();
        asked.query.k = std::min(asked.query.k, 50);
        const OfferList cross = engine.cross_sell(asked.basket, asked.customer, asked.query);
        invariants.list(cross.offers, asked, asked.query.k);
        invariants.cross_sell(few(cross.offers), asked);
        const Question one{{ask.sold_item()}, asked.customer, asked.query};
        const OfferList up = engine.upsell(one.basket[0], one.customer, one.query);
        invariants.list(up.offers, one, one.query.k);
        if (invariants.row(one.basket[0]) >= 0) invariants.upsell(up.offers, one.basket[0], one.query);
        const Question nothing{{}, asked.customer, asked.query};
        invariants.list(engine.recommend(asked.customer, asked.query).offers, nothing, asked.query.k);
        invariants.list(engine.next_basket(asked.customer, asked.query).offers, nothing, asked.query.k);
        invariants.list(engine.similar_items(one.basket[0], one.query).offers, one, one.query.k);
        Question set = one;
        set.query.budget = std::numeric_limits<float>::infinity();
        invariants.list(engine.bundle(one.basket[0], one.customer, one.query).added, set, 2);
        if (::testing::Test::HasFailure()) FAIL() << "question " << n << " of seed " << seed;
    }
}

class BundledProperties : public testing::BundledShopTest {};

TEST_P(BundledProperties, EveryListKeepsItsRules) {
    ask_everything(engine(), test_seed(61), 150);
}

INSTANTIATE_TEST_SUITE_P(Data, BundledProperties, ::testing::Values("online_retail", "complete_journey"),
                         testing::bundled_name);

class SharedProperties : public ::testing::TestWithParam<const char*> {};

TEST_P(SharedProperties, EveryListKeepsItsRules) {
    const std::filesystem::path folder = std::filesystem::path(CROSSLIFT_SHARED_DATA) / GetParam();
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no folder " << folder;
    CatalogColumns columns;
    columns.category = std::string(GetParam()) == "groceries" ? std::vector<std::string>{"level1", "level2"}
                                                              : std::vector<std::string>{"cat1", "cat2", "leaf"};
    OfferEngineOptions options;
    options.complement.tune = false;
    options.complement.max_items = 1500;
    ask_everything(fit_offer_engine(read_transactions(folder / "transactions.csv.gz"),
                                    read_catalog(folder / "items.csv.gz", columns), options),
                   test_seed(62), 60);
}

INSTANTIATE_TEST_SUITE_P(Data, SharedProperties, ::testing::Values("groceries", "bundles_electronic"),
                         [](const auto& data) { return std::string(data.param); });

// Trained on the CPU, asked on both: what a list holds does not depend on who scored it, and scores agree to 1e-4.
class OffersOnGpu : public testing::OnGpu {};

TEST_F(OffersOnGpu, AreThoseOfTheCpu) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        const OfferEngine host = testing::OddShop(seed).engine();
        OfferModels models = host.models();
        models.options.device = gpu();
        const OfferEngine device(std::move(models));
        Questioner ask(host, seed);
        for (int n = 0; n < 30; ++n) {
            const Question asked = ask.question();
            const std::string item = ask.sold_item();
            const auto same = [&](const OfferList& a, const OfferList& b) {
                ASSERT_EQ(testing::ids(a), testing::ids(b)) << "seed " << seed << " question " << n;
                for (std::size_t m = 0; m < a.offers.size(); ++m)
                    EXPECT_NEAR(a.offers[m].score, b.offers[m].score, 1e-4 * std::abs(a.offers[m].score));
            };
            same(host.cross_sell(asked.basket, asked.customer, asked.query),
                 device.cross_sell(asked.basket, asked.customer, asked.query));
            same(host.upsell(item, asked.customer, asked.query), device.upsell(item, asked.customer, asked.query));
            same(host.recommend(asked.customer, asked.query), device.recommend(asked.customer, asked.query));
            same(host.similar_items(item, asked.query), device.similar_items(item, asked.query));
        }
    }
}

}  // namespace
}  // namespace crosslift
