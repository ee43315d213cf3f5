// Receipts cut into short runs of neighbouring lines, so that one Gram matrix can weigh what stands close together.
#pragma once

#include <crosslift/sparse.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift::algorithms {

/// Lines in one window.
constexpr std::int64_t line_window = 6;

struct WeightedBaskets {
    CsrMatrix baskets;
    std::vector<float> weights;
};

/// The baskets with weight (1 - share) w_b, then of each basket of two items or more every run of `line_window` lines
/// (also those that stick out at its ends) with weight share w_b / line_window. Their Gram matrix is
///   sum_b w_b ((1 - share) x_b x_b' + share K_b),  K_b(i, j) = max(0, 1 - |place_i - place_j| / line_window),
/// with places counted over the basket's items; its diagonal is that of the baskets alone. `lines` orders the items of
/// a basket, one number per stored cell.
WeightedBaskets with_line_windows(const CsrView& baskets, std::span<const float> weights,
                                  std::span<const std::int32_t> lines, double share);

}  // namespace crosslift::algorithms
