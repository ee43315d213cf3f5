// What holds for every offer of every query, checked from catalog and receipts alone, and random questions to ask.
#pragma once

#include "support/bundled_shop.hpp"

#include <crosslift/offers.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace crosslift::testing {

/// A basket, a customer and a query, drawn so that each option and each oddity turns up.
struct Question {
    std::vector<std::string> basket;
    std::string customer;
    OfferQuery query;
};

class Questioner {
public:
    Questioner(const OfferEngine& engine, std::uint64_t seed) : models_(engine.models()), random_(seed) {}

    int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }

    std::string item() {
        if (below(25) == 0) return "no such item";
        return std::string(models_.catalog.items()[below(models_.catalog.size())]);
    }

    /// Sold more, drawn more.
    std::string sold_item() {
        const auto& cells = models_.history.baskets.indices;
        return below(10) == 0 ? item() : std::string(models_.catalog.items()[cells[random_() % cells.size()]]);
    }

    std::string customer() {
        const int of = below(8);
        if (of < 3 || models_.customers.size() == 0) return "";
        return of == 3 ? "nobody" : std::string(models_.customers[below(models_.customers.size())]);
    }

    std::vector<std::string> basket() {
        std::vector<std::string> items;
        for (int left = below(8) == 0 ? 0 : 1 + below(5); left > 0; --left) items.push_back(sold_item());
        if (!items.empty() && below(4) == 0) items.push_back(items.front());
        return items;
    }

    OfferQuery query() {
        OfferQuery query;
        query.k = std::array{1, 3, 10, 1'000'000}[static_cast<std::size_t>(below(4))];
        if (below(2) == 0) query.objective = below(2) == 0 || !knows_margins() ? Objective::revenue : Objective::margin;
        query.max_per_category = below(3);
        query.allow_same_category = below(4) == 0;
        query.allow_bought = below(3) == 0;
        query.only_new_categories = below(6) == 0;
        query.min_support = below(4);
        query.min_g2 = std::array{0.0, 3.84, 10.83}[static_cast<std::size_t>(below(3))];
        query.min_relevance = std::array{0.0, 0.05, 0.4}[static_cast<std::size_t>(below(3))];
        if (below(3) == 0) query.exclude = {item(), item()};
        if (below(5) == 0)
            for (int n = 0; n < 8; ++n)
                if (std::string id = item(); std::ranges::count(query.exclude, id) == 0) query.allow.push_back(id);
        query.upsell_by = std::array{UpsellBy::price, UpsellBy::unit_price,
                                     UpsellBy::tier}[static_cast<std::size_t>(std::max(0, below(5) - 2))];
        if (below(3) == 0) query.max_price_ratio = 1.05 + below(40) / 10.0;
        if (below(6) == 0) query.min_value_ratio = 0.1;
        if (below(3) == 0) query.budget = static_cast<float>(below(200)) / 10;
        query.price_quantile = below(3) == 0 ? 1 : 0.95;
        query.personalization = below(4) / 3.0;
        query.popularity = below(3) / 2.0;
        if (below(5) == 0) query.attribute_weights = {{"strength", 1.0}};
        if (below(4) == 0 && models_.history.basket_count() > 0 && !models_.history.time.empty())
            query.as_of = models_.history.time[random_() % models_.history.time.size()];
        if (below(3) == 0) query.offer_cost = below(10) / 20.0;
        if (below(3) == 0) query.discount = below(5) / 10.0;
        query.incrementality = below(3) == 0 ? 0.5 : 1;
        query.sale_loss_risk = below(4) == 0 ? 0.1 : 0;
        if (below(4) == 0) query.rules = rules(query);
        return query;
    }

    Question question() { return {basket(), customer(), query()}; }

private:
    bool knows_margins() const {
        return !models_.catalog.margin().empty() ||
               (!models_.catalog.cost().empty() && !models_.catalog.price().empty());
    }

    std::vector<OfferRule> rules(const OfferQuery& query) {
        std::vector<OfferRule> rules;
        if (const std::string denied = item(); true)
            rules.push_back({.action = OfferRule::Action::deny, .item = denied});
        for (int n = 0; n < 2; ++n) {
            OfferRule rule{.item = item(), .cap = 1 + below(2)};
            if (rule.item == rules.front().item || std::ranges::count(query.exclude, rule.item) > 0) continue;
            if (n == 1) {
                rule.action = OfferRule::Action::attach;
                rule.with_item = sold_item();
            }
            rules.push_back(rule);
        }
        return rules;
    }

    const OfferModels& models_;
    std::mt19937_64 random_;
};

/// Checks one engine's answers; failures go to GoogleTest.
class Invariants {
public:
    explicit Invariants(const OfferEngine& engine) : models_(engine.models()) {}

    std::int32_t row(const std::string& item) const { return models_.catalog.items().find(item); }

    float list_price(const std::string& item) const {
        const auto prices = models_.catalog.price();
        return prices.empty() ? std::nanf("") : prices[static_cast<std::size_t>(row(item))];
    }
    float tier(const std::string& item) const {
        const auto tiers = models_.catalog.tier();
        return tiers.empty() ? std::nanf("") : tiers[static_cast<std::size_t>(row(item))];
    }
    /// Path of the leaf, "" without one.
    std::string leaf(const std::string& item) const {
        const std::int32_t leaf = row(item) < 0 ? IdMap::unknown : models_.catalog.leaf(row(item));
        return leaf == IdMap::unknown ? "" : std::string(models_.catalog.leaves()[leaf]);
    }
    std::string leaf_name(const std::string& item) const {
        const std::string path = leaf(item);
        const std::size_t at = path.rfind(" > ");
        return at == std::string::npos ? path : path.substr(at + 3);
    }
    bool grouped(const IdColumn& column, const std::string& a, const std::string& b) const {
        if (column.empty() || row(a) < 0 || row(b) < 0) return false;
        const std::int32_t group = column.rows[static_cast<std::size_t>(row(a))];
        return group != IdMap::unknown && group == column.rows[static_cast<std::size_t>(row(b))];
    }
    bool one_ladder(const std::string& a, const std::string& b) const {
        return grouped(models_.catalog.ladder(), a, b);
    }
    bool substitutes(const std::string& a, const std::string& b) const {
        return (!leaf_name(a).empty() && leaf_name(a) == leaf_name(b)) || one_ladder(a, b);
    }

    /// True of every kind of offer.
    void any(const Offer& offer, const Question& asked) const {
        const OfferQuery& query = asked.query;
        ASSERT_GE(row(offer.item), 0);
        EXPECT_TRUE(models_.catalog.available(row(offer.item))) << offer.item;
        for (const std::string& item : asked.basket) {
            EXPECT_NE(offer.item, item);
            EXPECT_FALSE(grouped(models_.catalog.variant(), item, offer.item)) << offer.item;
        }
        EXPECT_EQ(std::ranges::count(query.exclude, offer.item), 0);
        EXPECT_TRUE(query.allow.empty() || std::ranges::count(query.allow, offer.item) > 0) << offer.item;
        for (const OfferRule& rule : query.rules)
            EXPECT_FALSE(rule.action == OfferRule::Action::deny && rule.item == offer.item) << offer.item;
        if (std::isfinite(query.budget)) {
            EXPECT_LE(offer.price, query.budget) << offer.item;
        }
        EXPECT_TRUE(std::isfinite(offer.score)) << offer.item;
        EXPECT_TRUE(offer.relevance >= 0 && offer.relevance <= 1) << offer.relevance;
        EXPECT_FALSE(offer.probability < 0 || offer.probability > 1 + 1e-9) << offer.probability;
        EXPECT_FALSE(offer.name.empty());
        double sum = 0;
        for (const Reason& reason : offer.reasons) {
            sum += reason.is_share ? reason.value : 0;
            EXPECT_TRUE(std::isfinite(reason.value)) << reason.fact;
        }
        EXPECT_NEAR(sum, offer.score, 1e-5 * std::abs(offer.score) + 1e-9) << offer.item;
        EXPECT_TRUE(offer.sentence.ends_with('.')) << offer.sentence;
        EXPECT_FALSE(std::regex_search(offer.sentence, std::regex("\\b(nan|inf|1 baskets)\\b"))) << offer.sentence;
        EXPECT_FALSE(explain(offer).empty());
    }

    void list(const std::vector<Offer>& offers, const Question& asked, int k) const {
        std::set<std::string> seen;
        EXPECT_LE(offers.size(), static_cast<std::size_t>(k));
        for (const Offer& offer : offers) {
            any(offer, asked);
            EXPECT_TRUE(seen.insert(offer.item).second) << offer.item << " twice";
        }
    }

    static bool by_rule(const Offer& offer) {
        return std::ranges::any_of(
            offer.flags, [](OfferFlag flag) { return flag == OfferFlag::pinned || flag == OfferFlag::attached; });
    }

    void cross_sell(const std::vector<Offer>& offers, const Question& asked) const {
        std::multiset<std::string> leaves;
        for (const Offer& offer : offers) {
            EXPECT_FALSE(offer.expected_margin <= 0) << offer.item;
            if (!asked.query.allow_same_category)
                for (const std::string& item : asked.basket) {
                    EXPECT_FALSE(substitutes(item, offer.item)) << offer.item;
                }
            if (!leaf_name(offer.item).empty()) leaves.insert(leaf_name(offer.item));
            if (by_rule(offer)) continue;
            EXPECT_GE(offer.support(), std::max<std::int64_t>(asked.query.min_support, 1)) << offer.item;
            EXPECT_GT(offer.lift(), 1) << offer.item;
            EXPECT_GE(offer.evidence.g2, asked.query.min_g2) << offer.item;
            EXPECT_GE(offer.relevance, asked.query.min_relevance - 1e-6);
            counted(offer);
        }
        if (asked.query.max_per_category > 0)
            for (const std::string& leaf : leaves) {
                EXPECT_LE(static_cast<int>(leaves.count(leaf)), asked.query.max_per_category) << leaf;
            }
    }

    /// Counts of the receipts, one by one; for engines whose context is the receipt.
    void counted(const Offer& offer) const {
        if (models_.options.context.context != Context::basket) return;
        const CsrView receipts = models_.history.baskets;
        const std::int32_t first = row(offer.anchor), second = row(offer.item);
        std::int64_t both = 0, firsts = 0, seconds = 0;
        for (std::int64_t basket = 0; basket < receipts.rows; ++basket) {
            const auto items = receipts.row(basket);
            const bool a = std::ranges::find(items, first) != items.end();
            const bool b = std::ranges::find(items, second) != items.end();
            both += a && b;
            firsts += a;
            seconds += b;
        }
        EXPECT_EQ(offer.evidence.together, both) << offer.item;
        EXPECT_EQ(offer.evidence.first, firsts) << offer.item;
        EXPECT_EQ(offer.evidence.second, seconds) << offer.item;
        EXPECT_EQ(offer.evidence.baskets, receipts.rows);
        EXPECT_NEAR(offer.lift(),
                    static_cast<double>(both) * static_cast<double>(receipts.rows) /
                        (static_cast<double>(firsts) * static_cast<double>(seconds)),
                    1e-9 * offer.lift());
    }

    void upsell(const std::vector<Offer>& offers, const std::string& item, const OfferQuery& query) const {
        for (const Offer& offer : offers) {
            EXPECT_FALSE(offer.expected_margin < 0 ||
                         (offer.expected_margin == 0 && query.objective != Objective::revenue))
                << offer.item;
            EXPECT_TRUE((!leaf(item).empty() && leaf(item) == leaf(offer.item)) || one_ladder(item, offer.item))
                << offer.item;
            const float old_price = list_price(item);
            if (!std::isnan(old_price) && !std::isnan(offer.price)) {
                EXPECT_GT(offer.price, old_price) << offer.item;
                EXPECT_NEAR(offer.price_difference, offer.price - old_price, 1e-5F * offer.price);
            } else {
                EXPECT_GT(tier(offer.item), tier(item)) << offer.item;
            }
            if (one_ladder(item, offer.item)) {
                EXPECT_FALSE(tier(offer.item) <= tier(item)) << offer.item;
            }
            if (query.upsell_by == UpsellBy::price && old_price > 0) {
                EXPECT_GE(offer.price / old_price, query.min_price_ratio - 1e-5);
                EXPECT_LE(offer.price / old_price, query.max_price_ratio + 1e-5);
            }
            for (const Attribute& it : models_.catalog.attributes()) {
                const float was = it.values[static_cast<std::size_t>(row(item))];
                const float is = it.values[static_cast<std::size_t>(row(offer.item))];
                const bool higher = it.direction == Attribute::Direction::higher_is_better;
                if (it.must_have) {
                    EXPECT_FALSE(higher ? is < was : is > was) << offer.item;
                }
            }
        }
    }

private:
    const OfferModels& models_;
};

}  // namespace crosslift::testing
