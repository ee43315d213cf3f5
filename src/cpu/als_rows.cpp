#include "cpu/als_rows.hpp"

#include "cpu/half.hpp"
#include "cpu/threads.hpp"
#include "formulas/als.hpp"
#include "formulas/half.hpp"

#include <algorithm>

namespace crosslift::cpu {

PaddedFactors::PaddedFactors(int threads, const backend::FactorView& fixed, std::int64_t padded, bool mixed) {
    const WideFactors wide(threads, fixed);
    const backend::DenseView from = wide.view();
    const bool round = mixed && fixed.dtype != DType::f16;
    if (fixed.is_plain() && !round && from.cols == padded && from.stride == padded) {
        data_ = from.data;
        return;
    }
    const float scale = round ? half_scale_of(threads, from) : 1.0F;
    memory_.resize(from.rows * padded);
    constexpr std::int64_t rows_per_task = 1024;
    parallel_for(threads, (from.rows + rows_per_task - 1) / rows_per_task, [&](std::int64_t task, int) {
        for (std::int64_t r = task * rows_per_task; r < std::min(from.rows, (task + 1) * rows_per_task); ++r) {
            float* to = memory_.data() + r * padded;
            if (round)
                for (std::int64_t c = 0; c < from.cols; ++c)
                    to[c] = scale * formulas::half_value(formulas::half_bits(from.row(r)[c] / scale));
            else
                std::copy_n(from.row(r), from.cols, to);
            std::fill(to + from.cols, to + padded, 0.0F);
        }
    });
    data_ = memory_.data();
}

AlsCells als_cells(const CsrView& rows, std::int64_t row) {
    const std::int64_t begin = rows.begin(row);
    return {rows.indices.data() + begin, rows.values.empty() ? nullptr : rows.values.data() + begin, nullptr,
            rows.end(row) - begin};
}

float ridge_of(const backend::AlsStep& step, std::int64_t cells) {
    return formulas::als_ridge(step.regularization, step.frequency_offset, step.nu, cells);
}

void sum_long_row(const Kernels& kernels, int threads, const AlsSystem& system, const AlsCells& cells, float* total,
                  float* scratch, const std::stop_token& stop) {
    const std::int64_t parts = (cells.size + long_row_part - 1) / long_row_part;
    const std::int64_t padded = system.padded;
    const std::int64_t part_size = (padded + 1) * padded;  // matrix, then right-hand side
    const std::int64_t at_once = std::min<std::int64_t>(parts, std::max(2 * threads, 8));
    const std::int64_t scratch_size = kernels.als_scratch(padded);
    const Scratch<float> sums(at_once * part_size);
    std::copy_n(system.gram, padded * padded, total);
    std::fill_n(total + padded * padded, padded, 0.0F);
    for (std::int64_t first = 0; first < parts && !stop.stop_requested(); first += at_once) {
        const std::int64_t count = std::min(at_once, parts - first);
        parallel_for(threads, count, [&](std::int64_t part, int worker) {
            float* sum = sums.data() + part * part_size;
            std::fill_n(sum, part_size, 0.0F);
            const std::int64_t begin = (first + part) * long_row_part;
            const AlsCells some = {cells.columns + begin, cells.values == nullptr ? nullptr : cells.values + begin,
                                   cells.targets == nullptr ? nullptr : cells.targets + begin,
                                   std::min(long_row_part, cells.size - begin)};
            kernels.als_accumulate(system, some, sum, sum, sum + padded * padded, scratch + worker * scratch_size);
        });
        for (std::int64_t part = 0; part < count; ++part)
            for (std::int64_t i = 0; i < part_size; ++i) total[i] += sums[part * part_size + i];
    }
}

}  // namespace crosslift::cpu
