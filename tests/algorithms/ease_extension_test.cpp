// Items beyond ComplementOptions::max_items, against the closed form that holds them all.
#include "support/pair_shop.hpp"

#include <crosslift/cold_start.hpp>
#include <crosslift/complement.hpp>
#include <crosslift/ease.hpp>
#include <crosslift/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <vector>

namespace crosslift {
namespace {

using namespace testing;

constexpr std::int32_t items = 20;

// Item 0 sells best, item 19 worst, every pair was bought together, and each basket holds two of the best at least.
struct Shop {
    CsrMatrix baskets;
    std::vector<float> age_days;
    std::vector<std::int32_t> lines;
    std::vector<std::int64_t> counts;

    Shop() {
        std::mt19937 random(3);
        baskets.rows = 3000;
        baskets.cols = items;
        for (std::int64_t row = 0; row < baskets.rows; ++row) {
            for (std::int32_t item = 0; item < items; ++item) {
                const std::uint32_t share = item < 2 ? 100 : static_cast<std::uint32_t>(82 - 4 * item);
                if (random() % 100 >= share) continue;
                baskets.indices.push_back(item);
                lines.push_back(static_cast<std::int32_t>(random() % 1000));
            }
            baskets.indptr.push_back(static_cast<std::int64_t>(baskets.indices.size()));
            age_days.push_back(static_cast<float>(random() % 300));
        }
        counts = counts_of(baskets);
    }

    // The columns of the `count` best sellers.
    CsrMatrix best(std::int32_t count) const {
        CsrMatrix part;
        part.rows = baskets.rows;
        part.cols = count;
        for (std::int64_t row = 0; row < baskets.rows; ++row) {
            for (const std::int32_t item : baskets.view().row(row))
                if (item < count) part.indices.push_back(item);
            part.indptr.push_back(static_cast<std::int64_t>(part.indices.size()));
        }
        return part;
    }
};

EaseOptions all_options() {
    EaseOptions ease;
    ease.regularization = 30;
    ease.popularity_regularization = 0.2;
    ease.size_exponent = 0.25;
    ease.half_life_days = 200;
    ease.intercept = true;
    ease.intercept_weight = 2;
    ease.line_share = 0.4;
    ease.damping = 0.15;
    return ease;
}

ComplementOptions with_room_for(std::int64_t most, const EaseOptions& ease) {
    ComplementOptions options = untuned(0, 2 * items);
    options.ease = ease;
    options.max_items = most;
    return options;
}

float cell(const CsrMatrix& matrix, std::int64_t row, std::int32_t column) {
    const auto columns = matrix.view().row(row);
    const auto at = std::ranges::lower_bound(columns, column);
    return at != columns.end() && *at == column
               ? matrix.view().row_values(row)[static_cast<std::size_t>(at - columns.begin())]
               : 0.0F;
}

TEST(EaseExtension, OneItemOutsideIsExactlyWhatTheWholeClosedFormSays) {
    const Shop shop;
    for (const bool intercept : {true, false}) {
        EaseOptions ease = all_options();
        ease.intercept = intercept;
        const EaseModel whole = fit_ease(shop.baskets, shop.age_days, ease, {}, shop.lines);
        const ComplementModel model =
            fit_complement(shop.baskets, {}, shop.age_days, with_room_for(items - 1, ease), {}, shop.lines);
        EXPECT_EQ(model.modelled_items, items - 1);
        EXPECT_EQ(model.extended_items, 1);
        constexpr std::int32_t last = items - 1;
        EXPECT_NEAR(model.intercept[last], whole.intercept[last], 2e-6);
        for (std::int32_t item = 0; item < last; ++item) {
            EXPECT_NEAR(cell(model.residuals, item, last), whole.weights.row(item)[last], 2e-6) << item;
            EXPECT_NEAR(cell(model.residuals, last, item), whole.weights.row(last)[idx(item)], 2e-6) << item;
        }
    }
}

TEST(EaseExtension, SixItemsOutsideAreSolvedTogether) {
    const Shop shop;
    EaseOptions ease = all_options();
    ease.size_exponent = 0;  // so that a basket weighs the same with its slow sellers and without
    ease.line_share = 0;
    ease.damping = 0;
    ease.intercept_weight = 1;
    constexpr std::int32_t inside = items - 6;
    const EaseModel whole = fit_ease(shop.baskets, shop.age_days, ease);
    // w_b is rescaled by the cells of the rows, which cancels without a size exponent.
    const EaseModel part = fit_ease(shop.best(inside), shop.age_days, ease);
    const ComplementModel model = fit_complement(shop.baskets, {}, shop.age_days, with_room_for(inside, ease));
    EXPECT_EQ(model.extended_items, 6);
    for (std::int32_t outside = inside; outside < items; ++outside) {
        EXPECT_NEAR(model.intercept[idx(outside)], whole.intercept[idx(outside)], 2e-6);
        for (std::int32_t item = 0; item < items; ++item) {
            const float leads_to_it = whole.weights.row(item)[idx(outside)];
            EXPECT_NEAR(cell(model.residuals, item, outside), leads_to_it, 2e-6) << item << " to " << outside;
            if (item >= inside) continue;
            // P_jj of all items is more than that of those inside; c's own part of the difference is taken.
            const float pivot =
                part.inverse_diagonal[idx(item)] + whole.inverse_diagonal[idx(outside)] * leads_to_it * leads_to_it;
            EXPECT_NEAR(cell(model.residuals, outside, item),
                        whole.weights.row(outside)[idx(item)] * whole.inverse_diagonal[idx(item)] / pivot, 2e-6)
                << outside << " to " << item;
        }
    }
    // What is inside stays as it is without the others.
    for (std::int32_t row = 0; row < inside; ++row)
        for (std::int32_t column = 0; column < inside; ++column)
            EXPECT_NEAR(cell(model.residuals, row, column), part.weights.row(row)[idx(column)], 2e-6);
}

TEST(EaseExtension, KeepsTheLargestCellsOfEachKind) {
    const Shop shop;
    ComplementOptions options = with_room_for(12, all_options());
    const ComplementModel all = fit_complement(shop.baskets, {}, shop.age_days, options, {}, shop.lines);
    options.residuals = 6;
    const ComplementModel few = fit_complement(shop.baskets, {}, shop.age_days, options, {}, shop.lines);
    EXPECT_EQ(all.intercept, few.intercept);
    for (std::int64_t outside = 12; outside < items; ++outside) {
        std::vector<float> sizes;
        for (const float value : all.residuals.view().row_values(outside)) sizes.push_back(std::abs(value));
        std::ranges::sort(sizes, std::greater<>());
        const auto row = few.residuals.view().row(outside);
        ASSERT_LE(row.size(), 3U);
        for (std::size_t n = 0; n < row.size(); ++n) {
            EXPECT_EQ(few.residuals.view().row_values(outside)[n], cell(all.residuals, outside, row[n]));
            EXPECT_GE(std::abs(few.residuals.view().row_values(outside)[n]), sizes[2]);
        }
        std::int64_t leading = 0;
        for (std::int64_t item = 0; item < 12; ++item)
            leading += cell(few.residuals, item, static_cast<std::int32_t>(outside)) != 0 ? 1 : 0;
        EXPECT_LE(leading, 3);
    }
}

// The mate of each slow seller is found among 400 items, of which 40 had room.
TEST(EaseExtension, SlowSellersFindTheirMates) {
    const CsrMatrix baskets = pair_shop(30000, 401, 5);
    const std::vector<std::int64_t> counts = counts_of(baskets);
    ComplementOptions options = untuned(8, 64);
    options.min_baskets = 3;
    options.max_items = 40;
    const ComplementModel model = fit_complement(baskets, {}, {}, options);
    EXPECT_EQ(model.modelled_items, 40);
    EXPECT_GT(model.extended_items, 300);
    int asked = 0, found = 0;
    for (std::int32_t item = 0; item < 400; ++item) {
        if (counts[idx(item)] < 10 || counts[idx(item ^ 1)] < 10) continue;
        std::vector<float> scores(401, 0.0F);
        add_basket_scores(model, std::vector<std::int32_t>{item}, scores);
        scores[idx(item)] = -1;
        ++asked;
        found += std::ranges::max_element(scores) - scores.begin() == (item ^ 1) ? 1 : 0;
    }
    EXPECT_GT(asked, 350);
    EXPECT_EQ(found, asked);
}

TEST(EaseExtension, ItemsThatAlwaysGoTogetherStayFinite) {
    CsrMatrix baskets;
    baskets.rows = 200;
    baskets.cols = 12;
    for (std::int32_t row = 0; row < baskets.rows; ++row) {
        for (std::int32_t item = 0; item < 2; ++item) baskets.indices.push_back(item);
        for (std::int32_t item = 0; item < 5 && row < 50; ++item) baskets.indices.push_back(2 + row % 2 * 5 + item);
        baskets.indptr.push_back(static_cast<std::int64_t>(baskets.indices.size()));
    }
    EaseOptions ease;
    ease.regularization = 1e-3;
    ease.intercept = true;
    ComplementOptions options = with_room_for(2, ease);
    const ComplementModel model = fit_complement(baskets, {}, {}, options);
    EXPECT_EQ(model.extended_items, 10);
    for (const float value : model.residuals.values) {
        EXPECT_TRUE(std::isfinite(value));
        EXPECT_LT(std::abs(value), 10);
    }
    // Of five that always go together each says the same of a sixth: a quarter of it each.
    EXPECT_NEAR(cell(model.residuals, 2, 3), 0.25, 0.01);
}

TEST(EaseExtension, OptionsAreCheckedAsForTheClosedForm) {
    const Shop shop;
    const auto refused = [&](const std::function<void(EaseOptions&)>& change) {
        EaseOptions ease;
        change(ease);
        EXPECT_THROW(fit_complement(shop.baskets, {}, {}, with_room_for(12, ease)), InvalidArgument);
    };
    refused([](EaseOptions& ease) { ease.half_life_days = 90; });  // no ages came
    refused([](EaseOptions& ease) { ease.line_share = 0.5; });     // no lines came
    refused([](EaseOptions& ease) { ease.regularization = 0; });
    refused([](EaseOptions& ease) { ease.damping = 2; });
}

TEST(EaseExtension, AnyNumberOfResidualsKeepsAll) {
    const Shop shop;
    ComplementOptions options = with_room_for(12, all_options());
    const ComplementModel all = fit_complement(shop.baskets, {}, shop.age_days, options, {}, shop.lines);
    options.residuals = 1e30;
    const ComplementModel more = fit_complement(shop.baskets, {}, shop.age_days, options, {}, shop.lines);
    EXPECT_EQ(all.residuals.indices, more.residuals.indices);
    EXPECT_EQ(all.residuals.values, more.residuals.values);
}

TEST(EaseExtension, WithoutResidualsSlowSellersAreLeftToTheirContent) {
    const Shop shop;
    ComplementOptions options = untuned(4, 0);
    options.max_items = 12;
    const ComplementModel model = fit_complement(shop.baskets, {}, {}, options);
    EXPECT_EQ(model.extended_items, 0);
    EXPECT_TRUE(model.residuals.values.empty());

    ItemContent content;
    content.features.rows = items;
    content.features.cols = 1;
    for (std::int32_t item = 0; item < items; ++item) {
        content.features.indices.push_back(0);
        content.features.values.push_back(1);
        content.features.indptr.push_back(item + 1);
    }
    EXPECT_EQ(add_cold_items(model, shop.baskets, {}, content).cold_items, items - 12);
    options.residuals = 8;
    const ComplementModel extended = fit_complement(shop.baskets, {}, {}, options);
    EXPECT_EQ(extended.extended_items, items - 12);
    EXPECT_EQ(add_cold_items(extended, shop.baskets, {}, content).cold_items, 0);
}

}  // namespace
}  // namespace crosslift
