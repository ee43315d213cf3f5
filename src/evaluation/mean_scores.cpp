#include "evaluation/mean_scores.hpp"

#include "evaluation/compare.hpp"

#include <crosslift/error.hpp>

#include <algorithm>

namespace crosslift::evaluation {

MeanScores::MeanScores(std::vector<std::string> metrics, std::vector<std::string> methods, std::int64_t clusters)
    : metrics_(std::move(metrics)),
      methods_(std::move(methods)),
      sums_(clusters, static_cast<int>(metrics_.size() * (methods_.size() + 1))) {}

// The first block counts queries per metric (as the first method adds them), then one block per method.
int MeanScores::column(std::size_t method, std::size_t metric) const {
    return static_cast<int>((method + 1) * metrics_.size() + metric);
}

void MeanScores::add(std::int64_t cluster, std::size_t method, std::size_t metric, double value) {
    if (method == 0) sums_.at(cluster, static_cast<int>(metric)) += 1;
    sums_.at(cluster, column(method, metric)) += value;
}

std::size_t MeanScores::metric_of(const std::string& name) const {
    const auto found = std::find(metrics_.begin(), metrics_.end(), name);
    if (found != metrics_.end()) return static_cast<std::size_t>(found - metrics_.begin());
    std::string list;
    for (const auto& known : metrics_) list += (list.empty() ? "" : ", ") + known;
    throw InvalidArgument("there is no metric '" + name + "' here; there are " + list);
}

void MeanScores::report(std::size_t baselines, std::size_t engines, std::span<const std::string> compared,
                        const EvaluationOptions& options, const std::stop_token& stop, EvaluationReport& report) const {
    const auto quotient = [&](const std::string& metric, std::size_t method, std::ptrdiff_t over) {
        const std::size_t m = metric_of(metric);
        Quotient result{column(method, m), static_cast<int>(m)};
        if (over >= 0) {
            result.over_numerator = column(static_cast<std::size_t>(over), m);
            result.over_denominator = static_cast<int>(m);
        }
        return result;
    };
    const auto differences = [&](const std::string& metric, std::size_t method, std::size_t other) {
        const std::size_t m = metric_of(metric);
        std::vector<double> result;
        for (std::int64_t c = 0; c < sums_.clusters; ++c) {
            const auto row = sums_.row(c);
            result.push_back(row[static_cast<std::size_t>(column(method, m))] -
                             row[static_cast<std::size_t>(column(other, m))]);
        }
        return result;
    };
    std::vector<Quotient> quotients;
    for (std::size_t m = 0; m < methods_.size(); ++m) {
        for (const auto& metric : metrics_) quotients.push_back(quotient(metric, m, -1));
    }
    const auto estimates = estimate(sums_, quotients, options.bootstrap, options.seed, options.threads, stop);
    std::size_t next = 0;
    for (const auto& method : methods_) {
        MethodResult line{method, {}};
        for (const auto& metric : metrics_) line.metrics.emplace_back(metric, estimates[next++]);
        report.methods.push_back(std::move(line));
    }
    const Field field{methods_, baselines, engines, sums_, quotient, differences};
    report.comparisons = compare(field, compared, options, stop);
    report.verdicts = judge_goals(field, options, stop);
}

}  // namespace crosslift::evaluation
