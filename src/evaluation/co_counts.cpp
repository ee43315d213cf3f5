#include "evaluation/co_counts.hpp"

#include "evaluation/workers.hpp"

#include <algorithm>

namespace crosslift::evaluation {
namespace {

constexpr std::int64_t rows_per_task = 32;

/// The pairs of one item: a dense row of sums, filled by walking the item's baskets.
struct PairRow {
    std::vector<std::int32_t> columns;
    std::vector<double> values;
    double count = 0;

    void fill(std::span<const std::int32_t> item_baskets, const CsrView& baskets, std::span<const double> weights,
              std::int32_t item, std::vector<double>& dense) {
        for (const std::int32_t b : item_baskets) {
            const double weight = weights[static_cast<std::size_t>(b)];
            count += weight;
            for (const std::int32_t j : baskets.row(b)) {
                double& sum = dense[static_cast<std::size_t>(j)];
                if (sum == 0) columns.push_back(j);
                sum += weight;
            }
        }
        std::sort(columns.begin(), columns.end());
        std::erase(columns, item);
        for (const std::int32_t j : columns) values.push_back(dense[static_cast<std::size_t>(j)]);
        for (const std::int32_t j : columns) dense[static_cast<std::size_t>(j)] = 0;
        dense[static_cast<std::size_t>(item)] = 0;
    }
};

}  // namespace

CoCounts count_pairs(const CsrView& baskets, std::span<const double> weights, int threads,
                     const std::stop_token& stop) {
    const CsrMatrix item_baskets = transpose(baskets);
    const CsrView by_item = item_baskets;
    const std::int64_t items = baskets.cols;

    std::vector<PairRow> rows(static_cast<std::size_t>(items));
    std::vector<std::vector<double>> dense(static_cast<std::size_t>(worker_count(threads)));
    for_each_task(threads, (items + rows_per_task - 1) / rows_per_task, stop, [&](std::int64_t task, int worker) {
        auto& scratch = dense[static_cast<std::size_t>(worker)];
        scratch.resize(static_cast<std::size_t>(items));
        for (std::int64_t i = task * rows_per_task; i < std::min(items, (task + 1) * rows_per_task); ++i) {
            rows[static_cast<std::size_t>(i)].fill(by_item.row(i), baskets, weights, static_cast<std::int32_t>(i),
                                                   scratch);
        }
    });

    CoCounts counts;
    for (const double weight : weights) counts.baskets += weight;
    counts.pairs.rows = counts.pairs.cols = items;
    for (PairRow& row : rows) {
        counts.count.push_back(row.count);
        counts.pairs.indices.insert(counts.pairs.indices.end(), row.columns.begin(), row.columns.end());
        counts.values.insert(counts.values.end(), row.values.begin(), row.values.end());
        counts.pairs.indptr.push_back(static_cast<std::int64_t>(counts.pairs.indices.size()));
        row = {};
    }
    return counts;
}

}  // namespace crosslift::evaluation
