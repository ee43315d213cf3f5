// Plain baskets for the tests of what goes together, and EASE's own answer to them.
#pragma once

#include <crosslift/complement.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace crosslift::testing {

inline std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

// Baskets in which item i draws i ^ 1; low rows sell more; the last item is never sold.
inline CsrMatrix pair_shop(std::int64_t baskets, std::int32_t items, std::uint32_t seed) {
    std::mt19937 random(seed);
    CsrMatrix rows;
    rows.rows = baskets;
    rows.cols = items;
    const auto below = [&](std::int32_t bound) {
        return static_cast<std::int32_t>(random() % static_cast<std::uint32_t>(bound));
    };
    for (std::int64_t row = 0; row < baskets; ++row) {
        std::vector<std::int32_t> basket;
        for (std::int32_t size = 1 + below(4); size > 0; --size) {
            const std::int32_t item = std::min(below(items - 1), below(items - 1));
            basket.push_back(item);
            if (below(10) < 6) basket.push_back(item ^ 1);
        }
        std::erase_if(basket, [&](std::int32_t item) { return item >= items - 1; });
        std::ranges::sort(basket);
        basket.erase(std::ranges::unique(basket).begin(), basket.end());
        rows.indices.insert(rows.indices.end(), basket.begin(), basket.end());
        rows.indptr.push_back(static_cast<std::int64_t>(rows.indices.size()));
    }
    return rows;
}

inline std::vector<std::int64_t> counts_of(const CsrMatrix& baskets) {
    std::vector<std::int64_t> counts(idx(baskets.cols), 0);
    for (std::int64_t row = 0; row < baskets.rows; ++row)
        if (baskets.view().row(row).size() > 1)
            for (const std::int32_t item : baskets.view().row(row)) ++counts[idx(item)];
    return counts;
}

inline ComplementOptions untuned(int factors, double residuals) {
    ComplementOptions options;
    options.tune = false;
    options.factors = factors;
    options.residuals = residuals;
    options.min_baskets = 1;
    options.ease.regularization = 20;
    options.ease.popularity_regularization = 0.1;
    options.ease.intercept = true;
    options.ease.damping = 0.1;
    return options;
}

// Scores by the exact matrix, the intercept included.
inline std::vector<double> exact_scores(const EaseModel& exact, std::span<const std::int32_t> basket) {
    std::vector<double> scores(exact.intercept.begin(), exact.intercept.end());
    for (const std::int32_t item : basket)
        for (std::size_t j = 0; j < scores.size(); ++j) scores[j] += static_cast<double>(exact.weights.row(item)[j]);
    return scores;
}

}  // namespace crosslift::testing
