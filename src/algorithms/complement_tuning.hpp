// Chooses the options of EASE on the newest part of the baskets.
#pragma once

#include "algorithms/leave_one_out.hpp"

#include <crosslift/complement.hpp>
#include <crosslift/progress.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace crosslift::algorithms {

/// Older baskets to fit on, newer ones to ask.
struct Slice {
    CsrMatrix train;
    std::vector<float> age_days;      ///< per train basket, the newest being 0; empty: no decay
    std::vector<std::int32_t> lines;  ///< per cell of `train`; empty: not known
    std::vector<std::int64_t> counts;
    LeaveOneOut queries;
};

/// The validation slice of the baskets in `rows_by_time`, oldest first, over some items (ascending rows of `baskets`).
Slice validation_slice(const CsrView& baskets, std::span<const std::int64_t> rows_by_time,
                       std::span<const float> age_days, std::span<const std::int32_t> lines,
                       std::span<const std::int32_t> items, std::int64_t max_queries, std::uint64_t seed);

/// Fewer queries than this say nothing about one setting against another.
constexpr std::size_t fewest_queries = 200;

/// What is taken where there is too little to tune on: on every data set that it was tried on it is near the best.
EaseOptions untuned_ease(const EaseOptions& machine);

struct EaseChoice {
    EaseOptions ease;
    std::vector<ComplementTrial> trials;
};

/// Most fits that choose_ease makes; choose_scales adds up to two trials without one.
constexpr int most_trials = 17;

/// Coordinate descent from a fixed start, judged by HR@10 + nDCG of `slice`; the damping is free, as it needs no new
/// fit. `machine` gives threads and device. Calls `after_trial` after each fit. Throws Stopped on request.
EaseChoice choose_ease(const Slice& slice, const EaseOptions& machine, std::stop_token stop,
                       const std::function<void()>& after_trial);

/// What needs no new fit, chosen by the same objective over all items of `slice`: damping and, with an intercept, its
/// weight. `model` was fitted on slice.train with `given`, but damping 0 and intercept weight 1. Adds to `trials` what
/// `given` is worth over all items, and the better one if there is one.
EaseOptions choose_scales(const Slice& slice, const EaseModel& model, const EaseOptions& given,
                          std::vector<ComplementTrial>& trials);

/// n_j^-damping of each item, n_j its count or 1; empty with damping 0.
std::vector<float> damping_scale(std::span<const std::int64_t> counts, double damping);

/// `model`, fitted with damping 0 and intercept weight 1, as it would be with those of `ease`; `counts` per item.
EaseModel with_scales(EaseModel model, const EaseOptions& ease, std::span<const std::int64_t> counts);

}  // namespace crosslift::algorithms
