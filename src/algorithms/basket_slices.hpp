// Parts of the baskets that fitting and tuning work on: some rows, some items, the newest slice.
#pragma once

#include <crosslift/complement.hpp>
#include <crosslift/sparse.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace crosslift::algorithms {

inline std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

/// Per item, the baskets of two items or more that hold it.
std::vector<std::int64_t> basket_counts(const CsrView& baskets);

/// Item rows, ascending, of the at most `max_items` best sellers by `counts` that reach `min_count`; ties: lower row.
std::vector<std::int32_t> best_sellers(std::span<const std::int64_t> counts, std::int64_t min_count,
                                       std::int64_t max_items);

/// The items, ascending, that fit_complement gives rows from their purchases: those that best_sellers would take of
/// options.max_items, and with residuals, which it can write them in, the slower sellers as well.
std::vector<std::int32_t> items_with_purchases(std::span<const std::int64_t> counts, const ComplementOptions& options);

/// The given rows of `baskets` in the given order, over the given items (ascending) numbered anew; no values.
CsrMatrix select(const CsrView& baskets, std::span<const std::int64_t> rows, std::span<const std::int32_t> items);

/// values[cell] for each cell that `select` keeps, in its order; empty if `values` is.
std::vector<std::int32_t> select_cells(const CsrView& baskets, std::span<const std::int32_t> values,
                                       std::span<const std::int64_t> rows, std::span<const std::int32_t> items);

/// Rows of the baskets from oldest to newest; as they stand where `time` is empty or equal.
std::vector<std::int64_t> rows_by_time(std::int64_t rows, std::span<const std::int64_t> time);

/// How many of `rows` baskets are older than the validation slice, which is the newest 11 %.
std::int64_t rows_before_validation(std::int64_t rows);

/// Age of each basket: `age_days` where given, else counted back from the newest in steps of `time`; empty if both are.
std::vector<float> basket_ages(std::span<const float> age_days, std::span<const std::int64_t> time);

/// values[rows[0]], values[rows[1]], ...; empty if `values` is.
std::vector<float> gather(std::span<const float> values, std::span<const std::int64_t> rows);

}  // namespace crosslift::algorithms
