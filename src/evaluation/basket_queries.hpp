// Leave-one-out queries over later baskets.
#pragma once

#include <crosslift/catalog.hpp>
#include <crosslift/evaluation.hpp>
#include <crosslift/history.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace crosslift::evaluation {

/// One query: the items of a later basket without `target`. Items are rows of train.items().
struct BasketQuery {
    std::int32_t basket = 0;  ///< row of BasketQueries::baskets
    std::int32_t target = 0;
};

struct BasketQueries {
    CsrMatrix baskets;                  ///< later baskets with two known items or more, over the items of training
    std::vector<std::int64_t> cluster;  ///< per basket: what the bootstrap draws, -1 without a query
    std::vector<std::string> customer;  ///< per basket: id of a customer known from training, or ""
    std::vector<BasketQuery> queries;   ///< ordered by basket
    std::int64_t clusters = 0;
    std::int64_t small_baskets = 0;  ///< later baskets left out: fewer than two known items
    std::int64_t possible = 0;       ///< queries before the sample was drawn

    /// Basket of query q without its target.
    void items_of(const BasketQuery& query, std::vector<std::int32_t>& items) const;
};

/// Draws at most max_targets_per_basket targets of each basket, then at most max_queries of all.
BasketQueries make_basket_queries(const Transactions& train, const Transactions& later,
                                  const EvaluationOptions& options);

/// First query of each basket that has any, and the end: queries of one basket share its sum of scores.
std::vector<std::size_t> basket_starts(const BasketQueries& queries);

}  // namespace crosslift::evaluation
