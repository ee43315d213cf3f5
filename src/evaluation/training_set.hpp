// The purchases that baselines learn from.
#pragma once

#include <crosslift/catalog.hpp>
#include <crosslift/content.hpp>
#include <crosslift/evaluation.hpp>
#include <crosslift/history.hpp>
#include <crosslift/sparse.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

namespace crosslift::evaluation {

struct TrainingSet {
    PurchaseHistory history;
    CsrMatrix baskets;               ///< those of two items or more, oldest first; no values
    std::vector<double> age;         ///< per row of `baskets`: 0 for the newest, 1 for the oldest
    std::vector<double> count;       ///< per item: rows of `baskets` with it
    std::vector<std::int32_t> leaf;  ///< per item, -1 unknown; empty without categories
    std::int32_t leaves = 0;
    std::shared_ptr<const ItemContent>
        content;           ///< of `history`'s items; not null, empty where the catalog says nothing
    bool ordered = false;  ///< `receipts` is filled
    CsrMatrix receipts;    ///< where the order counts: history.baskets with items as they stand on the receipt
    int threads = 0;
    std::stop_token stop;

    std::int64_t items() const { return history.items(); }
};

/// Leaf of each item of `items`, by the engine's catalog; empty where the catalog has no categories.
std::vector<std::int32_t> leaves_of(const Catalog& catalog, const IdMap& items);

/// What the catalog says of each item of `items`; an item that it does not hold has no features.
std::shared_ptr<const ItemContent> content_of(const Catalog& catalog, const IdMap& items);

/// Without content. `receipts` is empty, or as made by receipt_order().
TrainingSet make_training_set(PurchaseHistory history, std::vector<std::int32_t> leaf, std::int32_t leaves,
                              CsrMatrix receipts, int threads, const std::stop_token& stop);

/// All of `train`, with leaves and content by `catalog` and, where options.receipt_order, receipts.
TrainingSet training_set(const Transactions& train, const Catalog& catalog, const EvaluationOptions& options,
                         const std::stop_token& stop);

/// The set's purchases up to (not including) basket row `end` of its history.
TrainingSet earlier_part(const TrainingSet& set, std::int64_t end);

/// The rows of `history`, made from `transactions` over the same maps, with items in the order of the receipt's lines
/// (the first line counts) instead of their row order.
CsrMatrix receipt_order(const Transactions& transactions, const PurchaseHistory& history, const IdMap& items);

/// w_b = (|b| - 1)^-size_exponent * 2^(-age_b / half_life); half_life 0: no decay. One per row of `baskets`.
std::vector<double> basket_weights(const TrainingSet& set, double size_exponent, double half_life);

}  // namespace crosslift::evaluation
