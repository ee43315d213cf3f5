// Splitting purchases at one point in time.
#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace crosslift {
namespace {

Transactions baskets_at(const std::vector<std::int64_t>& times, TimeKind kind = TimeKind::order) {
    TransactionTable table;
    table.time_kind = kind;
    for (std::size_t n = 0; n < times.size(); ++n) {
        for (const char* item : {"011", "12"}) {
            table.customer.push_back(n % 2 == 0 ? "k" : "");
            table.basket.push_back("b" + std::to_string(n));
            table.item.push_back(item);
            if (kind != TimeKind::none) table.time.push_back(times[n]);
            table.unit_price.push_back(2.5F);
        }
    }
    return Transactions(std::move(table));
}

TEST(TimeSplit, TheNewestShareOfBasketsIsLaterAndNoneIsLost) {
    std::vector<std::int64_t> times;
    for (int n = 0; n < 100; ++n) times.push_back((n * 37) % 100);  // not in order
    const Transactions all = baskets_at(times);
    const TimeSplit split = split_by_time(all, 0.2);
    EXPECT_EQ(split.cut, 80);
    EXPECT_EQ(split.earlier.baskets().size(), 80);
    EXPECT_EQ(split.later.baskets().size(), 20);
    EXPECT_EQ(split.earlier.size() + split.later.size(), all.size());
    for (const std::int64_t time : split.earlier.time()) EXPECT_LT(time, split.cut);
    for (const std::int64_t time : split.later.time()) EXPECT_GE(time, split.cut);
    for (std::int32_t b = 0; b < split.later.baskets().size(); ++b) {
        EXPECT_EQ(split.earlier.baskets().find(split.later.baskets()[b]), IdMap::unknown);
    }
    EXPECT_EQ(split.later.items()[0], "011");
    EXPECT_EQ(split.later.unit_price()[0], 2.5F);
    EXPECT_EQ(split.later.time_kind(), TimeKind::order);
}

TEST(TimeSplit, BasketsOfOneTimeStayTogether) {
    const TimeSplit split = split_by_time(baskets_at({1, 1, 1, 2, 2, 2, 2, 3, 3, 3}), 0.5);
    EXPECT_EQ(split.cut, 2);
    EXPECT_EQ(split.earlier.baskets().size(), 3);
    EXPECT_EQ(split.later.baskets().size(), 7);
}

TEST(TimeSplit, TheShareIsRoundedToWholeBaskets) {
    EXPECT_EQ(split_by_time(baskets_at({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), 0.9).earlier.baskets().size(), 1);
    EXPECT_EQ(split_by_time(baskets_at({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), 0.01).later.baskets().size(), 1);
}

TEST(TimeSplit, WhatCannotBeSplitIsAClearError) {
    EXPECT_THROW(split_by_time(baskets_at({1, 2, 3}, TimeKind::none), 0.5), DataError);
    EXPECT_THROW(split_by_time(baskets_at({5, 5, 5}), 0.5), DataError);
    for (const double share : {0.0, 1.0, -0.1, 2.0, std::numeric_limits<double>::quiet_NaN()}) {
        EXPECT_THROW(split_by_time(baskets_at({1, 2, 3}), share), InvalidArgument) << share;
    }
}

TEST(TimeSplit, IntegerIdsStayIntegers) {
    TransactionTable table;
    table.time_kind = TimeKind::order;
    table.item.ids.integers = true;
    for (int n = 0; n < 10; ++n) {
        table.basket.push_back("b" + std::to_string(n));
        table.item.push_back(std::to_string(n % 3));
        table.time.push_back(n);
    }
    const TimeSplit split = split_by_time(Transactions(std::move(table)), 0.3);
    EXPECT_TRUE(split.earlier.items().integers);
    EXPECT_TRUE(split.later.items().integers);
    EXPECT_FALSE(split.later.baskets().integers);
}

}  // namespace
}  // namespace crosslift
