#include <crosslift/error.hpp>
#include <crosslift/history.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

namespace crosslift {
namespace {

struct Line {
    std::string customer, basket, item;
    std::int64_t time;
    float quantity, price;
};

// Lines of a random shop; those of a basket are scattered, and its time and customer stand on some lines only.
std::vector<Line> random_lines(std::uint64_t seed, int count) {
    std::mt19937_64 random(seed);
    std::vector<Line> lines;
    for (int n = 0; n < count; ++n) {
        const auto basket = random() % 60;
        lines.push_back({basket % 3 == 0 || random() % 5 == 0 ? "" : "k" + std::to_string(basket % 7),
                         "b" + std::to_string(basket), "i" + std::to_string(random() % 25),
                         static_cast<std::int64_t>(basket * 7919 % 40), static_cast<float>(1 + random() % 4),
                         random() % 6 == 0 ? std::nanf("") : static_cast<float>(random() % 100) / 4});
    }
    return lines;
}

Transactions transactions_of(const std::vector<Line>& lines, TimeKind kind = TimeKind::order) {
    TransactionTable table;
    table.time_kind = kind;
    for (const Line& line : lines) {
        table.customer.push_back(line.customer);
        table.basket.push_back(line.basket);
        table.item.push_back(line.item);
        if (kind != TimeKind::none) table.time.push_back(line.time);
        table.quantity.push_back(line.quantity);
        table.unit_price.push_back(line.price);
    }
    return Transactions(std::move(table));
}

struct Basket {
    std::string customer;
    std::int64_t time = 0;
    std::map<std::int32_t, std::pair<float, std::vector<float>>> items;  // row: quantity, known prices
};

// The baskets in their order, by the words of the header, with ordered maps.
std::vector<Basket> reference(const std::vector<Line>& lines, const IdMap& items) {
    std::vector<std::string> order;
    std::map<std::string, Basket> baskets;
    for (const Line& line : lines) {
        if (!baskets.contains(line.basket)) order.push_back(line.basket);
        Basket& basket = baskets[line.basket];
        if (basket.customer.empty()) basket.customer = line.customer;
        basket.time = line.time;
        const std::int32_t row = items.find(line.item);
        if (row == IdMap::unknown) continue;
        basket.items[row].first += line.quantity;
        if (!std::isnan(line.price)) basket.items[row].second.push_back(line.price);
    }
    std::vector<Basket> out;
    for (const std::string& id : order) {
        if (!baskets[id].items.empty()) out.push_back(baskets[id]);
    }
    std::stable_sort(out.begin(), out.end(), [](const Basket& a, const Basket& b) { return a.time < b.time; });
    return out;
}

TEST(History, AgreesWithBasketsGatheredByHand) {
    for (const std::uint64_t seed : {1, 2, 3}) {
        const auto lines = random_lines(seed, 700);
        const Transactions data = transactions_of(lines);
        IdMap items;  // other rows than in the transactions, some items unknown
        for (int n = 20; n >= 0; --n) items.add("i" + std::to_string(n));
        IdMap customers;
        for (const char* id : {"k6", "new", "k1", "k2", "k3", "k4"}) customers.add(id);
        const PurchaseHistory history = make_history(data, items, customers);
        const auto wanted = reference(lines, items);
        ASSERT_EQ(history.basket_count(), static_cast<std::int64_t>(wanted.size()));
        EXPECT_EQ(history.items(), items.size());
        EXPECT_NO_THROW(check(history.baskets));
        for (std::size_t n = 0; n < wanted.size(); ++n) {
            EXPECT_EQ(history.time[n], wanted[n].time);
            EXPECT_EQ(history.customer[n], wanted[n].customer.empty() ? -1 : customers.find(wanted[n].customer));
            const auto row = history.baskets.view().row(static_cast<std::int64_t>(n));
            ASSERT_EQ(row.size(), wanted[n].items.size());
            auto cell = static_cast<std::size_t>(history.baskets.indptr[n]);
            for (const auto& [item, bought] : wanted[n].items) {
                EXPECT_EQ(history.baskets.indices[cell], item);
                EXPECT_EQ(history.baskets.values[cell], bought.first);
                double sum = 0;
                for (const float price : bought.second) sum += price;
                if (bought.second.empty()) {
                    EXPECT_TRUE(std::isnan(history.unit_price[cell]));
                } else {
                    EXPECT_FLOAT_EQ(history.unit_price[cell],
                                    static_cast<float>(sum / static_cast<double>(bought.second.size())));
                }
                ++cell;
            }
        }
    }
}

TEST(History, DerivedTablesAgreeWithABruteForceWalk) {
    const auto lines = random_lines(9, 500);
    const Transactions data = transactions_of(lines);
    const PurchaseHistory history = make_history(data, data.items(), data.customers());
    const CsrView baskets = history.baskets;
    for (std::int32_t item = 0; item < history.items(); ++item) {
        std::vector<std::int32_t> with_item;
        for (std::int32_t basket = 0; basket < history.basket_count(); ++basket) {
            if (std::ranges::count(baskets.row(basket), item) > 0) with_item.push_back(basket);
        }
        EXPECT_TRUE(std::ranges::equal(history.item_baskets.view().row(item), with_item));
    }
    const CsrMatrix bought = customer_items(history);
    EXPECT_NO_THROW(check(bought));
    for (std::int32_t customer = 0; customer < history.customers; ++customer) {
        std::vector<std::int32_t> of_customer;
        std::map<std::int32_t, float> counts;
        for (std::int32_t basket = 0; basket < history.basket_count(); ++basket) {
            if (history.customer[static_cast<std::size_t>(basket)] != customer) continue;
            of_customer.push_back(basket);
            for (const std::int32_t item : baskets.row(basket)) ++counts[item];
        }
        EXPECT_TRUE(std::ranges::equal(history.customer_baskets.view().row(customer), of_customer));
        ASSERT_EQ(bought.view().row(customer).size(), counts.size());
        std::size_t n = 0;
        for (const auto& [item, count] : counts) {
            EXPECT_EQ(bought.view().row(customer)[n], item);
            EXPECT_EQ(bought.view().row_values(customer)[n++], count);
        }
    }
}

TEST(History, WithoutTimesTheOrderOfArrivalStays) {
    const Transactions data = transactions_of({{"k", "b2", "x", 0, 1, 1}, {"k", "b1", "y", 0, 1, 1}}, TimeKind::none);
    const PurchaseHistory history = make_history(data, data.items(), data.customers());
    EXPECT_EQ(history.baskets.indices, (std::vector<std::int32_t>{0, 1}));
    EXPECT_TRUE(history.time.empty());
    EXPECT_EQ(history.latest_time(), unknown_time);
    EXPECT_TRUE(basket_age_days(history, 5).empty());
}

TEST(History, LinesSayWhereAnItemFirstStoodOnItsReceipt) {
    const Transactions data = transactions_of({{"k", "b1", "y", 0, 1, 1},
                                               {"k", "b2", "z", 1, 1, 1},
                                               {"k", "b1", "x", 0, 1, 1},
                                               {"k", "b1", "y", 0, 1, 1},
                                               {"k", "b1", "z", 0, 1, 1}},
                                              TimeKind::timestamp);
    IdMap items;
    for (const char* id : {"x", "y", "z"}) items.add(id);
    const PurchaseHistory history = make_history(data, items, data.customers());
    EXPECT_EQ(history.line, (std::vector<std::int32_t>{1, 0, 3, 0}));
    EXPECT_EQ(earlier(history, 1).line, (std::vector<std::int32_t>{1, 0, 3}));
}

TEST(History, EarlierKeepsTheFirstBaskets) {
    const auto lines = random_lines(4, 300);
    const Transactions data = transactions_of(lines);
    const PurchaseHistory history = make_history(data, data.items(), data.customers());
    for (const std::int64_t end : {std::int64_t{0}, std::int64_t{17}, history.basket_count()}) {
        const PurchaseHistory before = earlier(history, end);
        EXPECT_EQ(before.basket_count(), end);
        EXPECT_EQ(before.items(), history.items());
        EXPECT_EQ(before.customers, history.customers);
        EXPECT_NO_THROW(check(before.baskets));
        for (std::int64_t basket = 0; basket < end; ++basket) {
            EXPECT_TRUE(std::ranges::equal(before.baskets.view().row(basket), history.baskets.view().row(basket)));
        }
        EXPECT_EQ(before.item_baskets.view().nnz(), before.baskets.view().nnz());
    }
    EXPECT_THROW(earlier(history, -1), InvalidArgument);
    EXPECT_THROW(earlier(history, history.basket_count() + 1), InvalidArgument);
}

TEST(History, AgesAreDaysAndNeverNegative) {
    const Transactions data =
        transactions_of({{"k", "b1", "x", 0, 1, 1}, {"k", "b2", "x", 86400 * 3, 1, 1}}, TimeKind::timestamp);
    const PurchaseHistory history = make_history(data, data.items(), data.customers());
    EXPECT_EQ(basket_age_days(history, 86400 * 2), (std::vector<float>{2, 0}));
    EXPECT_EQ(history.latest_time(), 86400 * 3);
}

TEST(History, MedianPricesLeaveOutGiftsAndUnknowns) {
    const float unknown = std::nanf("");
    const Transactions data = transactions_of({{"k", "b", "a", 0, 1, 3},
                                               {"k", "b", "a", 0, 1, 1},
                                               {"k", "b", "a", 0, 1, 0},
                                               {"k", "b", "a", 0, 1, 10},
                                               {"k", "b", "b", 0, 1, 2},
                                               {"k", "b", "b", 0, 1, 5},
                                               {"k", "b", "c", 0, 1, unknown}});
    const auto median = median_prices(data);
    EXPECT_EQ(median[0], 3);
    EXPECT_EQ(median[1], 3.5F);
    EXPECT_TRUE(std::isnan(median[2]));
}

TEST(Evidence, CountsAgreeWithABruteForceCount) {
    const Transactions data = transactions_of(random_lines(12, 900));
    const PurchaseHistory history = make_history(data, data.items(), data.customers());
    for (std::int32_t a = 0; a < history.items(); ++a) {
        for (std::int32_t b = 0; b < history.items(); ++b) {
            Evidence wanted;
            wanted.baskets = history.basket_count();
            for (std::int64_t basket = 0; basket < history.basket_count(); ++basket) {
                const auto row = history.baskets.view().row(basket);
                const bool has_a = std::ranges::count(row, a) > 0;
                const bool has_b = std::ranges::count(row, b) > 0;
                wanted.first += has_a ? 1 : 0;
                wanted.second += has_b ? 1 : 0;
                wanted.together += has_a && has_b ? 1 : 0;
            }
            const Evidence came = evidence(history, a, b);
            ASSERT_EQ(came.together, wanted.together);
            ASSERT_EQ(came.first, wanted.first);
            ASSERT_EQ(came.second, wanted.second);
            ASSERT_EQ(came.baskets, wanted.baskets);
        }
    }
    EXPECT_THROW(evidence(history, 0, static_cast<std::int32_t>(history.items())), InvalidArgument);
    EXPECT_THROW(evidence(history, -1, 0), InvalidArgument);
}

TEST(Evidence, ARareItemBesideACommonOneIsSearchedFor) {
    PurchaseHistory history;
    history.baskets = {4000, 2, {0}, {}, {}};
    std::int64_t together = 0;
    for (int basket = 0; basket < 4000; ++basket) {
        if (basket != 13) history.baskets.indices.push_back(0);
        if (basket % 1000 == 13) history.baskets.indices.push_back(1);
        together += basket % 1000 == 13 && basket != 13 ? 1 : 0;
        history.baskets.indptr.push_back(static_cast<std::int64_t>(history.baskets.indices.size()));
    }
    history.baskets.values.assign(history.baskets.indices.size(), 1.0F);
    history.customer.assign(4000, -1);
    history.index();
    EXPECT_EQ(evidence(history, 0, 1).together, together);
    EXPECT_EQ(evidence(history, 1, 0).together, together);
}

TEST(Evidence, LiftAndG2FromTheirDefinitions) {
    const Evidence came = count_evidence(30, 100, 60, 1000);
    EXPECT_DOUBLE_EQ(came.lift, 0.030 / (0.100 * 0.060));
    // G2 = 2 N * mutual information of the two yes/no facts.
    const double p[2][2] = {{0.030, 0.070}, {0.030, 0.870}};
    const double rows[2] = {0.1, 0.9}, cols[2] = {0.06, 0.94};
    double information = 0;
    for (int r = 0; r < 2; ++r) {
        for (int c = 0; c < 2; ++c) information += p[r][c] * std::log(p[r][c] / (rows[r] * cols[c]));
    }
    EXPECT_NEAR(came.g2, 2000 * information, 1e-9);
    EXPECT_EQ(count_evidence(1, 100, 60, 1000).g2, 0);  // rarer together than by chance
    EXPECT_GT(count_evidence(10, 10, 10, 100).g2, 0);   // empty cells are no trouble
    EXPECT_EQ(count_evidence(0, 0, 5, 10).lift, 0);
    EXPECT_EQ(count_evidence(7, 7, 7, 7).g2, 0);  // always both: nothing is learned
}

TEST(Evidence, ImpossibleCountsAreRefused) {
    EXPECT_THROW(count_evidence(-1, 1, 1, 1), InvalidArgument);
    EXPECT_THROW(count_evidence(2, 1, 3, 9), InvalidArgument);
    EXPECT_THROW(count_evidence(1, 10, 1, 9), InvalidArgument);
    EXPECT_THROW(count_evidence(0, 6, 6, 9), InvalidArgument);
}

}  // namespace
}  // namespace crosslift
