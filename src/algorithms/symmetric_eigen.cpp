#include "algorithms/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace crosslift::algorithms {
namespace {

// Off-diagonal weight against the whole; at rounding level the rotations are done.
bool is_diagonal(const std::vector<double>& a, std::size_t n) {
    double off = 0, all = 0;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            all += a[i * n + j] * a[i * n + j];
            if (i != j) off += a[i * n + j] * a[i * n + j];
        }
    constexpr double rounding = 1e-14;
    return off <= rounding * rounding * all;
}

// Turns the plane (p, q) so that a_pq becomes zero.
void rotate(std::vector<double>& a, std::vector<double>& v, std::size_t n, std::size_t p, std::size_t q) {
    const double apq = a[p * n + q];
    if (apq == 0) return;
    const double tau = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    const double t = (tau >= 0 ? 1.0 : -1.0) / (std::abs(tau) + std::sqrt(1 + tau * tau));
    const double c = 1 / std::sqrt(1 + t * t), s = t * c;
    for (std::size_t k = 0; k < n; ++k) {
        const double kp = a[k * n + p], kq = a[k * n + q];
        a[k * n + p] = c * kp - s * kq;
        a[k * n + q] = s * kp + c * kq;
        const double vp = v[k * n + p], vq = v[k * n + q];
        v[k * n + p] = c * vp - s * vq;
        v[k * n + q] = s * vp + c * vq;
    }
    for (std::size_t k = 0; k < n; ++k) {
        const double pk = a[p * n + k], qk = a[q * n + k];
        a[p * n + k] = c * pk - s * qk;
        a[q * n + k] = s * pk + c * qk;
    }
}

}  // namespace

SymmetricEigen symmetric_eigen(std::vector<double> matrix, std::size_t n) {
    std::vector<double> vectors(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) vectors[i * n + i] = 1;
    constexpr int max_sweeps = 30;
    for (int sweep = 0; sweep < max_sweeps && !is_diagonal(matrix, n); ++sweep)
        for (std::size_t p = 0; p < n; ++p)
            for (std::size_t q = p + 1; q < n; ++q) rotate(matrix, vectors, n, p, q);

    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order,
                             [&](std::size_t a, std::size_t b) { return matrix[a * n + a] > matrix[b * n + b]; });
    SymmetricEigen result;
    result.vectors.resize(n * n);
    for (std::size_t c = 0; c < n; ++c) {
        result.values.push_back(matrix[order[c] * n + order[c]]);
        for (std::size_t r = 0; r < n; ++r) result.vectors[r * n + c] = vectors[r * n + order[c]];
    }
    return result;
}

}  // namespace crosslift::algorithms
