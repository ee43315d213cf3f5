// The terms of the implicit least-squares objective, for one stored cell and one row.
#pragma once

#include "formulas/host_device.hpp"

#include <cmath>
#include <cstdint>

namespace crosslift::formulas {

/// Weight w of a stored cell's square (x.y)^2, beyond the background: alpha r.
CROSSLIFT_HD float als_weight(float alpha, float r) {
    return alpha * r;
}

/// Weight t of a stored cell's pull towards 1: target_offset + alpha r (1 + alpha r for Hu, Koren, Volinsky).
CROSSLIFT_HD float als_target(float target_offset, float alpha, float r) {
    return target_offset + alpha * r;
}

/// Ridge of one row with n stored cells: regularization * (n + frequency_offset)^nu.
CROSSLIFT_HD float als_ridge(float regularization, float frequency_offset, float nu, std::int64_t cells) {
    if (nu == 0.0F) return regularization;
    const double frequency = static_cast<double>(cells) + static_cast<double>(frequency_offset);
    return static_cast<float>(static_cast<double>(regularization) * std::pow(frequency, static_cast<double>(nu)));
}

/// What a stored cell with prediction s adds to the objective, beyond background * s^2. Both objectives have this form:
/// (1 + alpha r) (1 - s)^2 - s^2 and alpha r (1 - s)^2 are w s^2 - 2 t s + t.
CROSSLIFT_HD double als_cell_loss(double w, double t, double s) {
    return (w * s - 2 * t) * s + t;
}

}  // namespace crosslift::formulas
