// R17: who a customer is by the purchases, planted and counted by hand, and that offers keep to it.
#include "support/bundled_shop.hpp"
#include "support/planted_shop.hpp"

#include <crosslift/error.hpp>
#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

namespace crosslift {
namespace {

using testing::ids;
using testing::PlantedShop;

constexpr float unknown_price = std::numeric_limits<float>::quiet_NaN();

// One receipt of a planted customer; two items, each at `share` of its regular price.
struct Visit {
    std::string customer;
    std::vector<float> shares;
};

// The planted shop, where all pay the regular price, and beside it customers whose segment is known.
std::vector<Visit> planted_visits() {
    return {
        {"once", {1, 1}},
        {"once cheap", {0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F}},
        {"hunter", {0.5F, 0.9F, 1}},
        {"hunter", {0.5F, 1}},  // 3 of 5
        {"edge", {0.95F, 0.95F, std::nextafter(0.95F, 1.0F)}},
        {"edge", {1, 1}},  // just low enough
        {"nearly", {0.96F, 0.96F, 0.96F, 0.96F}},
        {"nearly", {0.96F, 0.96F}},  // never low enough
        {"half", {0.5F, 0.5F, 0.5F}},
        {"half", {1, 1, 1}},  // 3 of 6 are not most
        {"four", {0.5F, 0.5F}},
        {"four", {0.5F, 0.5F}},  // too few to tell
        {"silent", {unknown_price, unknown_price, 0.5F, 0.5F}},
        {"silent", {0.5F, 0.5F}},  // 4 of known price
        {"gift", {0, 0, 0}},
        {"gift", {1, 1}},  // for nothing is below the regular price
    };
}

const std::map<std::string, CustomerSegment> planted_truth = {
    {"once", CustomerSegment::new_customer},    {"once cheap", CustomerSegment::new_customer},
    {"hunter", CustomerSegment::promo_driven},  {"edge", CustomerSegment::promo_driven},
    {"nearly", CustomerSegment::repeat},        {"half", CustomerSegment::repeat},
    {"four", CustomerSegment::repeat},          {"silent", CustomerSegment::repeat},
    {"gift", CustomerSegment::promo_driven},    {"k1", CustomerSegment::repeat},
    {"stranger", CustomerSegment::new_customer}};

OfferEngine shop_with(const std::vector<Visit>& visits, bool priced = true) {
    const PlantedShop shop;
    const Transactions base = shop.transactions();
    TransactionTable table;
    table.time_kind = TimeKind::timestamp;
    const auto line = [&](std::string_view customer, std::string_view basket, const std::string& item,
                          std::int64_t time, float price) {
        table.customer.push_back(std::string(customer));
        table.basket.push_back(std::string(basket));
        table.item.push_back(item);
        table.time.push_back(time);
        table.quantity.push_back(2);
        table.unit_price.push_back(priced ? price : unknown_price);
    };
    for (std::size_t n = 0; n < static_cast<std::size_t>(base.size()); ++n)
        line(base.customers()[base.customer()[n]], base.baskets()[base.basket()[n]],
             std::string(base.items()[base.item()[n]]), base.time()[n], base.unit_price()[n]);
    int number = 0;
    for (const Visit& visit : visits) {
        const std::string basket = "planted" + std::to_string(number++);
        for (std::size_t n = 0; n < visit.shares.size(); ++n) {
            const std::string item = PlantedShop::id(static_cast<int>(n), 2);
            line(visit.customer, basket, item, 1'600'000'000 + number,
                 visit.shares[n] * static_cast<float>(shop.price(item)));
        }
    }
    return fit_offer_engine(Transactions(std::move(table)), shop.catalog(), PlantedShop::options());
}

const OfferEngine& engine() {
    static const OfferEngine made = shop_with(planted_visits());
    return made;
}

OfferQuery only(std::vector<CustomerSegment> segments) {
    OfferQuery query;
    query.segments = std::move(segments);
    query.allow_bought = true;
    return query;
}

std::string message_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const InvalidArgument& error) {
        return error.what();
    }
    return "no error";
}

TEST(R17_Segments, AreThoseOfThePlantedHistory) {
    for (const auto& [customer, segment] : planted_truth) EXPECT_EQ(engine().segment_of(customer), segment) << customer;
    EXPECT_EQ(engine().segment_of(""), std::nullopt);
}

TEST(R17_Segments, WithoutPricesNobodyIsPromoDriven) {
    const OfferEngine blind = shop_with(planted_visits(), false);
    EXPECT_EQ(blind.segment_of("once"), CustomerSegment::new_customer);
    for (const char* customer : {"hunter", "edge", "gift", "k1"})
        EXPECT_EQ(blind.segment_of(customer), CustomerSegment::repeat) << customer;
}

TEST(R17_Segments, WithoutCustomersNothingIsKnown) {
    TransactionTable table;
    for (const char* basket : {"1", "2", "3"})
        for (const char* item : {"a", "b"}) {
            table.basket.push_back(basket);
            table.item.push_back(item);
        }
    const OfferEngine engine = fit_offer_engine(Transactions(std::move(table)), {}, PlantedShop::options());
    EXPECT_EQ(engine.segment_of("k1"), std::nullopt);
    EXPECT_TRUE(engine.recommend("k1", only({CustomerSegment::new_customer})).offers.empty());
}

// Every query that makes offers to a customer: how many it makes.
std::size_t count_offers(const std::string& customer, const OfferQuery& query, std::vector<std::string>* warnings) {
    const std::vector<std::string> basket = {"c0i2"};
    const auto of_list = [&](const OfferList& list) {
        warnings->insert(warnings->end(), list.warnings.begin(), list.warnings.end());
        return list.offers.size();
    };
    std::size_t offers = of_list(engine().cross_sell(basket, customer, query)) +
                         of_list(engine().upsell("c0i2", customer, query)) +
                         of_list(engine().recommend(customer, query)) + of_list(engine().next_basket(customer, query));
    const Bundle bundle = engine().bundle("c0i2", customer, query);
    const ReminderList reminders = engine().replenish(customer, query);
    const PlacementOffers placed = engine().offers(basket, customer, placement_options(Placement::cart), {}, query);
    for (const auto* more : {&bundle.warnings, &reminders.warnings, &placed.warnings})
        warnings->insert(warnings->end(), more->begin(), more->end());
    return offers + bundle.added.size() + reminders.reminders.size() + placed.upsell.size() + placed.cross_sell.size();
}

TEST(R17_Segments, OffersAreMadeToTheseCustomersOnly) {
    for (const auto& [customer, segment] : planted_truth)
        for (const CustomerSegment asked : customer_segments) {
            std::vector<std::string> warnings;
            const std::size_t offers = count_offers(customer, only({asked}), &warnings);
            const std::string why = "asks for " + std::string(name_of(asked));
            const auto told = std::ranges::count_if(
                warnings, [&](const std::string& it) { return it.find(why) != std::string::npos; });
            EXPECT_EQ(offers > 0, asked == segment) << customer << " asked as " << name_of(asked);
            EXPECT_EQ(told, asked == segment ? 0 : 7) << customer << " asked as " << name_of(asked);
        }
    std::vector<std::string> warnings;
    EXPECT_EQ(count_offers("", only({CustomerSegment::new_customer}), &warnings), 0U);
    EXPECT_EQ(warnings.size(), 7U);
}

TEST(R17_Segments, TheListOfAMemberIsTheListWithoutTheFilter) {
    const std::vector<std::string> basket = {"c0i2", "c4i1"};
    OfferQuery plain;
    plain.allow_bought = true;
    for (const auto& [customer, segment] : planted_truth) {
        const auto query = only({CustomerSegment::repeat, segment});
        EXPECT_EQ(ids(engine().cross_sell(basket, customer, query)), ids(engine().cross_sell(basket, customer, plain)));
        EXPECT_EQ(ids(engine().recommend(customer, query)), ids(engine().recommend(customer, plain)));
    }
}

TEST(R17_Segments, APlanAndItsCustomersKeepToThem) {
    std::vector<std::string> customers;
    for (const auto& [customer, segment] : planted_truth) customers.push_back(customer);
    PlanOptions options;
    options.query = only({CustomerSegment::promo_driven});
    std::set<std::string> reached;
    const OfferPlan plan = engine().plan(customers, options);
    for (const PlannedOffer& it : plan.offers) reached.insert(it.customer);
    EXPECT_EQ(reached, (std::set<std::string>{"edge", "gift", "hunter"}));
    ASSERT_EQ(plan.warnings.size(), 1U);
    EXPECT_EQ(plan.warnings[0], "8 of 11 customers are in none of OfferQuery.segments and get no offer");

    OfferQuery query = only({CustomerSegment::promo_driven, CustomerSegment::new_customer});
    query.k = 1000;
    query.min_relevance = 0;
    OfferQuery anybody = query;
    anybody.segments = {};
    std::vector<std::string> wanted, found;
    for (const TargetCustomer& it : engine().target_customers("c1i2", anybody).customers)
        if (engine().segment_of(it.customer) != CustomerSegment::repeat) wanted.push_back(it.customer);
    const TargetList targets = engine().target_customers("c1i2", query);
    for (const TargetCustomer& it : targets.customers) found.push_back(it.customer);
    EXPECT_EQ(found, wanted);
    EXPECT_FALSE(found.empty());
    EXPECT_TRUE(targets.warnings.empty());
}

TEST(R17_Segments, ARuleMayBeForOneSegment) {
    OfferQuery query;
    query.allow_bought = true;
    query.rules = {{.item = "c6i0", .segment = CustomerSegment::new_customer},
                   {.item = "c6i1", .segment = CustomerSegment::promo_driven},
                   {.action = OfferRule::Action::deny, .item = "c6i0", .segment = CustomerSegment::promo_driven}};
    const std::vector<std::string> basket = {"c0i2"};
    EXPECT_EQ(ids(engine().cross_sell(basket, "once", query)).at(0), "c6i0");
    EXPECT_EQ(ids(engine().cross_sell(basket, "hunter", query)).at(0), "c6i1");
    EXPECT_EQ(ids(engine().recommend("stranger", query)).at(0), "c6i0");
    for (const char* customer : {"", "k1"}) {
        OfferQuery plain;
        plain.allow_bought = true;
        EXPECT_EQ(ids(engine().cross_sell(basket, customer, query)), ids(engine().cross_sell(basket, customer, plain)));
    }
    OfferQuery deny = only({});
    deny.k = 1000;
    deny.min_relevance = 0;
    deny.rules = {{.action = OfferRule::Action::deny, .item = "c1i2", .segment = CustomerSegment::repeat}};
    for (const TargetCustomer& it : engine().target_customers("c1i2", deny).customers)
        EXPECT_NE(engine().segment_of(it.customer), CustomerSegment::repeat) << it.customer;
    EXPECT_FALSE(engine().target_customers("c1i2", deny).customers.empty());
}

TEST(R17_Segments, ContradictionsNameBothSides) {
    OfferQuery query = only({CustomerSegment::repeat});
    query.personalization = 0;
    const std::vector<std::string> basket = {"c0i2"};
    for (const auto& ask : std::vector<std::function<void()>>{[&] { engine().cross_sell(basket, "k1", query); },
                                                              [&] { engine().target_customers("c1i2", query); },
                                                              [&] { engine().plan(basket, {.query = query}); }}) {
        const std::string message = message_of(ask);
        EXPECT_NE(message.find("OfferQuery.segments"), std::string::npos) << message;
        EXPECT_NE(message.find("OfferQuery.personalization"), std::string::npos) << message;
    }
    query.segments.clear();
    query.rules = {{.item = "c6i0", .segment = CustomerSegment::repeat}};
    EXPECT_NE(message_of([&] { engine().recommend("k1", query); }).find("rules[0]"), std::string::npos);
    // A pin against a deny for the same customers contradict; for others they do not.
    query = {};
    query.rules = {{.item = "c6i0", .segment = CustomerSegment::repeat},
                   {.action = OfferRule::Action::deny, .item = "c6i0", .segment = CustomerSegment::repeat}};
    EXPECT_NE(message_of([&] { engine().recommend("k1", query); }).find("rules[1]"), std::string::npos);
}

}  // namespace
}  // namespace crosslift
