#include "algorithms/basket_slices.hpp"

#include <algorithm>
#include <numeric>

namespace crosslift::algorithms {

std::vector<std::int64_t> basket_counts(const CsrView& baskets) {
    std::vector<std::int64_t> counts(idx(baskets.cols), 0);
    for (std::int64_t row = 0; row < baskets.rows; ++row) {
        const auto items = baskets.row(row);
        if (items.size() < 2) continue;
        for (const std::int32_t item : items) ++counts[idx(item)];
    }
    return counts;
}

std::vector<std::int32_t> best_sellers(std::span<const std::int64_t> counts, std::int64_t min_count,
                                       std::int64_t max_items) {
    std::vector<std::int32_t> items;
    for (std::size_t item = 0; item < counts.size(); ++item)
        if (counts[item] >= std::max<std::int64_t>(min_count, 1)) items.push_back(static_cast<std::int32_t>(item));
    if (static_cast<std::int64_t>(items.size()) > max_items) {
        std::ranges::stable_sort(items,
                                 [&](std::int32_t a, std::int32_t b) { return counts[idx(a)] > counts[idx(b)]; });
        items.resize(idx(max_items));
        std::ranges::sort(items);
    }
    return items;
}

std::vector<std::int32_t> items_with_purchases(std::span<const std::int64_t> counts, const ComplementOptions& options) {
    const auto all = static_cast<std::int64_t>(counts.size());
    return best_sellers(counts, options.min_baskets, options.residuals > 0 ? all : options.max_items);
}

namespace {

// Place of each item of `baskets` in `items`, -1 where it is not there.
std::vector<std::int32_t> places(const CsrView& baskets, std::span<const std::int32_t> items) {
    std::vector<std::int32_t> renumbered(idx(baskets.cols), -1);
    for (std::size_t n = 0; n < items.size(); ++n) renumbered[idx(items[n])] = static_cast<std::int32_t>(n);
    return renumbered;
}

}  // namespace

CsrMatrix select(const CsrView& baskets, std::span<const std::int64_t> rows, std::span<const std::int32_t> items) {
    const std::vector<std::int32_t> renumbered = places(baskets, items);
    CsrMatrix part;
    part.rows = static_cast<std::int64_t>(rows.size());
    part.cols = static_cast<std::int64_t>(items.size());
    part.indptr.reserve(rows.size() + 1);
    for (const std::int64_t row : rows) {
        for (const std::int32_t item : baskets.row(row))
            if (renumbered[idx(item)] >= 0) part.indices.push_back(renumbered[idx(item)]);
        part.indptr.push_back(static_cast<std::int64_t>(part.indices.size()));
    }
    return part;
}

std::vector<std::int32_t> select_cells(const CsrView& baskets, std::span<const std::int32_t> values,
                                       std::span<const std::int64_t> rows, std::span<const std::int32_t> items) {
    std::vector<std::int32_t> kept;
    if (values.empty()) return kept;
    const std::vector<std::int32_t> renumbered = places(baskets, items);
    for (const std::int64_t row : rows)
        for (std::int64_t cell = baskets.begin(row); cell < baskets.end(row); ++cell)
            if (renumbered[idx(baskets.indices[idx(cell)])] >= 0) kept.push_back(values[idx(cell)]);
    return kept;
}

std::vector<std::int64_t> rows_by_time(std::int64_t rows, std::span<const std::int64_t> time) {
    std::vector<std::int64_t> order(idx(rows));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    if (!time.empty())
        std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) { return time[idx(a)] < time[idx(b)]; });
    return order;
}

std::int64_t rows_before_validation(std::int64_t rows) {
    return rows - rows * 11 / 100;
}

std::vector<float> basket_ages(std::span<const float> age_days, std::span<const std::int64_t> time) {
    if (!age_days.empty() || time.empty()) return {age_days.begin(), age_days.end()};
    const std::int64_t newest = *std::ranges::max_element(time);
    std::vector<float> ages;
    ages.reserve(time.size());
    for (const std::int64_t t : time)
        ages.push_back(static_cast<float>(static_cast<double>(newest) - static_cast<double>(t)));
    return ages;
}

std::vector<float> gather(std::span<const float> values, std::span<const std::int64_t> rows) {
    std::vector<float> gathered;
    if (values.empty()) return gathered;
    gathered.reserve(rows.size());
    for (const std::int64_t row : rows) gathered.push_back(values[idx(row)]);
    return gathered;
}

}  // namespace crosslift::algorithms
