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

constexpr std::size_t draws_per_task = 8;

/// Totals of `size` draws from draw `first` on: one row of columns each.
std::vector<double> resample(const ClusterSums& sums, std::size_t first, std::size_t size, std::uint64_t seed) {
    const auto columns = static_cast<std::size_t>(sums.columns);
    const auto clusters = static_cast<std::size_t>(sums.clusters);
    std::vector<std::int32_t> times(clusters * size);
    for (std::size_t r = 0; r < size; ++r) {
        Draws random(seed, first + r);
        for (std::size_t n = 0; n < clusters; ++n) {
            ++times[static_cast<std::size_t>(random.below(sums.clusters)) * size + r];
        }
    }
    std::vector<double> totals(columns * size);
    for (std::size_t c = 0; c < clusters; ++c) {
        const auto row = sums.row(static_cast<std::int64_t>(c));
        for (std::size_t r = 0; r < size; ++r) {
            const double weight = times[c * size + r];
            if (weight == 0) continue;
            const auto total = std::span(totals).subspan(r * columns, columns);
            for (std::size_t n = 0; n < columns; ++n) total[n] += weight * row[n];
        }
    }
    return totals;
}

}  // namespace

double quantile(std::span<const double> sorted, double share) {
    if (sorted.empty()) return nan;
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<Estimate> estimate(const ClusterSums& sums, std::span<const Quotient> metrics, int resamples,
                               std::uint64_t seed, int threads, const std::stop_token& stop) {
    const auto columns = static_cast<std::size_t>(sums.columns);
    std::vector<double> totals(columns);
    for (std::int64_t c = 0; c < sums.clusters; ++c) add(totals, sums.row(c));

    // drawn[m * resamples + r]: metric m in draw r. A task makes several draws in one walk over the clusters.
    const auto draws = static_cast<std::size_t>(sums.clusters > 0 ? resamples : 0);
    std::vector<double> drawn(metrics.size() * draws);
    const std::size_t tasks = (draws + draws_per_task - 1) / draws_per_task;
    for_each_task(threads, static_cast<std::int64_t>(tasks), stop, [&](std::int64_t task, int) {
        const std::size_t first = static_cast<std::size_t>(task) * draws_per_task;
        const std::size_t size = std::min(draws_per_task, draws - first);
        const std::vector<double> resampled = resample(sums, first, size, seed);
        for (std::size_t r = 0; r < size; ++r) {
            for (std::size_t m = 0; m < metrics.size(); ++m) {
                drawn[m * draws + first + r] = value_of(metrics[m], std::span(resampled).subspan(r * columns, columns));
            }
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
