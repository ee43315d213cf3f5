// Paired comparisons and verdicts, for any task whose metrics are ratios of sums per cluster.
#pragma once

#include "evaluation/bootstrap.hpp"

#include <crosslift/evaluation.hpp>

#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace crosslift::evaluation {

/// All methods of a report: first the baselines, then the lines of the engine that is judged, then any others.
struct Field {
    std::span<const std::string> names;
    std::size_t baselines = 0;  ///< methods before this one are baselines
    std::size_t engines = 0;    ///< methods from `baselines` to before this one are the engine's lines
    const ClusterSums& sums;
    std::function<Quotient(const std::string& metric, std::size_t method, std::ptrdiff_t over)> quotient;
    std::function<std::vector<double>(const std::string& metric, std::size_t method, std::size_t other)> differences;
};

/// Each line of the engine over each baseline, by each metric: ratio with interval, sign-flip p, Holm's p.
std::vector<MethodComparison> compare(const Field& field, std::span<const std::string> metrics,
                                      const EvaluationOptions& options, const std::stop_token& stop);

/// A verdict per goal. Throws InvalidArgument for a goal that names a method or metric which is not there.
std::vector<GoalVerdict> judge_goals(const Field& field, const EvaluationOptions& options, const std::stop_token& stop);

}  // namespace crosslift::evaluation
