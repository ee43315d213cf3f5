#include "cpu/cpu_backend.hpp"
#include "cpu/threads.hpp"
#include "formulas/philox.hpp"

#include <algorithm>

namespace crosslift::cpu {

void CpuBackend::fill_factors(backend::Lane& lane, backend::DenseSpan out, std::uint64_t seed, backend::Table table,
                              float scale) const {
    constexpr std::int64_t rows_per_task = 256;
    parallel_for(threads_of(lane), (out.rows + rows_per_task - 1) / rows_per_task, [&](std::int64_t task, int) {
        const std::int64_t end = std::min(out.rows, (task + 1) * rows_per_task);
        for (std::int64_t row = task * rows_per_task; row < end; ++row)
            for (std::int64_t col = 0; col < out.cols; col += 4) {
                const auto words = formulas::random_words(seed, static_cast<std::uint32_t>(table), row,
                                                          static_cast<std::uint32_t>(col / 4));
                const std::int64_t used = std::min<std::int64_t>(4, out.cols - col);
                for (std::int64_t i = 0; i < used; ++i)
                    out.row(row)[col + i] = formulas::symmetric_uniform(words.word[i]) * scale;
            }
    });
}

}  // namespace crosslift::cpu
