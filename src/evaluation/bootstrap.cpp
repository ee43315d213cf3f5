#include "evaluation/bootstrap.hpp"

#include "evaluation/draws.hpp"
#include "evaluation/workers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace crosslift::evaluation {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double ratio(double above, double below) {
    return below == 0 ? nan : above / below;
}

double value_of(const Quotient& metric, std::span<const double> totals) {
    const auto column = [&](int c) { return totals[static_cast<std::size_t>(c)]; };
    const double value = ratio(column(metric.numerator), column(metric.denominator));
    if (metric.over_numerator < 0) return value;
    return ratio(value, ratio(column(metric.over_numerator), column(metric.over_denominator)));
}

void add(std::span<double> totals, std::span<const double> row) {
    for (std::size_t c = 0; c < totals.size(); ++c) totals[c] += row[c];
}

/// The quantile between order statistics, linear (type 7, as NumPy does).
double quantile(std::span<const double> sorted, double share) {
    if (sorted.empty()) return nan;
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

std::vector<Estimate> estimate(const ClusterSums& sums, std::span<const Quotient> metrics, int resamples,
                               std::uint64_t seed, int threads, const std::stop_token& stop) {
    const auto columns = static_cast<std::size_t>(sums.columns);
    std::vector<double> totals(columns);
    for (std::int64_t c = 0; c < sums.clusters; ++c) add(totals, sums.row(c));

    // drawn[m * resamples + r]: metric m in draw r.
    const auto draws = static_cast<std::size_t>(sums.clusters > 0 ? resamples : 0);
    std::vector<double> drawn(metrics.size() * draws);
    for_each_task(threads, static_cast<std::int64_t>(draws), stop, [&](std::int64_t task, int) {
        Draws random(seed, static_cast<std::uint64_t>(task));
        std::vector<double> resampled(columns);
        for (std::int64_t n = 0; n < sums.clusters; ++n) add(resampled, sums.row(random.below(sums.clusters)));
        for (std::size_t m = 0; m < metrics.size(); ++m) {
            drawn[m * draws + static_cast<std::size_t>(task)] = value_of(metrics[m], resampled);
        }
    });

    std::vector<Estimate> estimates;
    for (std::size_t m = 0; m < metrics.size(); ++m) {
        const auto all = std::span(drawn).subspan(m * draws, draws);
        const auto end = std::remove_if(all.begin(), all.end(), [](double value) { return std::isnan(value); });
        const auto known = all.first(static_cast<std::size_t>(end - all.begin()));
        std::sort(known.begin(), known.end());
        estimates.push_back({value_of(metrics[m], totals), quantile(known, 0.025), quantile(known, 0.975)});
    }
    return estimates;
}

}  // namespace crosslift::evaluation
