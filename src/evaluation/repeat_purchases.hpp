// Customers at moments after training, what they had bought before, and what they bought next.
#pragma once

#include <crosslift/evaluation.hpp>

#include <array>
#include <cstdint>
#include <stop_token>
#include <vector>

namespace crosslift::evaluation {

constexpr std::array<double, 2> horizon_days = {7, 14};

/// A customer's item at one moment. Purchases of one day (UTC) count once.
struct RepeatPair {
    std::int64_t query = 0;    ///< customer and moment; pairs of one query stand together
    std::int64_t cluster = 0;  ///< customer, numbered from 0
    std::int32_t item = 0;
    double purchases = 0;  ///< days with one, two or more
    double days_since_first = 0, days_since_last = 0;
    double recent_month = 0, recent_season = 0;  ///< sums of 2^(-age / 28 days), 2^(-age / 90 days)
    std::array<double, horizon_days.size()> probability{};
    std::array<bool, horizon_days.size()> bought{};
};

struct RepeatPurchases {
    std::vector<RepeatPair> pairs;
    std::int64_t queries = 0;
    std::int64_t clusters = 0;
    int moments = 0;
    std::vector<double> usual_gap;  ///< per item: mean days between two purchases in training
};

/// At most options.max_queries queries, drawn at random. Throws DataError where there are no dates, the engine's model
/// is empty, or nothing can be asked.
RepeatPurchases find_repeat_purchases(const OfferEngine& engine, const Transactions& train, const Transactions& later,
                                      const EvaluationOptions& options, const std::stop_token& stop);

}  // namespace crosslift::evaluation
