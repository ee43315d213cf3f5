// Scores of a basket, their split into shares, and a ranking that is walked from the top.
#pragma once

#include "offers/state.hpp"

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace crosslift {

/// How the parts of a score are weighed.
struct ScoreWeights {
    double own_history = 1;  ///< scales own history; 0 leaves it out
    double popularity = 1;   ///< pi: the score is multiplied by (baskets with the item / most of any item)^(pi - 1)
};

/// One score per item: the complement model's for `basket` plus the customer's own history.
struct BasketScores {
    std::vector<float> total;
    std::vector<float> own_history;  ///< what of it is own history, before `popularity`; empty for an anonymous basket
    double popularity = 1;
};

BasketScores basket_scores(const EngineState& state, std::span<const std::int32_t> basket, std::int32_t customer,
                           std::int64_t as_of, const ScoreWeights& weights = {});

/// The score of one item, taken apart. The parts sum to basket_scores' number up to rounding.
struct BasketShares {
    std::vector<double> items;  ///< one per basket item
    double intercept = 0;
    double own_history = 0;

    double together() const { return std::accumulate(items.begin(), items.end(), 0.0); }
    double total() const { return together() + intercept + own_history; }
};

/// Takes the scores of one basket apart. Refers to what it is given, which must outlive it.
class BasketSplit {
public:
    BasketSplit(const EngineState& state, const BasketScores& scores, std::span<const std::int32_t> basket);

    BasketShares operator()(std::int32_t item) const;

private:
    const EngineState& state_;
    const BasketScores& scores_;
    std::span<const std::int32_t> basket_;
    std::size_t width_ = 0;   // basket items, rounded up to whole vectors
    std::vector<double> in_;  // factors x width_: the basket's in-factors, side by side
};

/// Items in order of score, higher first, ties by row, taken one at a time: the first few of many thousands cost one
/// pass and a few heap steps.
class Ranking {
public:
    /// Items whose `may` is 0, and items that score below `least`, are left out.
    Ranking(const std::vector<float>& scores, const std::vector<std::uint8_t>& may, float least);

    /// The next best item, or IdMap::unknown when there is none.
    std::int32_t next();

private:
    struct Entry {
        float score;
        std::int32_t item;
    };
    static bool worse(const Entry& a, const Entry& b) {
        return a.score != b.score ? a.score < b.score : a.item > b.item;
    }
    std::vector<Entry> heap_;
};

}  // namespace crosslift
