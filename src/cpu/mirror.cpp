#include "cpu/mirror.hpp"

#include "cpu/threads.hpp"

#include <algorithm>

namespace crosslift::cpu {

void mirror_lower(int threads, backend::DenseSpan matrix, float factor) {
    constexpr std::int64_t block = 64;  // a block and its mirror image fit the first-level cache
    const std::int64_t n = matrix.rows;
    parallel_for(n <= block ? 1 : threads, (n + block - 1) / block, [&](std::int64_t task, int) {
        const std::int64_t first = task * block;
        const std::int64_t last = std::min(n, first + block);
        for (std::int64_t col = 0; col < last; col += block)
            for (std::int64_t i = first; i < last; ++i)
                for (std::int64_t j = col; j < std::min(i + 1, col + block); ++j) {
                    const float value = matrix.row(i)[j] * factor;
                    matrix.row(i)[j] = value;
                    matrix.row(j)[i] = value;
                }
    });
}

}  // namespace crosslift::cpu
