// From places to metrics: segments of queries, sums per cluster, intervals, tests.
#pragma once

#include "evaluation/basket_ranks.hpp"
#include "evaluation/bootstrap.hpp"
#include "evaluation/training_set.hpp"

#include <crosslift/evaluation.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace crosslift::evaluation {

/// Facts about each query that the metrics divide by; the same for every method.
struct QueryFacts {
    std::vector<double> price;           ///< of the target, 0 where unknown
    std::vector<std::uint8_t> known;     ///< the customer is known from training
    std::vector<std::uint8_t> repeated;  ///< that customer bought the target in training
};

QueryFacts make_facts(const BasketQueries& queries, const TrainingSet& set, const Transactions& train,
                      const Catalog& catalog);

/// Sums per cluster of every metric of every method; metrics are found by name.
class BasketScores {
public:
    BasketScores(const QueryFacts& facts, const BasketTask& task, const std::vector<double>& item_count, double baskets,
                 std::span<const BasketRanks> methods);

    /// Names of the metrics that this data can tell (leaves, prices and customers may be missing), as in the report.
    const std::vector<std::string>& metrics() const { return names_; }

    /// Metric of a method, and over the same metric of another where `over` >= 0. Throws InvalidArgument for a metric
    /// that is not there.
    Quotient quotient(const std::string& metric, std::size_t method, std::ptrdiff_t over = -1) const;

    /// Per cluster: the metric's sum for `method` less that for `other`.
    std::vector<double> differences(const std::string& metric, std::size_t method, std::size_t other) const;

    const ClusterSums& sums() const { return sums_; }

private:
    struct Place {
        int above = 0, below = 0;
    };
    void name_metrics(const QueryFacts& facts, bool leaves);
    Place place(const std::string& metric) const;
    int column(std::size_t method, int above) const;

    std::vector<std::string> names_;
    std::vector<Place> places_;
    ClusterSums sums_;
};

/// Share of the items of training that stand in some list of ten.
double coverage(const BasketRanks& ranks, std::int64_t items);

}  // namespace crosslift::evaluation
