#include "evaluation/co_counts.hpp"

#include "evaluation/workers.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift::evaluation {
namespace {

constexpr double min_lift_support = 3;
constexpr std::int64_t rows_per_task = 32;

CsrMatrix without_single_items(const CsrView& baskets) {
    CsrMatrix kept;
    kept.cols = baskets.cols;
    for (std::int64_t b = 0; b < baskets.rows; ++b) {
        const auto items = baskets.row(b);
        if (items.size() < 2) continue;
        kept.indices.insert(kept.indices.end(), items.begin(), items.end());
        kept.indptr.push_back(static_cast<std::int64_t>(kept.indices.size()));
        ++kept.rows;
    }
    return kept;
}

/// The pairs of one item: a dense row of counts, filled by walking the item's baskets.
struct PairRow {
    std::vector<std::int32_t> columns;
    std::vector<float> values;

    void fill(std::span<const std::int32_t> item_baskets, const CsrView& baskets, std::int32_t item,
              std::vector<std::int32_t>& dense) {
        for (const std::int32_t b : item_baskets) {
            for (const std::int32_t j : baskets.row(b)) {
                if (dense[static_cast<std::size_t>(j)]++ == 0) columns.push_back(j);
            }
        }
        std::sort(columns.begin(), columns.end());
        std::erase(columns, item);
        for (const std::int32_t j : columns) values.push_back(static_cast<float>(dense[static_cast<std::size_t>(j)]));
        for (const std::int32_t j : columns) dense[static_cast<std::size_t>(j)] = 0;
        dense[static_cast<std::size_t>(item)] = 0;
    }
};

}  // namespace

CoCounts count_pairs(const CsrView& baskets, int threads, const std::stop_token& stop) {
    const CsrMatrix kept = without_single_items(baskets);
    const CsrMatrix item_baskets = transpose(kept);
    const CsrView by_item = item_baskets;
    const std::int64_t items = baskets.cols;

    std::vector<PairRow> rows(static_cast<std::size_t>(items));
    std::vector<std::vector<std::int32_t>> dense(static_cast<std::size_t>(worker_count(threads)));
    for_each_task(threads, (items + rows_per_task - 1) / rows_per_task, stop, [&](std::int64_t task, int worker) {
        auto& scratch = dense[static_cast<std::size_t>(worker)];
        scratch.resize(static_cast<std::size_t>(items));
        for (std::int64_t i = task * rows_per_task; i < std::min(items, (task + 1) * rows_per_task); ++i) {
            rows[static_cast<std::size_t>(i)].fill(by_item.row(i), kept, static_cast<std::int32_t>(i), scratch);
        }
    });

    CoCounts counts;
    counts.baskets = kept.rows;
    counts.pairs.rows = counts.pairs.cols = items;
    for (std::int64_t i = 0; i < items; ++i) {
        auto& row = rows[static_cast<std::size_t>(i)];
        counts.count.push_back(static_cast<double>(by_item.row(i).size()));
        counts.pairs.indices.insert(counts.pairs.indices.end(), row.columns.begin(), row.columns.end());
        counts.pairs.values.insert(counts.pairs.values.end(), row.values.begin(), row.values.end());
        counts.pairs.indptr.push_back(static_cast<std::int64_t>(counts.pairs.indices.size()));
        row = {};
    }
    return counts;
}

void score_basket(const CoCounts& counts, std::span<const std::int32_t> basket, CoCountScores& scores) {
    const CsrView pairs = counts.pairs;
    const std::size_t items = counts.count.size();
    for (auto* row : {&scores.co_count, &scores.lift, &scores.cosine}) row->assign(items, 0.0);
    for (const std::int32_t i : basket) {
        const double bought = counts.count[static_cast<std::size_t>(i)];
        if (bought == 0) continue;
        const double share = 1 / bought;
        const double root_share = 1 / std::sqrt(bought);
        const auto columns = pairs.row(i);
        const auto together = pairs.row_values(i);
        for (std::size_t n = 0; n < columns.size(); ++n) {
            const auto j = static_cast<std::size_t>(columns[n]);
            const double both = together[n];
            scores.co_count[j] += both * share;
            scores.cosine[j] += both * root_share;
            scores.lift[j] += both >= min_lift_support ? both * share : 0.0;
        }
    }
    // The factors of the scored item alone are taken out of the inner loop.
    for (std::size_t j = 0; j < items; ++j) {
        if (counts.count[j] == 0) continue;
        scores.cosine[j] /= std::sqrt(counts.count[j]);
        scores.lift[j] *= static_cast<double>(counts.baskets) / counts.count[j];
    }
}

}  // namespace crosslift::evaluation
