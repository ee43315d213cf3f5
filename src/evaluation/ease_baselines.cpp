// EASE (Steck 2019) on baskets: the bar.
#include "evaluation/ease_scorer.hpp"

#include <crosslift/ease.hpp>

#include <algorithm>
#include <numeric>

namespace crosslift::evaluation {

// An item outside baskets of two or more has a zero row and column, so leaving it out changes nothing.
EaseItems ease_items(const TrainingSet& set) {
    EaseItems result;
    std::vector<std::int32_t> items(set.count.size());
    std::iota(items.begin(), items.end(), 0);
    std::erase_if(items, [&](std::int32_t item) { return set.count[static_cast<std::size_t>(item)] == 0; });
    result.sold = static_cast<std::int64_t>(items.size());
    std::stable_sort(items.begin(), items.end(), [&](std::int32_t a, std::int32_t b) {
        return set.count[static_cast<std::size_t>(a)] > set.count[static_cast<std::size_t>(b)];
    });
    if (result.sold > max_ease_items) items.resize(static_cast<std::size_t>(max_ease_items));
    std::sort(items.begin(), items.end());
    result.row_of.assign(set.count.size(), -1);
    for (std::size_t n = 0; n < items.size(); ++n) {
        result.row_of[static_cast<std::size_t>(items[n])] = static_cast<std::int32_t>(n);
    }
    result.items = std::move(items);
    return result;
}

CsrMatrix baskets_over(const TrainingSet& set, const EaseItems& items) {
    CsrMatrix baskets;
    baskets.cols = static_cast<std::int64_t>(items.items.size());
    const CsrView all = set.baskets;
    for (std::int64_t b = 0; b < all.rows; ++b) {
        for (const std::int32_t item : all.row(b)) {
            const std::int32_t row = items.row_of[static_cast<std::size_t>(item)];
            if (row >= 0) baskets.indices.push_back(row);
        }
        baskets.indptr.push_back(static_cast<std::int64_t>(baskets.indices.size()));
        ++baskets.rows;
    }
    return baskets;
}

EaseScorer::EaseScorer(const TrainingSet& set, double lambda) : items_(ease_items(set)) {
    EaseOptions options;
    options.regularization = lambda;
    options.threads = set.threads;
    weights_ = fit_ease(baskets_over(set, items_), {}, options, {{}, set.stop}).weights.to_host();
}

void EaseScorer::score_one(const Query& query, std::span<double> scores) const {
    std::vector<double> sum(items_.items.size());
    for (const std::int32_t item : query.items) {
        const std::int32_t row = items_.row_of[static_cast<std::size_t>(item)];
        if (row < 0) continue;
        const auto from = weights_.row(row);
        for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += static_cast<double>(from[j]);
    }
    std::ranges::fill(scores, 0.0);
    for (std::size_t j = 0; j < sum.size(); ++j) scores[static_cast<std::size_t>(items_.items[j])] = sum[j];
}

std::vector<Baseline> ease_baselines() {
    return {{tuned_ease, all_settings({{"lambda", {100, 5, 10, 20, 50, 200, 500, 1000}}}),
             [](const TrainingSet& set, const Setting& setting) -> std::unique_ptr<Scorer> {
                 return std::make_unique<EaseScorer>(set, setting["lambda"]);
             }}};
}

}  // namespace crosslift::evaluation
