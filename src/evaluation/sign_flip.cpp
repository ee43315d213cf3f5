#include "evaluation/draws.hpp"
#include "evaluation/workers.hpp"

#include <crosslift/error.hpp>
#include <crosslift/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

namespace crosslift {
namespace {

using evaluation::Draws;
using evaluation::for_each_task;

constexpr std::size_t exact_clusters = 16;
constexpr std::int64_t draws_per_task = 100;

/// Sums that differ by rounding alone count as equal.
bool as_extreme(double sum, double seen, double scale) {
    return std::abs(sum) >= std::abs(seen) - 1e-12 * scale;
}

struct Differences {
    std::vector<double> rows;   ///< clusters that differ in some test x tests
    std::vector<double> seen;   ///< per test: the sum
    std::vector<double> scale;  ///< per test: sum of absolute values
    std::size_t tests;

    Differences(std::span<const double> all, std::size_t count) : seen(count), scale(count), tests(count) {
        for (std::size_t c = 0; c < all.size(); c += count) {
            const auto row = all.subspan(c, count);
            if (std::all_of(row.begin(), row.end(), [](double d) { return d == 0; })) continue;
            rows.insert(rows.end(), row.begin(), row.end());
            for (std::size_t t = 0; t < count; ++t) {
                seen[t] += row[t];
                scale[t] += std::abs(row[t]);
            }
        }
    }

    std::size_t clusters() const { return rows.size() / tests; }

    void count_extremes(std::span<const double> sums, std::vector<std::int64_t>& extremes) const {
        for (std::size_t t = 0; t < tests; ++t) extremes[t] += as_extreme(sums[t], seen[t], scale[t]) ? 1 : 0;
    }
};

std::vector<double> exact(const Differences& differences) {
    const std::size_t clusters = differences.clusters();
    const std::uint64_t patterns = std::uint64_t{1} << clusters;
    std::vector<std::int64_t> extremes(differences.tests);
    std::vector<double> sums(differences.tests);
    for (std::uint64_t pattern = 0; pattern < patterns; ++pattern) {
        std::ranges::fill(sums, 0.0);
        for (std::size_t c = 0; c < clusters; ++c) {
            const double sign = (pattern >> c & 1) != 0 ? 1 : -1;
            for (std::size_t t = 0; t < sums.size(); ++t) sums[t] += sign * differences.rows[c * sums.size() + t];
        }
        differences.count_extremes(sums, extremes);
    }
    std::vector<double> p;
    for (const auto n : extremes) p.push_back(static_cast<double>(n) / static_cast<double>(patterns));
    return p;
}

}  // namespace

std::vector<double> sign_flip_tests(std::span<const double> differences, int tests, int permutations,
                                    std::uint64_t seed, int threads, const std::stop_token& stop) {
    const auto count = static_cast<std::size_t>(std::max(tests, 0));
    if (tests < 1 || permutations < 0 || differences.size() % count != 0) {
        throw InvalidArgument(std::to_string(differences.size()) + " differences came for " + std::to_string(tests) +
                              " tests and " + std::to_string(permutations) +
                              " permutations; give whole rows of at least one test, and 0 permutations or more");
    }
    if (!std::all_of(differences.begin(), differences.end(), [](double d) { return std::isfinite(d); })) {
        throw InvalidArgument("a difference is not finite; leave clusters without a value out");
    }
    std::vector<double> p(count, std::numeric_limits<double>::quiet_NaN());
    if (differences.empty()) return p;
    const Differences data(differences, count);
    if (data.clusters() <= exact_clusters) return exact(data);
    if (permutations == 0) return p;

    const std::int64_t tasks = (permutations + draws_per_task - 1) / draws_per_task;
    std::vector<std::vector<std::int64_t>> extremes(static_cast<std::size_t>(tasks), std::vector<std::int64_t>(count));
    for_each_task(threads, tasks, stop, [&](std::int64_t task, int) {
        Draws random(seed, static_cast<std::uint64_t>(task));
        std::vector<double> sums(count);
        const std::int64_t end = std::min<std::int64_t>(permutations, (task + 1) * draws_per_task);
        for (std::int64_t draw = task * draws_per_task; draw < end; ++draw) {
            std::ranges::fill(sums, 0.0);
            std::uint64_t bits = 0;
            for (std::size_t c = 0; c < data.clusters(); ++c) {
                if (c % 64 == 0) bits = random.next();
                const double sign = (bits & 1) != 0 ? 1 : -1;
                bits >>= 1;
                for (std::size_t t = 0; t < count; ++t) sums[t] += sign * data.rows[c * count + t];
            }
            data.count_extremes(sums, extremes[static_cast<std::size_t>(task)]);
        }
    });
    for (std::size_t t = 0; t < count; ++t) {
        std::int64_t all = 0;
        for (const auto& part : extremes) all += part[t];
        p[t] = static_cast<double>(1 + all) / static_cast<double>(1 + permutations);
    }
    return p;
}

std::vector<double> holm(std::span<const double> p_values) {
    std::vector<std::size_t> order(p_values.size());
    std::iota(order.begin(), order.end(), 0U);
    std::erase_if(order, [&](std::size_t n) { return std::isnan(p_values[n]); });
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
    std::vector<double> adjusted(p_values.begin(), p_values.end());
    double bar = 0;
    for (std::size_t n = 0; n < order.size(); ++n) {
        bar = std::max(bar, std::min(1.0, static_cast<double>(order.size() - n) * p_values[order[n]]));
        adjusted[order[n]] = bar;
    }
    return adjusted;
}

}  // namespace crosslift
