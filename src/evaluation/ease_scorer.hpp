// Plain EASE over the best sellers of a training set.
#pragma once

#include "evaluation/baselines.hpp"

#include <crosslift/matrix.hpp>

#include <cstdint>
#include <vector>

namespace crosslift::evaluation {

constexpr std::int64_t max_ease_items = 8000;  // as many as the engine models

/// The items that take part; the others score 0.
struct EaseItems {
    std::vector<std::int32_t> items;   ///< rising
    std::vector<std::int32_t> row_of;  ///< per item of training, or -1
    std::int64_t sold = 0;             ///< items in baskets with two items or more
};

EaseItems ease_items(const TrainingSet& set);

/// The set's baskets over those items, numbered anew.
CsrMatrix baskets_over(const TrainingSet& set, const EaseItems& items);

class EaseScorer : public SingleScorer {
public:
    EaseScorer(const TrainingSet& set, double lambda);

private:
    void score_one(const Query& query, std::span<double> scores) const override;

    EaseItems items_;
    Matrix weights_;
};

}  // namespace crosslift::evaluation
