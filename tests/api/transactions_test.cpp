#include <crosslift/error.hpp>
#include <crosslift/transactions.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>

namespace crosslift {
namespace {

constexpr float nan_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

struct Line {
    const char* customer = "k";
    const char* basket = "b";
    const char* item = "i";
    std::int64_t time = 1;
    float quantity = 1;
    float price = 2;
};

TransactionTable table_of(const std::vector<Line>& lines) {
    TransactionTable table;
    table.time_kind = TimeKind::order;
    for (const Line& line : lines) {
        table.customer.push_back(line.customer);
        table.basket.push_back(line.basket);
        table.item.push_back(line.item);
        table.time.push_back(line.time);
        table.quantity.push_back(line.quantity);
        table.unit_price.push_back(line.price);
    }
    return table;
}

// The reason why `bad` is rejected beside one good line; "" if it is kept.
std::string reason_for(const Line& bad) {
    const Transactions data(table_of({Line{}, bad}));
    return data.report().rejected.empty() ? "" : data.report().rejected[0].reason;
}

TEST(Transactions, EachRuleNamesItsReason) {
    EXPECT_EQ(reason_for(Line{}), "");
    EXPECT_EQ(reason_for({.item = ""}), rejection::no_item);
    EXPECT_EQ(reason_for({.basket = ""}), rejection::no_basket);
    EXPECT_EQ(reason_for({.quantity = 0}), rejection::quantity_not_positive);
    EXPECT_EQ(reason_for({.quantity = -1}), rejection::quantity_not_positive);
    EXPECT_EQ(reason_for({.quantity = -infinity}), rejection::quantity_not_positive);
    EXPECT_EQ(reason_for({.quantity = infinity}), rejection::quantity_not_finite);
    EXPECT_EQ(reason_for({.price = -0.01F}), rejection::price_negative);
    EXPECT_EQ(reason_for({.price = infinity}), rejection::price_infinite);
    EXPECT_EQ(reason_for({.time = unknown_time}), rejection::no_time);
}

TEST(Transactions, TheFirstRuleThatAppliesIsNamed) {
    EXPECT_EQ(reason_for({.basket = "", .item = "", .quantity = -1}), rejection::no_item);
    EXPECT_EQ(reason_for({.basket = "", .quantity = -1}), rejection::no_basket);
    EXPECT_EQ(reason_for({.time = unknown_time, .quantity = -1, .price = -1}), rejection::quantity_not_positive);
    EXPECT_EQ(reason_for({.time = unknown_time, .price = -1}), rejection::price_negative);
}

TEST(Transactions, WhatIsUnknownIsKept) {
    const Transactions data(table_of({{.customer = "", .quantity = nan_number, .price = nan_number}, {.price = 0}}));
    EXPECT_EQ(data.size(), 2);
    EXPECT_EQ(data.customer()[0], IdMap::unknown);
    EXPECT_EQ(data.quantity()[0], 1);
    EXPECT_TRUE(std::isnan(data.unit_price()[0]));
    EXPECT_EQ(data.unit_price()[1], 0);
    EXPECT_EQ(data.report().unknown_customer, 1);
    EXPECT_EQ(data.report().unknown_price, 1);
}

TEST(Transactions, OptionalColumnsMayBeMissing) {
    TransactionTable table;
    table.basket.push_back("b");
    table.item.push_back("i");
    const Transactions data(std::move(table));
    EXPECT_EQ(data.size(), 1);
    EXPECT_EQ(data.customer()[0], IdMap::unknown);
    EXPECT_EQ(data.quantity()[0], 1);
    EXPECT_TRUE(std::isnan(data.unit_price()[0]));
    EXPECT_TRUE(data.time().empty());
    EXPECT_EQ(data.time_kind(), TimeKind::none);
}

TEST(Transactions, TimesThatAreAllUnknownAreNone) {
    const Transactions data(table_of({{.time = unknown_time}, {.time = unknown_time}}));
    EXPECT_EQ(data.size(), 2);
    EXPECT_EQ(data.time_kind(), TimeKind::none);
    EXPECT_TRUE(data.time().empty());
}

TEST(Transactions, IdsOfRejectedLinesAreForgotten) {
    const Transactions data(table_of({{.customer = "gone", .basket = "gone", .item = "gone", .quantity = -1},
                                      {.customer = "k2", .basket = "b2", .item = "i2"},
                                      {.customer = "k1", .basket = "b1", .item = "i1"}}));
    EXPECT_EQ(data.items().size(), 2);
    EXPECT_EQ(data.items()[0], "i2");
    EXPECT_EQ(data.customers().find("gone"), IdMap::unknown);
    EXPECT_EQ(data.baskets().size(), 2);
    EXPECT_EQ(data.basket()[1], 1);
}

TEST(Transactions, IntegersAreRememberedThroughCleaning) {
    TransactionTable table = table_of({{.item = "7"}, {.item = "8", .quantity = -1}});
    table.item.ids.integers = true;
    EXPECT_TRUE(Transactions(std::move(table)).items().integers);
}

TEST(Transactions, DuplicatesAreKeptAndCounted) {
    const std::vector<Line> lines = {{.basket = "b1", .item = "x"}, {.basket = "b2", .item = "x"},
                                     {.basket = "b1", .item = "x"}, {.basket = "b1", .item = "y"},
                                     {.basket = "b2", .item = "x"}, {.basket = "b1", .item = "x"}};
    const Transactions data(table_of(lines));
    EXPECT_EQ(data.size(), 6);
    EXPECT_EQ(data.report().duplicates, 3);
}

TEST(Transactions, TheReportListsEveryRejectedLine) {
    TransactionTable table = table_of({{.quantity = -3}, {}, {.price = -1}, {.quantity = 0}});
    table.line = {2, 3, 5, 9};
    table.lines_are_file_lines = true;
    table.rejected.push_back({4, rejection::quantity_malformed, "two"});
    const Transactions data(std::move(table));
    const TransactionReport& report = data.report();
    EXPECT_EQ(report.lines, 5);
    EXPECT_EQ(report.kept, 1);
    ASSERT_EQ(report.rejected.size(), 4U);
    EXPECT_EQ(report.rejected[0].line, 2);
    EXPECT_EQ(report.rejected[0].value, "-3");
    EXPECT_EQ(report.rejected[1].line, 4);
    EXPECT_EQ(report.rejected[2].line, 5);
    EXPECT_EQ(report.rejected[3].line, 9);
    EXPECT_EQ(report.reasons().at(rejection::quantity_not_positive), 2);
    const std::string text = report.text(1);
    EXPECT_NE(text.find("5 lines came, 1 kept, 4 rejected"), std::string::npos) << text;
    EXPECT_NE(text.find("line 2: '-3'"), std::string::npos) << text;
    EXPECT_EQ(text.find("line 9"), std::string::npos) << "only one example of each reason was asked for";
}

TEST(Transactions, RowsOfFramesCountFromZero) {
    const Transactions data(table_of({{}, {.quantity = -1}}));
    EXPECT_EQ(data.report().rejected[0].line, 1);
    EXPECT_NE(data.report().text().find("row 1"), std::string::npos);
}

TEST(Transactions, BadTablesAreDataErrors) {
    EXPECT_THROW(Transactions(TransactionTable{}), DataError);
    EXPECT_THROW(Transactions(table_of({{.quantity = -1}})), DataError);  // nothing is left
    const auto refused = [](auto spoil) {
        TransactionTable table = table_of({{}, {}});
        spoil(table);
        EXPECT_THROW(Transactions{std::move(table)}, DataError);
    };
    refused([](TransactionTable& table) { table.basket = {}; });
    refused([](TransactionTable& table) { table.item = {}; });
    refused([](TransactionTable& table) { table.item.push_back("x"); });
    refused([](TransactionTable& table) { table.customer.rows.pop_back(); });
    refused([](TransactionTable& table) { table.time.pop_back(); });
    refused([](TransactionTable& table) { table.quantity.pop_back(); });
    refused([](TransactionTable& table) { table.unit_price.push_back(1); });
    refused([](TransactionTable& table) { table.line = {1}; });
    refused([](TransactionTable& table) { table.time_kind = TimeKind::none; });
    refused([](TransactionTable& table) { table.item.rows[0] = 99; });
    refused([](TransactionTable& table) { table.customer.rows[0] = -2; });
}

// Lines drawn at random, among them every kind of bad one: what comes out must agree with the rules applied one by one.
TEST(Transactions, RandomTablesAgreeWithTheRules) {
    std::mt19937 random(3);
    const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
    const std::vector<const char*> ids = {"", "a", "b", "c", "d"};
    const std::vector<float> numbers = {nan_number, -1, 0, 1, 2.5F, infinity, -infinity};
    const std::vector<std::int64_t> times = {unknown_time, 1, 2, 3};
    for (int round = 0; round < 200; ++round) {
        std::vector<Line> lines(30);
        for (Line& line : lines) {
            line = {pick(ids), pick(ids), pick(ids), pick(times), pick(numbers), pick(numbers)};
        }
        lines.push_back(Line{});
        std::vector<Line> wanted;
        for (const Line& line : lines) {
            const bool bad = *line.item == 0 || *line.basket == 0 || line.quantity <= 0 || line.price < 0 ||
                             std::isinf(line.quantity) || std::isinf(line.price) || line.time == unknown_time;
            if (!bad) wanted.push_back(line);
        }
        const Transactions data(table_of(lines));
        ASSERT_EQ(data.size(), static_cast<std::int64_t>(wanted.size()));
        EXPECT_EQ(data.report().lines, data.report().kept + static_cast<std::int64_t>(data.report().rejected.size()));
        std::set<std::pair<std::string, std::string>> pairs;
        for (std::size_t n = 0; n < wanted.size(); ++n) {
            EXPECT_EQ(data.items()[data.item()[n]], wanted[n].item);
            EXPECT_EQ(data.baskets()[data.basket()[n]], wanted[n].basket);
            EXPECT_EQ(data.customer()[n] < 0 ? "" : data.customers()[data.customer()[n]], wanted[n].customer);
            EXPECT_EQ(data.time()[n], wanted[n].time);
            EXPECT_EQ(data.quantity()[n], std::isnan(wanted[n].quantity) ? 1 : wanted[n].quantity);
            pairs.emplace(wanted[n].basket, wanted[n].item);
        }
        EXPECT_EQ(data.report().duplicates, static_cast<std::int64_t>(wanted.size() - pairs.size()));
    }
}

}  // namespace
}  // namespace crosslift
