// Purchases like those of a large public data set: log-normal customers, Zipf items.
#pragma once

#include <crosslift/sparse.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

namespace crosslift::bench {

/// About `cells` cells with values from 1 to 10; the same seed gives the same matrix.
inline CsrMatrix synthetic_purchases(std::int64_t customers, std::int64_t items, std::int64_t cells,
                                     std::uint64_t seed) {
    std::mt19937_64 generator(seed);
    std::lognormal_distribution<double> lognormal(0, 1.15);
    std::uniform_real_distribution<double> uniform(0, 1);
    std::vector<double> wanted(static_cast<std::size_t>(customers));
    for (double& size : wanted) size = lognormal(generator);
    const double scale =
        static_cast<double>(cells) * 1.12 / std::accumulate(wanted.begin(), wanted.end(), 0.0);  // 12 % repeat
    std::vector<double> reached(static_cast<std::size_t>(items));
    double total = 0;
    for (std::size_t item = 0; item < reached.size(); ++item)
        reached[item] = total += 1 / (static_cast<double>(item) + 30);
    std::vector<std::int32_t> name(reached.size());
    std::iota(name.begin(), name.end(), 0);
    std::shuffle(name.begin(), name.end(), generator);
    CsrMatrix matrix;
    matrix.rows = customers;
    matrix.cols = items;
    std::vector<std::int32_t> row;
    for (const double size : wanted) {
        row.clear();
        const double length = std::clamp(size * scale, 3.0, 3000.0);
        for (int cell = 0; cell < static_cast<int>(length); ++cell) {
            const auto at = std::lower_bound(reached.begin(), reached.end(), uniform(generator) * total);
            row.push_back(name[static_cast<std::size_t>(std::min(at, reached.end() - 1) - reached.begin())]);
        }
        std::sort(row.begin(), row.end());
        row.erase(std::unique(row.begin(), row.end()), row.end());
        for (const std::int32_t item : row) {
            matrix.indices.push_back(item);
            matrix.values.push_back(static_cast<float>(1 + 9 * uniform(generator)));
        }
        matrix.indptr.push_back(static_cast<std::int64_t>(matrix.indices.size()));
    }
    return matrix;
}

}  // namespace crosslift::bench
