// R16: what counts as "bought together" is chosen at fit; the counts follow it.
#include "support/line_shop.hpp"
#include "support/planted_shop.hpp"

#include <crosslift/context.hpp>
#include <crosslift/error.hpp>
#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace crosslift {
namespace {

using testing::Line;
using testing::LineShop;

constexpr std::int64_t hour = 3600, day = 86400;

LineShop shop(std::vector<Line> lines, TimeKind kind = TimeKind::timestamp) {
    LineShop made;
    made.lines = std::move(lines);
    for (int item = 0; item < 4; ++item) made.items.push_back({"leaf" + std::to_string(item), "", "", "", 1.0F});
    made.build(kind);
    return made;
}

// Items of each context, in their order.
std::vector<std::vector<std::int32_t>> rows(const PurchaseHistory& history) {
    std::vector<std::vector<std::int32_t>> all;
    for (std::int64_t row = 0; row < history.basket_count(); ++row) {
        const auto items = history.baskets.view().row(row);
        all.emplace_back(items.begin(), items.end());
    }
    return all;
}

TEST(R16_Context, SessionsChainReceiptsWindowsDoNot) {
    // One customer, a receipt every 10 hours for 40 hours.
    const auto history = shop({{1, 0, 0, 0}, {1, 1, 1, 10 * hour}, {1, 2, 2, 20 * hour}, {1, 3, 3, 40 * hour}}).history;
    ContextOptions options{.context = Context::session, .session_hours = 12};
    EXPECT_EQ(rows(merge_contexts(history, options)), (std::vector<std::vector<std::int32_t>>{{0, 1, 2}, {3}}));
    options = {.context = Context::window, .window_days = 0.5};
    EXPECT_EQ(rows(merge_contexts(history, options)), (std::vector<std::vector<std::int32_t>>{{0, 1}, {2}, {3}}));
    EXPECT_EQ(rows(merge_contexts(history, {})), rows(history));
}

TEST(R16_Context, CustomersNeverMixAndUnknownOnesStayAlone) {
    const auto history = shop({{1, 0, 0, 0}, {2, 1, 1, 1}, {-1, 2, 2, 2}, {-1, 3, 3, 3}, {1, 4, 0, 4}}).history;
    const auto merged = merge_contexts(history, {.context = Context::window, .window_days = 30});
    ASSERT_EQ(merged.basket_count(), 4);
    EXPECT_EQ(rows(merged), (std::vector<std::vector<std::int32_t>>{{1}, {2}, {3}, {0}}));  // by their newest receipt
    EXPECT_EQ(merged.time.back(), 4);
    EXPECT_EQ(merged.baskets.values.back(), 2);  // bought twice
    EXPECT_EQ(merged.customer_baskets.view().nnz(), 2);
}

TEST(R16_Context, NeedsDatesAndLengthsAboveZero) {
    const auto ordered = shop({{1, 0, 0, 0}, {1, 1, 1, 1}}, TimeKind::order).history;
    EXPECT_THROW(merge_contexts(ordered, {.context = Context::session}), DataError);
    EXPECT_NO_THROW(merge_contexts(ordered, {}));
    const auto dated = shop({{1, 0, 0, 0}, {1, 1, 1, 1}}).history;
    EXPECT_THROW(merge_contexts(dated, {.context = Context::window, .window_days = 0}), InvalidArgument);
    EXPECT_THROW(merge_contexts(dated, {.context = Context::session, .session_hours = -1}), InvalidArgument);
}

// A mat one day, a coffee three days later, never on one receipt: only the customer unites them.
Transactions mats_and_coffee() {
    TransactionTable table;
    table.time_kind = TimeKind::timestamp;
    std::mt19937_64 random(3);
    int basket = 0;
    const auto buy = [&](int customer, std::vector<std::string> items, std::int64_t time) {
        for (const std::string& item : items) {
            table.customer.push_back("k" + std::to_string(customer));
            table.basket.push_back("b" + std::to_string(basket));
            table.item.push_back(item);
            table.time.push_back(time);
        }
        ++basket;
    };
    for (int customer = 0; customer < 200; ++customer) {
        const std::int64_t start = 1'600'000'000 + customer * day;
        const bool yoga = customer % 4 == 0;
        buy(customer, {yoga ? "mat" : "ball", "filler" + std::to_string(random() % 5)}, start);
        buy(customer, {yoga ? "coffee" : "tea", "filler" + std::to_string(random() % 5)}, start + 3 * day);
    }
    return Transactions(std::move(table));
}

std::set<std::string> offered(const OfferEngine& engine, const std::string& item) {
    std::set<std::string> found;
    for (const Offer& offer : engine.cross_sell(std::span(&item, 1)).offers) found.insert(offer.item);
    return found;
}

TEST(R16_Context, WhatUnitesTheItemsIsTheCustomer) {
    OfferEngineOptions options = testing::PlantedShop::options();
    EXPECT_FALSE(offered(fit_offer_engine(mats_and_coffee(), {}, options), "mat").contains("coffee"));
    options.context = {.context = Context::window, .window_days = 7};
    const OfferEngine engine = fit_offer_engine(mats_and_coffee(), {}, options);
    EXPECT_TRUE(offered(engine, "mat").contains("coffee"));
    const std::vector<std::string> basket = {"mat"};
    for (const Offer& offer : engine.cross_sell(basket).offers)
        if (offer.item == "coffee") {
            EXPECT_EQ(offer.evidence.together, 50);  // counted over windows: every yoga customer
            EXPECT_EQ(offer.evidence.baskets, 200);
        }
}

}  // namespace
}  // namespace crosslift
