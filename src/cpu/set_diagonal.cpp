#include "cpu/cpu_backend.hpp"

#include <crosslift/error.hpp>

#include <string>

namespace crosslift::cpu {

void CpuBackend::set_diagonal(backend::Lane& lane, std::span<const float> values, backend::DenseSpan matrix) const {
    threads_of(lane);
    const auto n = static_cast<std::int64_t>(values.size());
    check_shape(matrix, n, n, "the matrix of set_diagonal");
    for (std::int64_t i = 0; i < n; ++i) matrix.row(i)[i] = values[static_cast<std::size_t>(i)];
}

}  // namespace crosslift::cpu
