// What fit_ease counts, for those who need the rows as well as the answer.
#pragma once

#include "algorithms/line_windows.hpp"

#include <crosslift/ease.hpp>
#include <crosslift/progress.hpp>
#include <crosslift/sparse.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift::algorithms {

/// Throws InvalidArgument for options out of range, and for ages and lines that are missing or do not fit.
void check_ease_options(const CsrView& baskets, std::span<const float> age_days, std::span<const std::int32_t> lines,
                        const EaseOptions& options);

/// The rows whose weighted Gram matrix is G of ease.hpp: the baskets, with line_share > 0 their windows as well.
WeightedBaskets ease_rows(const CsrView& baskets, std::span<const float> age_days, std::span<const std::int32_t> lines,
                          const EaseOptions& options);

/// fit_ease of such rows, of all their columns; `counts`: baskets with each, for the damping. Arguments are not
/// checked.
EaseModel fit_ease_rows(WeightedBaskets rows, std::vector<std::int64_t> counts, const EaseOptions& options,
                        const Progress& progress);

}  // namespace crosslift::algorithms
