// Rows and columns of EASE for items that its matrix had no room for.
#pragma once

#include "algorithms/line_windows.hpp"
#include "algorithms/sparse_cells.hpp"

#include <crosslift/ease.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace crosslift::algorithms {

/// What the items outside the matrix add to it: columns are those of the rows.
struct EaseExtension {
    std::vector<std::int32_t> items;         ///< the columns outside, ascending
    std::vector<float> intercept;            ///< of each; weight and damping not applied
    std::vector<std::vector<Cell>> targets;  ///< of each: the columns inside that lead to it, and how far
    std::vector<std::vector<Cell>> sources;  ///< of each: the columns that it leads to, inside or out
};

/// `inside` is the closed form of the columns `modelled` (ascending) of `rows`, with damping 0 and intercept weight 1,
/// P its inverse. By the block inverse, P of all columns follows from P and the inverse of the Schur complement
///   S_cd = G_cd - g_c' P g_d,  S_cc = G_cc + regularization + popularity_regularization * G_cc - g_c' P g_c
/// over the columns outside, g_c being c's co-purchases with the columns inside (the constant row last). S^-1 is taken
/// column by column: w_c = S_KK^-1 S_Kc over the `neighbours` K of c that have most to do with it among those bought
/// together with it, other pairs counting as 0. With y_c = P (g_c - sum_a w_ca g_a) and t_c = 1 / (S_cc - S_cK w_c),
///   inside j leads to c by y_cj, the intercept of c is y_c1, another item a outside leads to c by w_ca,
///   c leads to j inside by t_c y_cj / (P_jj + t_c y_cj^2).
/// Exact where K are all items outside, but for P_jj, which is exact for one, and as far as the largest 256 cells
/// (`most` if that is more) of each P g_c say. The `most` largest cells of each row are kept, by what they are after
/// `damping` (one factor per column of `rows`, not applied), and of each column the `most` largest from inside. Takes
/// (cells of all g_c) * modelled.size() multiplications and, beside the cells of all pairs outside, 8 bytes for each
/// remembered cell. Arguments are not checked. Throws Stopped on request.
EaseExtension extend_ease(const EaseModel& inside, const WeightedBaskets& rows, std::span<const std::int32_t> modelled,
                          std::span<const float> damping, std::size_t most, const std::stop_token& stop);

}  // namespace crosslift::algorithms
