// A dense item-item matrix as in/out embeddings plus sparse residuals.
#pragma once

#include <crosslift/complement.hpp>
#include <crosslift/matrix.hpp>

#include <cstdint>
#include <span>
#include <stop_token>

namespace crosslift::algorithms {

/// in_factors, out_factors and residuals of a ComplementModel for `weights` (items x items, zero diagonal; the
/// diagonal of the result means nothing). With w_i = counts_i^0.35: the largest w_i |weight_ij| are set aside, the
/// rest becomes a w-weighted truncated SVD; the largest cells of what that misses are set aside in their place for a
/// second one, and of what that misses the largest w_i |rest_ij| are the residuals: `options.residuals` per item on
/// average, none per target is promised.
ComplementModel compress(const Matrix& weights, std::span<const std::int64_t> counts, const ComplementOptions& options,
                         std::stop_token stop);

}  // namespace crosslift::algorithms
