#include "offers/solve_spd.hpp"

#include <cmath>
#include <cstddef>

namespace crosslift {

std::vector<double> solve_spd(std::vector<double> a, std::vector<double> b) {
    const std::size_t size = b.size();
    for (std::size_t j = 0; j < size; ++j) {
        for (std::size_t k = 0; k < j; ++k) a[j * size + j] -= a[j * size + k] * a[j * size + k];
        a[j * size + j] = std::sqrt(a[j * size + j]);
        for (std::size_t i = j + 1; i < size; ++i) {
            for (std::size_t k = 0; k < j; ++k) a[i * size + j] -= a[i * size + k] * a[j * size + k];
            a[i * size + j] /= a[j * size + j];
        }
    }
    for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t k = 0; k < i; ++k) b[i] -= a[i * size + k] * b[k];
        b[i] /= a[i * size + i];
    }
    for (std::size_t i = size; i-- > 0;) {
        for (std::size_t k = i + 1; k < size; ++k) b[i] -= a[k * size + i] * b[k];
        b[i] /= a[i * size + i];
    }
    return b;
}

}  // namespace crosslift
