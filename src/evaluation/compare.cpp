#include "evaluation/compare.hpp"

#include <crosslift/error.hpp>
#include <crosslift/statistics.hpp>

#include <algorithm>
#include <limits>

namespace crosslift {
namespace evaluation {
namespace {

/// All tests of one metric and line at once: clusters x baselines.
std::vector<double> p_values(const Field& field, const std::string& metric, std::size_t line,
                             const EvaluationOptions& options, const std::stop_token& stop) {
    if (field.baselines == 0) return {};
    const auto clusters = static_cast<std::size_t>(field.sums.clusters);
    std::vector<double> all(clusters * field.baselines);
    for (std::size_t b = 0; b < field.baselines; ++b) {
        const auto column = field.differences(metric, line, b);
        for (std::size_t c = 0; c < clusters; ++c) all[c * field.baselines + b] = column[c];
    }
    return sign_flip_tests(all, static_cast<int>(field.baselines), options.permutations, options.seed + 7,
                           options.threads, stop);
}

std::size_t method_of(const Field& field, const std::string& name) {
    const auto found = std::find(field.names.begin(), field.names.end(), name);
    if (found != field.names.end()) return static_cast<std::size_t>(found - field.names.begin());
    std::string list;
    for (const auto& known : field.names) list += (list.empty() ? "'" : ", '") + known + "'";
    throw InvalidArgument("a goal names the method '" + name + "'; there are " + list);
}

}  // namespace

std::vector<MethodComparison> compare(const Field& field, std::span<const std::string> metrics,
                                      const EvaluationOptions& options, const std::stop_token& stop) {
    std::vector<MethodComparison> all;
    std::vector<Quotient> quotients;
    for (const auto& metric : metrics) {
        for (std::size_t line = field.baselines; line < field.engines; ++line) {
            const auto p = options.permutations > 0
                               ? p_values(field, metric, line, options, stop)
                               : std::vector<double>(field.baselines, std::numeric_limits<double>::quiet_NaN());
            const auto corrected = holm(p);
            for (std::size_t b = 0; b < field.baselines; ++b) {
                all.push_back({metric, field.names[line], field.names[b], {}, p[b], corrected[b]});
                quotients.push_back(field.quotient(metric, line, static_cast<std::ptrdiff_t>(b)));
            }
        }
    }
    const auto ratios = estimate(field.sums, quotients, options.bootstrap, options.seed, options.threads, stop);
    for (std::size_t n = 0; n < all.size(); ++n) all[n].ratio = ratios[n];
    return all;
}

std::vector<GoalVerdict> judge_goals(const Field& field, const EvaluationOptions& options,
                                     const std::stop_token& stop) {
    std::vector<GoalVerdict> verdicts;
    std::vector<Quotient> quotients;
    for (const Goal& goal : options.goals) {
        verdicts.push_back({goal, {}, false});
        quotients.push_back(field.quotient(goal.metric, method_of(field, goal.method),
                                           static_cast<std::ptrdiff_t>(method_of(field, goal.over))));
    }
    const auto ratios = estimate(field.sums, quotients, options.bootstrap, options.seed, options.threads, stop);
    for (std::size_t n = 0; n < verdicts.size(); ++n) {
        verdicts[n].ratio = ratios[n];
        verdicts[n].reached = reaches(ratios[n], verdicts[n].goal.value);
    }
    return verdicts;
}

}  // namespace evaluation

bool reaches(const Estimate& ratio, double goal) {
    return ratio.value >= goal && (goal <= 1 || ratio.low > 1);
}

}  // namespace crosslift
