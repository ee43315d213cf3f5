// Intervals by drawing whole clusters (customers or baskets) with replacement; every metric is a ratio of sums, so
// methods are compared on the same draws.
#pragma once

#include <crosslift/evaluation.hpp>

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace crosslift::evaluation {

/// Named sums, one row per cluster.
struct ClusterSums {
    ClusterSums(std::int64_t cluster_count, int column_count)
        : clusters(cluster_count),
          columns(column_count),
          values(static_cast<std::size_t>(cluster_count) * static_cast<std::size_t>(column_count)) {}

    double& at(std::int64_t cluster, int column) {
        return values[static_cast<std::size_t>(cluster) * static_cast<std::size_t>(columns) +
                      static_cast<std::size_t>(column)];
    }
    std::span<const double> row(std::int64_t cluster) const {
        return std::span(values).subspan(static_cast<std::size_t>(cluster) * static_cast<std::size_t>(columns),
                                         static_cast<std::size_t>(columns));
    }

    std::int64_t clusters;
    int columns;
    std::vector<double> values;
};

/// The quantile between order statistics, linear (type 7, as NumPy does); NaN of nothing.
double quantile(std::span<const double> sorted, double share);

/// A metric: sum of one column over sum of another; with `over` columns, that ratio over another such ratio.
struct Quotient {
    int numerator = 0;
    int denominator = 0;
    int over_numerator = -1;
    int over_denominator = -1;
};

/// Values on all clusters and 95 % percentile intervals over `resamples` draws. A quotient with nothing below the line
/// is NaN; draws in which it has nothing below are left out of its interval; without draws the bounds are NaN.
/// The same for any number of threads.
std::vector<Estimate> estimate(const ClusterSums& sums, std::span<const Quotient> metrics, int resamples,
                               std::uint64_t seed, int threads, const std::stop_token& stop);

}  // namespace crosslift::evaluation
