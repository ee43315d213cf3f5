// Means over queries, per method and metric, kept as sums per cluster.
#pragma once

#include "evaluation/bootstrap.hpp"

#include <crosslift/evaluation.hpp>

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace crosslift::evaluation {

class MeanScores {
public:
    MeanScores(std::vector<std::string> metrics, std::vector<std::string> methods, std::int64_t clusters);

    /// Adds one query's value; a query counts for a metric only where it is added for every method.
    void add(std::int64_t cluster, std::size_t method, std::size_t metric, double value);

    /// Fills methods (every metric with its interval), comparisons of methods baselines .. engines - 1 with those
    /// before, and verdicts.
    void report(std::size_t baselines, std::size_t engines, std::span<const std::string> compared,
                const EvaluationOptions& options, const std::stop_token& stop, EvaluationReport& report) const;

private:
    int column(std::size_t method, std::size_t metric) const;
    std::size_t metric_of(const std::string& name) const;

    std::vector<std::string> metrics_;
    std::vector<std::string> methods_;
    ClusterSums sums_;
};

}  // namespace crosslift::evaluation
