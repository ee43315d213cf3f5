// Small symmetric systems, as Newton's method meets them.
#pragma once

#include <vector>

namespace crosslift {

/// x with A x = b for the positive definite A given by its lower triangle, row by row: Cholesky in place.
std::vector<double> solve_spd(std::vector<double> a, std::vector<double> b);

}  // namespace crosslift
