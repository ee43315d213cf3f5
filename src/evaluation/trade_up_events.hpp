// Walks each customer's purchases leaf by leaf: trade-ups in a later slice, and transitions counted in training.
#pragma once

#include <crosslift/evaluation.hpp>
#include <crosslift/history.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace crosslift::evaluation {

/// Leaf and regular price of every item of training, as the judged engine's catalog has them.
struct ItemFacts {
    std::vector<std::int32_t> leaf;  ///< -1 unknown
    std::vector<float> price;        ///< NaN unknown
    std::int32_t leaves = 0;
};

/// A customer bought `from` in a leaf, and at the next purchase there, in another basket, the dearer `to`.
struct TradeUpEvent {
    std::string customer;
    std::int64_t cluster = 0;              ///< the customer, counted from 0
    std::int32_t from = 0;                 ///< item row of training
    std::int32_t to = 0;                   ///< index into `candidates`
    float usual_top = 0;                   ///< 95th percentile of the customer's purchases in the leaf before, by price
    std::vector<std::int32_t> candidates;  ///< item rows, rising
};

struct TradeUpEvents {
    std::vector<TradeUpEvent> events;
    std::int64_t clusters = 0;
    std::int64_t seen = 0;        ///< trade-ups before the rule about candidates and the sample
    std::int64_t candidates = 0;  ///< of all events kept
};

/// Events of the later slice. "Last bought" looks at every earlier basket, of either slice; of several items of the
/// leaf in one basket the dearest counts. Events with fewer than 2 or more than 100 candidates are left out, then at
/// most options.max_queries are drawn.
TradeUpEvents find_trade_ups(const Transactions& train, const Transactions& later, const ItemFacts& items,
                             const EvaluationOptions& options);

/// How often customers went from one item of a leaf to another at their next purchase there.
class TransitionCounts {
public:
    TransitionCounts(const PurchaseHistory& train, const ItemFacts& items);

    double operator()(std::int32_t from, std::int32_t to) const;

private:
    std::unordered_map<std::int64_t, std::int32_t> counts_;
    std::int64_t items_;
};

}  // namespace crosslift::evaluation
