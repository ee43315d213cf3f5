// Each trade-up feature against the same number counted from the bare lines.
#include "support/line_shop.hpp"

#include <crosslift/trade_up.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace crosslift {
namespace {

using testing::Item;
using testing::Line;
using Shop = testing::LineShop;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t day = 86400;

Shop random_shop(TimeKind kind) {
    Shop shop;
    std::mt19937 random(11);
    const std::vector<std::string> sizes = {"100 g", "200 g", "1 l", "", "big", "100 g"};
    for (int i = 0; i < 24; ++i) {
        shop.items.push_back({i % 8 == 7 ? "" : "leaf" + std::to_string(i % 3), i % 2 == 0 ? "x" : "y",
                              i % 5 == 4 ? "" : "m" + std::to_string(i % 4), sizes[static_cast<std::size_t>(i) % 6],
                              i == 6 ? nan : 1.0F + 0.5F * static_cast<float>(i)});
    }
    for (int basket = 0; basket < 300; ++basket) {
        const int customer = static_cast<int>(random() % 21) - 1;
        std::set<int> items;
        for (int n = 0; n < 3; ++n) items.insert(static_cast<int>(random() % 23));  // the last item is never sold
        for (const int item : items)
            shop.lines.push_back({customer, basket, item, kind == TimeKind::order ? basket : basket * day / 3});
    }
    shop.build(kind);
    return shop;
}

AlsModel random_taste(const Shop& shop) {
    AlsModel taste;
    taste.customer_factors = Matrix(shop.history.customers, 3);
    taste.item_factors = Matrix(shop.history.items(), 3);
    std::mt19937 random(2);
    for (Matrix* factors : {&taste.customer_factors, &taste.item_factors})
        for (std::int64_t r = 0; r < factors->rows(); ++r)
            for (float& value : factors->row(r)) value = static_cast<float>(random() % 17) / 8.0F - 1.0F;
    return taste;
}

/// Every feature of (item, candidate, customer), counted from the lines alone. NaN = unknown.
std::map<std::string, double> count_features(const Shop& shop, const AlsModel& taste, bool dates, int item,
                                             int candidate, std::int32_t customer) {
    std::map<std::string, double> wanted;
    const Item& from = shop.items[static_cast<std::size_t>(item)];
    const Item& to = shop.items[static_cast<std::size_t>(candidate)];
    std::int64_t latest = 0;
    for (const Line& line : shop.lines) latest = std::max(latest, line.time);
    double sales[4] = {};
    double maker_purchases = 0;
    std::set<int> of_item, of_candidate;
    for (const Line& line : shop.lines) {
        if (line.item == candidate) {
            const double age = static_cast<double>(latest - line.time) / static_cast<double>(day);
            sales[0] += 1;
            for (int h = 0; h < 3; ++h) sales[h + 1] += dates ? std::pow(0.5, age / std::vector{7., 28., 90.}[h]) : 0;
            if (line.customer >= 0) of_candidate.insert(line.customer);
        }
        if (line.item == item && line.customer >= 0) of_item.insert(line.customer);
        const Item& bought = shop.items[static_cast<std::size_t>(line.item)];
        if (line.customer == customer && customer >= 0 && bought.leaf == to.leaf && !to.leaf.empty() &&
            bought.manufacturer == to.manufacturer && !to.manufacturer.empty())
            maker_purchases += 1;
    }
    double both = 0;
    for (const int buyer : of_item) both += of_candidate.contains(buyer) ? 1 : 0;
    const auto product = [](std::span<const float> a, std::span<const float> b) {
        double sum = 0;
        for (std::size_t n = 0; n < a.size(); ++n) sum += static_cast<double>(a[n]) * static_cast<double>(b[n]);
        return sum;
    };
    const Matrix& y = taste.item_factors;
    const char* names[] = {"baskets", "sales_7d", "sales_28d", "sales_90d"};
    for (int n = 0; n < 4; ++n) wanted[names[n]] = std::log(1 + sales[n]);
    wanted["common_buyers"] = from.leaf == to.leaf && !to.leaf.empty() && both > 0
                                  ? both / std::sqrt(static_cast<double>(of_item.size() * of_candidate.size()))
                                  : 0;
    wanted["taste_cosine"] = product(y.row(item), y.row(candidate)) /
                             std::sqrt(product(y.row(item), y.row(item)) * product(y.row(candidate), y.row(candidate)));
    wanted["taste"] = customer < 0 ? 0 : product(taste.customer_factors.row(customer), y.row(candidate));
    wanted["price_level"] = customer < 0 || to.leaf.empty()
                                ? 0
                                : shop.price.willingness_to_pay(customer, shop.catalog.leaf(candidate)).mean *
                                      static_cast<double>(shop.price.item_level[static_cast<std::size_t>(candidate)]);
    wanted["price_ratio"] = std::log(static_cast<double>(to.price) / static_cast<double>(from.price));
    wanted["maker_purchases"] = std::log(1 + maker_purchases);
    wanted["same_maker"] = !to.manufacturer.empty() && from.manufacturer == to.manufacturer ? 1 : 0;
    wanted["same_brand"] = from.brand == to.brand ? 1 : 0;
    wanted["same_pack_size"] = !to.size.empty() && from.size == to.size ? 1 : 0;
    const auto grams = [](const Item& i) { return i.size == "100 g" ? 100.0 : i.size == "200 g" ? 200.0 : 0.0; };
    wanted["pack_size_ratio"] = grams(from) > 0 && grams(to) > 0 ? std::log(grams(to) / grams(from)) : 0;
    return wanted;
}

/// Utility of each candidate under a weight of 1 on one feature: the feature minus its mean over the known ones.
std::vector<double> centred(const std::vector<double>& values) {
    double sum = 0, known = 0;
    for (const double value : values)
        if (!std::isnan(value)) {
            sum += value;
            known += 1;
        }
    std::vector<double> result;
    for (const double value : values) result.push_back(std::isnan(value) ? 0 : value - sum / known);
    return result;
}

void compare_features(TimeKind kind) {
    const Shop shop = random_shop(kind);
    const AlsModel taste = random_taste(shop);
    const auto facts = make_trade_up_facts(shop.history, shop.catalog, shop.price, taste);
    std::vector<std::int32_t> candidates;
    const std::vector<std::int32_t> queries = {0, 3, 12, 15};
    for (std::int32_t i = 0; i < 24; ++i)
        if (std::ranges::count(queries, (i * 7) % 24) == 0) candidates.push_back((i * 7) % 24);
    for (const std::string& feature : trade_up_features()) {
        TradeUpModel model;
        model.weights = {{feature, 1.0}};
        for (const std::int32_t item : queries)
            for (const std::int32_t customer : {0, 7, IdMap::unknown}) {
                std::vector<double> values;
                for (const std::int32_t c : candidates)
                    values.push_back(
                        count_features(shop, taste, kind == TimeKind::timestamp, item, c, customer).at(feature));
                const auto wanted = centred(values);
                const auto found = score_trade_up(model, *facts, item, candidates, customer);
                ASSERT_EQ(found.size(), wanted.size());
                for (std::size_t n = 0; n < wanted.size(); ++n)
                    EXPECT_NEAR(static_cast<double>(found[n]), wanted[n], 2e-5)
                        << feature << " of " << candidates[n] << " from " << item << " by " << customer;
            }
    }
}

TEST(TradeUpFeatures, FeaturesAreWhatTheLinesSay) {
    compare_features(TimeKind::timestamp);
}

TEST(TradeUpFeatures, RecencyIsOffWhereTimesAreAnOrder) {
    compare_features(TimeKind::order);
}

TEST(TradeUpFeatures, WithoutManufacturersTheBrandIsTheMaker) {
    Shop shop = random_shop(TimeKind::timestamp);
    for (Item& item : shop.items) item.manufacturer = "";
    CatalogTable table = shop.catalog.table();
    table.manufacturer = {};
    for (std::int32_t i = 0; i < shop.catalog.size(); ++i) table.item.push_back(shop.catalog.items()[i]);
    const auto facts = make_trade_up_facts(shop.history, Catalog(std::move(table)), shop.price, {});
    TradeUpModel model;
    model.weights = {{"same_maker", 1.0}, {"same_brand", -1.0}};
    for (const float score : score_trade_up(model, *facts, 0, std::vector<std::int32_t>{3, 9, 12, 18}, 1))
        EXPECT_EQ(score, 0.0F);
}

}  // namespace
}  // namespace crosslift
