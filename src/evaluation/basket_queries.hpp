// Queries over later baskets: one item taken out, or the next item after those before it.
#pragma once

#include "evaluation/scorer.hpp"

#include <crosslift/evaluation.hpp>
#include <crosslift/history.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift::evaluation {

/// One query: the items of a later basket without `target` (or, of a receipt, those before it).
struct BasketQuery {
    std::int32_t basket = 0;  ///< row of BasketQueries::baskets
    std::int32_t target = 0;  ///< item row of training
};

/// Baskets to ask about, over the items of training.
struct LaterBaskets {
    CsrMatrix baskets;                   ///< known items; in the order of the receipt where `ordered`
    std::vector<std::int32_t> customer;  ///< per basket: row of training, or unknown
    std::vector<std::int64_t> owner;     ///< per basket: any number that names the customer, -1 without one
    std::int64_t left_out = 0;           ///< baskets with fewer than two known items
    bool ordered = false;
};

struct BasketQueries {
    CsrMatrix baskets;
    std::vector<std::int32_t> customer;
    std::vector<std::int64_t> cluster;  ///< per basket: what the bootstrap draws, -1 without a query
    std::vector<BasketQuery> queries;   ///< ordered by basket
    std::int64_t clusters = 0;
    std::int64_t small_baskets = 0;
    std::int64_t possible = 0;  ///< queries before the sample was drawn
    bool ordered = false;

    /// The query's items, in their order. Never empty.
    void items_of(const BasketQuery& query, std::vector<std::int32_t>& items) const;
};

/// Baskets of `later` with two items or more that training knows; `ordered` keeps the order of the receipt.
LaterBaskets later_baskets(const Transactions& train, const Transactions& later, bool ordered);

/// Draws at most max_targets_per_basket targets of each basket, then at most `max_queries` of all (0: no bound).
BasketQueries make_basket_queries(LaterBaskets later, const EvaluationOptions& options, std::int64_t max_queries);

}  // namespace crosslift::evaluation
