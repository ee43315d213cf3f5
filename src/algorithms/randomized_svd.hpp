// The leading singular triples of a dense matrix by random projection (Halko, Martinsson & Tropp 2011, algorithm 4.4).
#pragma once

#include "backend/backend.hpp"

#include <crosslift/matrix.hpp>

#include <cstdint>
#include <stop_token>

namespace crosslift::algorithms {

/// matrix ~ left * right', with the square root of each singular value in both; in host memory, columns by falling
/// singular value. Columns beyond the rank of the matrix are zero.
struct BalancedSvd {
    Matrix left;   ///< rows x rank
    Matrix right;  ///< cols x rank
};

/// Columns beyond the rank that the projection works with.
constexpr std::int64_t svd_oversampling = 10;

/// Deterministic from `seed`. `matrix` lies in the memory of `machine`. Waits. Throws Stopped on request.
BalancedSvd randomized_svd(const backend::Backend& machine, backend::Lane& lane, backend::DenseView matrix, int rank,
                           std::uint64_t seed, std::stop_token stop);

}  // namespace crosslift::algorithms
