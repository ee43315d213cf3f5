// Completes a symmetric matrix of which the lower triangle is known.
#pragma once

#include "backend/array.hpp"

namespace crosslift::cpu {

/// Multiplies the lower triangle by `factor` and copies it to the upper one.
void mirror_lower(int threads, backend::DenseSpan matrix, float factor);

}  // namespace crosslift::cpu
