// Properties that hold for every query on any catalog: shops made up from a seed, with any column whole, in part or
// missing. CROSSLIFT_TEST_SEED makes other shops and other questions.
#include "support/odd_shop.hpp"
#include "support/offer_invariants.hpp"

#include <crosslift/batch.hpp>
#include <crosslift/error.hpp>

namespace crosslift {
namespace {

using testing::ids;
using testing::Invariants;
using testing::OddShop;
using testing::Question;
using testing::Questioner;
using testing::test_seed;

constexpr int questions = 60;

class OddShops : public ::testing::TestWithParam<int> {
protected:
    OfferEngine engine = OddShop(seed()).engine();
    Invariants invariants{engine};
    Questioner ask{engine, seed() + 1};

    static std::uint64_t seed() { return test_seed(static_cast<std::uint64_t>(GetParam()) * 7919); }

    static void expect_same(const OfferList& a, const OfferList& b) {
        ASSERT_EQ(ids(a), ids(b));
        for (std::size_t n = 0; n < a.offers.size(); ++n) {
            EXPECT_EQ(a.offers[n].score, b.offers[n].score);
            EXPECT_EQ(a.offers[n].sentence, b.offers[n].sentence);
        }
    }

    static std::vector<Offer> flat(const PlacementOffers& found) {
        std::vector<Offer> all;
        for (const Reminder& it : found.replenish) {
            all.push_back(it.offer);
            if (it.companion) all.push_back(*it.companion);
        }
        for (const auto* list : {&found.upsell, &found.cross_sell, &found.recommend})
            all.insert(all.end(), list->begin(), list->end());
        return all;
    }
};

TEST_P(OddShops, EveryListKeepsItsRules) {
    for (int n = 0; n < questions; ++n) {
        const Question asked = ask.question();
        const OfferList cross = engine.cross_sell(asked.basket, asked.customer, asked.query);
        invariants.list(cross.offers, asked, asked.query.k);
        invariants.cross_sell(cross.offers, asked);

        const Question one{{ask.sold_item()}, asked.customer, asked.query};
        const OfferList up = engine.upsell(one.basket[0], one.customer, one.query);
        invariants.list(up.offers, one, one.query.k);
        if (invariants.row(one.basket[0]) >= 0) invariants.upsell(up.offers, one.basket[0], one.query);
        if (!one.query.allow_same_category) {
            const auto beside = ids(engine.cross_sell(one.basket, one.customer, one.query));
            for (const std::string& item : ids(up)) EXPECT_EQ(std::ranges::count(beside, item), 0) << item;
        }

        const Question nothing{{}, asked.customer, asked.query};
        invariants.list(engine.recommend(asked.customer, asked.query).offers, nothing, asked.query.k);
        invariants.list(engine.next_basket(asked.customer, asked.query).offers, nothing, asked.query.k);
        invariants.list(engine.similar_items(one.basket[0], one.query).offers, one, one.query.k);
        if (HasFailure()) FAIL() << "question " << n << " of seed " << seed();
    }
}

TEST_P(OddShops, SetsRemindersAndPlacementsKeepTheirRules) {
    for (int n = 0; n < questions / 2; ++n) {
        Question asked = ask.question();
        const std::string anchor = ask.sold_item();
        const BundleOptions options{.max_items = 2 + ask.below(4), .services = ask.below(2) == 0};
        const Bundle bundle = engine.bundle(anchor, asked.customer, asked.query, options);
        Question set{{anchor}, asked.customer, asked.query};
        set.query.budget = std::numeric_limits<float>::infinity();
        invariants.list(bundle.added, set, options.max_items - 1);
        if (std::isfinite(asked.query.budget) && !bundle.added.empty()) {
            EXPECT_LE(bundle.bundle_price, static_cast<double>(asked.query.budget) + 1e-4);
        }
        EXPECT_FALSE(!bundle.added.empty() && bundle.margin < options.min_margin - 1e-9) << bundle.margin;
        for (const Offer& offer : bundle.added)
            EXPECT_TRUE(options.services || !engine.models().catalog.service(invariants.row(offer.item)));

        asked.query.segments.clear();
        Question reminded{{}, asked.customer, asked.query};
        reminded.query.allow_bought = true;
        double last = 1;
        for (const Reminder& it : engine.replenish(asked.customer, asked.query).reminders) {
            EXPECT_LE(it.offer.probability, last);
            last = it.offer.probability;
            EXPECT_GE(it.purchases, 1);
            if (it.companion) {
                EXPECT_NE(it.companion->item, it.offer.item);
            }
        }
        PlacementOptions place = placement_options(placements[static_cast<std::size_t>(ask.below(5))]);
        place.frequency_cap = ask.below(7);
        std::vector<Contact> contacts;
        for (int visit = 0; visit < 2; ++visit) {
            const PlacementOffers found = engine.offers(asked.basket, asked.customer, place, contacts, asked.query);
            std::set<std::string> seen;
            for (const Offer& offer : flat(found)) EXPECT_TRUE(seen.insert(offer.item).second) << offer.item;
            if (place.frequency_cap > 0) {
                EXPECT_LE(static_cast<int>(found.contacts.size()), place.frequency_cap);
            }
            invariants.cross_sell(
                found.cross_sell,
                {found.cross_sell.empty() ? std::vector<std::string>() : asked.basket, asked.customer, asked.query});
            contacts = found.contacts;
        }
        if (HasFailure()) FAIL() << "question " << n << " of seed " << seed();
    }
}

TEST_P(OddShops, AFilterNeverAddsAnItem) {
    for (int n = 0; n < questions; ++n) {
        Question wide = ask.question();
        wide.query.k = 1'000'000;
        wide.query.max_per_category = 0;
        wide.query.rules.clear();
        OfferQuery narrow = ask.query();
        OfferQuery& query = wide.query;
        // Each option of the narrow query is at least as strict.
        narrow.k = query.k;
        narrow.max_per_category = 0;
        narrow.allow_same_category = narrow.allow_same_category && query.allow_same_category;
        narrow.allow_bought = narrow.allow_bought && query.allow_bought;
        narrow.only_new_categories = narrow.only_new_categories || query.only_new_categories;
        narrow.min_support = std::max(narrow.min_support, query.min_support);
        narrow.min_g2 = std::max(narrow.min_g2, query.min_g2);
        narrow.min_relevance = std::max(narrow.min_relevance, query.min_relevance);
        narrow.exclude.insert(narrow.exclude.end(), query.exclude.begin(), query.exclude.end());
        if (!query.allow.empty()) narrow.allow = query.allow;
        const bool limited = !narrow.allow.empty();
        std::erase_if(narrow.allow, [&](const std::string& id) { return std::ranges::count(narrow.exclude, id) > 0; });
        if (limited) narrow.allow.push_back("nothing else");
        narrow.upsell_by = query.upsell_by;
        narrow.max_price_ratio = std::min(narrow.max_price_ratio, query.max_price_ratio);
        narrow.min_value_ratio = std::max(narrow.min_value_ratio, query.min_value_ratio);
        narrow.budget = std::min(narrow.budget, query.budget);
        narrow.offer_cost = std::max(narrow.offer_cost, query.offer_cost);
        narrow.personalization = query.personalization;
        narrow.popularity = query.popularity;
        narrow.attribute_weights = query.attribute_weights;
        narrow.as_of = query.as_of;
        narrow.discount = query.discount;
        narrow.incrementality = query.incrementality;
        narrow.sale_loss_risk = query.sale_loss_risk;
        narrow.objective = query.objective;
        narrow.rules.clear();
        const auto within = [&](const char* kind, const OfferList& few, const OfferList& all) {
            const auto known = ids(all);
            for (const std::string& item : ids(few))
                EXPECT_EQ(std::ranges::count(known, item), 1) << kind << " " << item;
        };
        const std::string item = ask.sold_item();
        within("cross_sell", engine.cross_sell(wide.basket, wide.customer, narrow),
               engine.cross_sell(wide.basket, wide.customer, query));
        within("upsell", engine.upsell(item, wide.customer, narrow), engine.upsell(item, wide.customer, query));
        within("recommend", engine.recommend(wide.customer, narrow), engine.recommend(wide.customer, query));
        within("similar", engine.similar_items(item, narrow), engine.similar_items(item, query));
        if (HasFailure()) FAIL() << "question " << n << " of seed " << seed();
    }
}

TEST_P(OddShops, OrderRepeatsAndUnknownsOfTheBasketDoNotMatterAndZeroPersonalizationIsAnonymous) {
    for (int n = 0; n < questions / 2; ++n) {
        Question asked = ask.question();
        std::vector<std::string> other(asked.basket.rbegin(), asked.basket.rend());
        other.insert(other.end(), asked.basket.begin(), asked.basket.end());
        other.insert(other.begin(), "never heard of");
        expect_same(engine.cross_sell(asked.basket, asked.customer, asked.query),
                    engine.cross_sell(other, asked.customer, asked.query));
        asked.query.personalization = 0;
        const std::string item = ask.sold_item();
        expect_same(engine.cross_sell(asked.basket, asked.customer, asked.query),
                    engine.cross_sell(asked.basket, {}, asked.query));
        expect_same(engine.upsell(item, asked.customer, asked.query), engine.upsell(item, {}, asked.query));
        expect_same(engine.recommend(asked.customer, asked.query), engine.recommend({}, asked.query));
        EXPECT_TRUE(engine.replenish(asked.customer, asked.query).reminders.empty());
        asked.query.k = 0;
        EXPECT_THROW(engine.cross_sell(asked.basket, asked.customer, asked.query), InvalidArgument);
        EXPECT_THROW(engine.next_basket(asked.customer, asked.query), InvalidArgument);
        EXPECT_THROW(engine.bundle(item, asked.customer, asked.query), InvalidArgument);
        EXPECT_THROW(engine.target_customers(item, asked.query), InvalidArgument);
        if (HasFailure()) FAIL() << "question " << n << " of seed " << seed();
    }
}

TEST_P(OddShops, BatchesAndPlansAnswerLikeSingleQueriesOnAnyThreads) {
    std::vector<Question> asked;
    std::vector<std::string> items, customers;
    for (int n = 0; n < 24; ++n) {
        asked.push_back(ask.question());
        items.push_back(ask.sold_item());
        if (n < 8) customers.push_back(ask.customer());
    }
    const auto all = [&](std::size_t n) {
        const Question& it = asked[n];
        std::string text;
        const auto add = [&](const std::vector<Offer>& offers) {
            for (const Offer& offer : offers) text += explain(offer);
        };
        add(engine.cross_sell(it.basket, it.customer, it.query).offers);
        add(engine.upsell(items[n], it.customer, it.query).offers);
        add(engine.recommend(it.customer, it.query).offers);
        add(engine.bundle(items[n], it.customer, it.query).added);
        add(engine.next_basket(it.customer, it.query).offers);
        add(flat(engine.offers(it.basket, it.customer, placement_options(Placement::newsletter), {}, it.query)));
        return text;
    };
    const auto together = answer_all(asked.size(), all, 3);
    for (std::size_t n = 0; n < asked.size(); ++n) EXPECT_EQ(together[n], all(n));

    PlanOptions options{.query = asked[0].query, .threads = 1};
    for (const Placement placement : {Placement::cart, Placement::newsletter})
        options.placements.push_back(placement_options(placement));
    const OfferPlan alone = engine.plan(customers, options);
    options.threads = 3;
    const OfferPlan many = engine.plan(customers, options);
    ASSERT_EQ(alone.offers.size(), many.offers.size());
    for (std::size_t n = 0; n < alone.offers.size(); ++n)
        EXPECT_EQ(explain(alone.offers[n].offer), explain(many.offers[n].offer));
    EXPECT_EQ(alone.warnings, many.warnings);
    EXPECT_TRUE(std::isfinite(alone.novelty) && std::isfinite(alone.coverage) && std::isfinite(alone.expected_margin));
}

TEST_P(OddShops, CustomersForAnItemWouldBeRecommendedIt) {
    for (int n = 0; n < 12; ++n) {
        OfferQuery query = ask.query();
        const std::string item = ask.sold_item();
        const TargetList found = engine.target_customers(item, query);
        EXPECT_LE(found.customers.size(), static_cast<std::size_t>(query.k));
        std::set<std::string> seen;
        OfferQuery one = query;
        one.k = 1;
        one.allow = {item};
        std::erase(one.exclude, item);
        one.rules.clear();
        for (const TargetCustomer& it : found.customers) {
            EXPECT_TRUE(seen.insert(it.customer).second);
            EXPECT_EQ(it.offer.item, item);
            const OfferList made = engine.recommend(it.customer, one);
            ASSERT_EQ(made.offers.size(), 1U);
            EXPECT_EQ(explain(made.offers[0]), explain(it.offer));
        }
        if (HasFailure()) FAIL() << "question " << n << " of seed " << seed();
    }
}

TEST_P(OddShops, ComparingBothWaysTurnsEachVerdict) {
    for (int n = 0; n < questions; ++n) {
        const std::string a = ask.item(), b = ask.item();
        const Comparison there = engine.compare(a, b), back = engine.compare(b, a);
        ASSERT_EQ(there.attributes.size(), back.attributes.size());
        for (std::size_t m = 0; m < there.attributes.size(); ++m) {
            const Verdict verdict = there.attributes[m].verdict, turned = back.attributes[m].verdict;
            EXPECT_EQ(verdict == Verdict::better, turned == Verdict::worse);
            EXPECT_EQ(verdict == Verdict::equal, turned == Verdict::equal);
        }
        EXPECT_FALSE(there.sentence.empty());
        EXPECT_EQ(there.sentence.find("nan"), std::string::npos) << there.sentence;
        EXPECT_EQ(there.sentence.find("inf"), std::string::npos) << there.sentence;
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, OddShops, ::testing::Range(0, 12));

}  // namespace
}  // namespace crosslift
