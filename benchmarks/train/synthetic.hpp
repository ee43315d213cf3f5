// Purchases like those of a large public data set: log-normal customers, Zipf items.
#pragma once

#include <crosslift/sparse.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace crosslift::bench {

/// About `cells` cells with values from 1 to 10; the same seed gives the same items, and with the same part the same
/// customers.
inline CsrMatrix synthetic_purchases(std::int64_t customers, std::int64_t items, std::int64_t cells, std::uint64_t seed,
                                     std::uint64_t part = 0) {
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
    if (part > 0) generator.seed(seed + 1000003 * part);
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

/// The sizes of two public data sets that implicit-feedback papers train on.
struct Shape {
    const char* name;
    std::int64_t customers;
    std::int64_t items;
    std::int64_t cells;
};
constexpr Shape shapes[] = {{"ML-20M", 136677, 20108, 10000000}, {"MSD", 571355, 41140, 33600000}};

/// Purchases of a shape, made by all threads part by part; the same on every machine. Kept, so that benchmarks share
/// it.
inline const CsrMatrix& purchases_of(const Shape& shape) {
    static std::map<std::string, CsrMatrix> made;
    CsrMatrix& matrix = made[shape.name];
    if (matrix.rows > 0) return matrix;
    constexpr std::int64_t parts = 64;
    std::vector<CsrMatrix> part(parts);
    std::atomic<std::int64_t> next = 0;
    {
        std::vector<std::jthread> threads;
        for (unsigned thread = 0; thread < std::max(1U, std::thread::hardware_concurrency()); ++thread)
            threads.emplace_back([&] {
                for (std::int64_t p = next++; p < parts; p = next++) {
                    const std::int64_t rows = shape.customers * (p + 1) / parts - shape.customers * p / parts;
                    part[static_cast<std::size_t>(p)] =
                        synthetic_purchases(rows, shape.items, shape.cells / parts, 11, static_cast<std::uint64_t>(p));
                }
            });
    }
    matrix.rows = shape.customers;
    matrix.cols = shape.items;
    for (const CsrMatrix& from : part) {
        const std::int64_t before = matrix.indptr.back();
        for (std::size_t row = 1; row < from.indptr.size(); ++row) matrix.indptr.push_back(before + from.indptr[row]);
        matrix.indices.insert(matrix.indices.end(), from.indices.begin(), from.indices.end());
        matrix.values.insert(matrix.values.end(), from.values.begin(), from.values.end());
    }
    return matrix;
}

}  // namespace crosslift::bench
