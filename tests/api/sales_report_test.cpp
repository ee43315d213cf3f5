// R21: numbers that were worked out by hand, intervals that hold them, and documented answers where data are missing.
#include <crosslift/error.hpp>
#include <crosslift/sales_report.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>

namespace crosslift {
namespace {

struct Line {
    const char* customer;
    const char* basket;
    const char* item;
    int day;
    float quantity, price;
};

// Wine costs 10 or 20, cheese 5; margin is half of the price.
Catalog catalog() {
    CatalogTable table;
    table.category.resize(1);
    const auto add = [&](const char* item, const char* leaf, float price) {
        table.item.push_back(item);
        table.category[0].push_back(leaf);
        table.price.push_back(price);
        table.cost.push_back(price / 2);
    };
    add("red", "wine", 10);
    add("grand cru", "wine", 20);
    add("brie", "cheese", 5);
    return Catalog(std::move(table));
}

Transactions purchases(bool dated = true) {
    // a: red; a year later grand cru and brie: traded up. b: red twice: did not. One unknown: brie.
    const Line lines[] = {{"a", "1", "red", 0, 1, 10},   {"a", "2", "grand cru", 365, 1, 20},
                          {"a", "2", "brie", 365, 2, 5}, {"b", "3", "red", 10, 1, 10},
                          {"b", "4", "red", 20, 3, 10},  {"", "5", "brie", 30, 1, 5}};
    TransactionTable table;
    if (dated) table.time_kind = TimeKind::timestamp;
    for (const Line& it : lines) {
        table.customer.push_back(it.customer);
        table.basket.push_back(it.basket);
        table.item.push_back(it.item);
        if (dated) table.time.push_back(it.day * 86400LL);
        table.quantity.push_back(it.quantity);
        table.unit_price.push_back(it.price);
    }
    return Transactions(std::move(table));
}

std::map<std::string, Estimate> row(const EvaluationReport& report, std::size_t n) {
    return {report.methods.at(n).metrics.begin(), report.methods.at(n).metrics.end()};
}

TEST(R21_SalesReport, NumbersAreThoseWorkedOutByHand) {
    const EvaluationReport report = report_sales(purchases(), catalog());
    auto all = row(report, 0);
    EXPECT_DOUBLE_EQ(all["order_value"].value, (10 + 30 + 10 + 30 + 5) / 5.0);
    EXPECT_DOUBLE_EQ(all["items_per_basket"].value, 6 / 5.0);
    EXPECT_DOUBLE_EQ(all["attach_rate"].value, 1 / 5.0);
    EXPECT_DOUBLE_EQ(all["trade_up_rate"].value, 1 / 2.0);
    EXPECT_DOUBLE_EQ(all["margin_per_order"].value, (5 + 15 + 5 + 15 + 2.5) / 5.0);
    EXPECT_DOUBLE_EQ(all["spend_per_customer"].value, (10 + 30 + 10 + 30) / 2.0);
    EXPECT_DOUBLE_EQ(all["retention"].value, 1);
    EXPECT_EQ(report.queries, 5);
    EXPECT_EQ(report.clusters, 3);
    auto fresh = row(report, 1), returning = row(report, 2);
    EXPECT_DOUBLE_EQ(fresh["order_value"].value, 10);
    EXPECT_DOUBLE_EQ(returning["order_value"].value, 30);
    EXPECT_DOUBLE_EQ(returning["trade_up_rate"].value, 0.5);
    EXPECT_TRUE(std::isnan(fresh["trade_up_rate"].value));
    EXPECT_DOUBLE_EQ(returning["yearly_value"].value, 30);  // the time covered is one year
}

TEST(R21_SalesReport, IntervalsHoldTheirNumberAndDoNotDependOnThreads) {
    const EvaluationReport one = report_sales(purchases(), catalog(), {.bootstrap = 200, .threads = 1});
    const EvaluationReport two = report_sales(purchases(), catalog(), {.bootstrap = 200, .threads = 2});
    for (const auto& [name, estimate] : one.methods[0].metrics) {
        EXPECT_LE(estimate.low, estimate.value) << name;
        EXPECT_GE(estimate.high, estimate.value) << name;
    }
    EXPECT_EQ(one.json(), two.json());
}

TEST(R21_SalesReport, WhatTheDataDoNotTellIsNotANumber) {
    auto bare = row(report_sales(purchases(false)), 0);
    EXPECT_DOUBLE_EQ(bare["order_value"].value, 17);
    EXPECT_TRUE(std::isnan(bare["margin_per_order"].value));
    EXPECT_TRUE(std::isnan(bare["trade_up_rate"].value));
    EXPECT_TRUE(std::isnan(bare["yearly_value"].value));
    EXPECT_THROW(report_sales(purchases(), {}, {.min_price_ratio = 1}), InvalidArgument);
    EXPECT_THROW(report_sales(purchases(), {}, {.bootstrap = -1}), InvalidArgument);
}

}  // namespace
}  // namespace crosslift
