// How much likeness counts for new items: the choice on the newest baskets against a plain loop over them.
#include "support/pair_shop.hpp"

#include <crosslift/cold_start.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace crosslift {
namespace {

using namespace testing;

// HR@10 + nDCG of all items of the newest baskets, each hidden in turn, by `model`.
double merit_of(const ComplementModel& model, const CsrView& newest, double& queries) {
    double merit = 0;
    for (std::int64_t row = 0; row < newest.rows; ++row) {
        const auto basket = newest.row(row);
        if (basket.size() < 2) continue;
        for (const std::int32_t target : basket) {
            std::vector<std::int32_t> rest(basket.begin(), basket.end());
            std::erase(rest, target);
            std::vector<float> scores(idx(newest.cols), 0.0F);
            add_basket_scores(model, rest, scores);
            double place = 0;
            for (std::int32_t j = 0; j < newest.cols; ++j) {
                if (std::ranges::count(basket, j) > 0) continue;
                const float other = scores[idx(j)], own = scores[idx(target)];
                place += other > own || (other == own && j < target) ? 1 : 0;
            }
            merit += (place < 10 ? 1 : 0) + 1 / std::log2(place + 2);
            queries += 1;
        }
    }
    return merit;
}

CsrMatrix rows_of(const CsrMatrix& baskets, std::int64_t first, std::int64_t last) {
    CsrMatrix part;
    part.cols = baskets.cols;
    for (std::int64_t row = first; row < last; ++row) {
        const auto basket = baskets.view().row(row);
        part.indices.insert(part.indices.end(), basket.begin(), basket.end());
        part.indptr.push_back(static_cast<std::int64_t>(part.indices.size()));
        ++part.rows;
    }
    return part;
}

// Items i and i ^ 1, which draw each other, share a feature; so does a third of the items a second one, which says
// nothing.
ItemContent paired_content(std::int64_t count, float pair) {
    ItemContent content;
    content.features.rows = count;
    content.features.cols = count + 3;
    for (std::int32_t item = 0; item < count; ++item) {
        content.features.indices.insert(content.features.indices.end(),
                                        {item / 2, static_cast<std::int32_t>(count) + item % 3});
        content.features.values.insert(content.features.values.end(), {pair, std::sqrt(1 - pair * pair)});
        content.features.indptr.push_back(2 * (item + 1));
    }
    return content;
}

// Each of the newest three ninths (11 %) of the baskets is asked of a model of what came before it, as a reader of
// cold_start.hpp would do it.
TEST(ColdStart, ChoosesTheMultipleThatRanksTheNewestBasketsBest) {
    std::vector<double> chosen;
    for (const float pair : {0.95F, 0.7F}) {
        constexpr std::int32_t many = 121;
        const CsrMatrix baskets = pair_shop(900, many, 17);
        const ItemContent content = paired_content(many, pair);
        ComplementOptions options = untuned(3, 60);
        options.min_baskets = 60;
        const auto placed = [&](const CsrMatrix& seen, double similarity, bool tune) {
            return add_cold_items(fit_complement(seen, {}, {}, options), seen, {}, content,
                                  {.tune = tune, .similarity = similarity});
        };
        const double slope = placed(baskets, 1, false).similarity_weight;
        ASSERT_GT(slope, 0);
        for (const double given : {1.0, 0.1}) {
            double best = 0, multiple = 0;
            for (const double tried : {1.0, 3.0, 10.0, 30.0}) {
                double merit = 0, queries = 0;
                std::int64_t end = baskets.rows;
                for (int slice = 0; slice < 3 && queries < 2000; ++slice) {
                    const std::int64_t cut = end - end * 11 / 100;
                    merit += merit_of(placed(rows_of(baskets, 0, cut), given * tried, false),
                                      rows_of(baskets, cut, end), queries);
                    end = cut;
                }
                if (merit > best) {
                    best = merit;
                    multiple = tried;
                }
            }
            EXPECT_NEAR(placed(baskets, given, true).similarity_weight / slope, given * multiple, 1e-9);
            if (given == 1) chosen.push_back(multiple);
        }
        EXPECT_EQ(placed(baskets, 0, true).similarity_weight, 0);
    }
    EXPECT_NE(chosen[0], chosen[1]);
}

}  // namespace
}  // namespace crosslift
