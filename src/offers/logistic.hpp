// Logistic regression: the probability of yes from facts.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace crosslift {

/// Observations, one row of `features` facts each, with what came of them.
struct LogisticRows {
    std::size_t features = 0;
    std::vector<double> values;   ///< rows x features
    std::vector<double> outcome;  ///< per row: 1 yes, 0 no

    std::size_t size() const { return outcome.size(); }
    std::span<const double> row(std::size_t n) const { return std::span(values).subspan(n * features, features); }
    void add(std::span<const double> facts, bool yes);
    void append(const LogisticRows& other);
};

struct Logistic {
    double intercept = 0;
    std::vector<double> weights;

    /// ln(p / (1 - p)).
    double log_odds(std::span<const double> facts) const;
    double probability(std::span<const double> facts) const;
};

/// Maximises the log-likelihood - l2 / 2 * sum (weight * spread of the fact)^2 by Newton's method with halved steps
/// where a whole one does not improve; the intercept carries no penalty. A fact that never differs gets weight 0.
/// `rows` must hold both outcomes.
Logistic fit_logistic(const LogisticRows& rows, double l2);

/// Area under the receiver operating characteristic; equal scores count half. NaN without a yes or a no.
double roc_area(std::span<const double> scores, std::span<const double> outcome);

/// Area under the precision-recall curve as average precision; of equal scores none comes first. NaN without a yes.
double average_precision(std::span<const double> scores, std::span<const double> outcome);

}  // namespace crosslift
