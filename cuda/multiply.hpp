// The dense product that several operations are made of.
#pragma once

#include "backend/array.hpp"
#include "cuda/lane.hpp"

namespace crosslift::cuda {

/// out = alpha * op(a) op(b) + beta * out on the lane's stream, in float32 throughout; shapes are the caller's promise.
/// `out` may be a part of a larger matrix. With beta 0 `out` is not read.
void multiply(LaneState& lane, float alpha, backend::DenseView a, bool transpose_a, backend::DenseView b,
              bool transpose_b, float beta, backend::DenseSpan out);

}  // namespace crosslift::cuda
