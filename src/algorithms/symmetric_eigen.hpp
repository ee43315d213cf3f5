// Eigenvalues of a small symmetric matrix, in float64 on the host.
#pragma once

#include <cstddef>
#include <vector>

namespace crosslift::algorithms {

/// matrix = vectors * diag(values) * vectors'; values fall, column c of `vectors` (row-major, n x n) belongs to
/// values[c].
struct SymmetricEigen {
    std::vector<double> values;
    std::vector<double> vectors;
};

/// Cyclic Jacobi rotations (Golub & Van Loan, section 8.5): O(n^3) per sweep, made for n of a few hundred at most.
SymmetricEigen symmetric_eigen(std::vector<double> matrix, std::size_t n);

}  // namespace crosslift::algorithms
