// EASE: the item-item regression with zero diagonal in closed form (Steck 2019), in its general form.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/device.hpp>
#include <crosslift/matrix.hpp>
#include <crosslift/progress.hpp>
#include <crosslift/sparse.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift {

/// With baskets x_b (0/1 rows), size |b| and age in days:
///   G = sum_b w_b [x_b; 1][x_b; 1]',  w_b = (|b| - 1)^-size_exponent * 2^(-age_b / half_life),
///   rescaled so that sum w_b |b| = sum |b| before decay;
///   P = (G + diag(regularization + popularity_regularization * G_jj; 1 for the constant row))^-1;
///   B_ij = -P_ij / P_jj, B_jj = 0;
///   score_j = (intercept_weight * intercept_j + sum_{i in basket} B_ij) * n_j^-damping.
/// What stands close together on a long receipt belongs together more than what does not: with line_share s > 0, each
/// basket gives (1 - s) of its weight as above and s / 6 to each run of six neighbouring items in the order of `lines`
/// (also to those that stick out at its ends), each a row [x; 1] of its own. The diagonal of the items stays the same.
struct EaseOptions {
    double regularization = 100;           ///< lambda, > 0
    double popularity_regularization = 0;  ///< theta, >= 0
    double size_exponent = 0;              ///< a, 0 .. 1
    double half_life_days = 0;             ///< H, in the unit of the ages (days for timestamps); 0: no decay
    bool intercept = false;                ///< adds the constant row
    double intercept_weight = 1;           ///< scales its share of the scores, 0 .. 10
    double line_share = 0;                 ///< s, 0 .. 1; needs `lines`
    double damping = 0;                    ///< gamma, 0 .. 1
    int threads = 0;
    Device device = {};
};

struct EaseModel {
    Matrix weights;                ///< items x items: row = item in the basket, column = item scored; damping applied
    std::vector<float> intercept;  ///< per item, weight and damping applied; zeros without `intercept`
    std::vector<float> inverse_diagonal;  ///< P_jj per item, then the constant row's with `intercept`
    EaseOptions options;
};

/// Fits on baskets x items (stored cells count as 1; rows with fewer than two items are left out). `age_days` has one
/// age per basket, `lines` one place on the receipt per stored cell; both may be empty. Needs items^2 * 4 bytes twice
/// at its peak. Throws InvalidArgument for options out of range; Stopped if progress.stop asks.
CROSSLIFT_API EaseModel fit_ease(const CsrView& baskets, std::span<const float> age_days,
                                 const EaseOptions& options = {}, const Progress& progress = {},
                                 std::span<const std::int32_t> lines = {});

}  // namespace crosslift
