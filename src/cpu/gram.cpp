#include "cpu/cpu_backend.hpp"
#include "cpu/gemm.hpp"
#include "cpu/half.hpp"
#include "cpu/mirror.hpp"
#include "cpu/scratch.hpp"
#include "cpu/threads.hpp"

#include <algorithm>

namespace crosslift::cpu {

void CpuBackend::gram(backend::Lane& lane, const backend::FactorView& stored, backend::DenseSpan out) const {
    const std::int64_t d = stored.cols;
    check_shape(out, d, d, "the result of gram");
    const WideFactors wide(threads_of(lane), stored);
    const backend::DenseView factors = wide.view();
    // Rows are cut into stripes by their number alone, and a stripe into pieces short enough for float sums; pieces and
    // stripes are added in order and in double precision.
    constexpr std::int64_t piece = 1024;
    const std::int64_t most_stripes = d <= 128 ? 64 : d <= 512 ? 16 : 8;
    const std::int64_t stripe = std::max(piece, (factors.rows + most_stripes - 1) / most_stripes);
    const std::int64_t stripes = (factors.rows + stripe - 1) / stripe;
    const int threads = threads_of(lane);
    Scratch<double> sums(std::max<std::int64_t>(stripes, 1) * d * d);
    Scratch<float> parts(threads * d * d);
    parallel_for(threads, stripes, [&](std::int64_t s, int worker) {
        double* sum = sums.data() + s * d * d;
        std::fill(sum, sum + d * d, 0.0);
        const backend::DenseSpan part = {parts.data() + worker * d * d, d, d, d};
        const std::int64_t end = std::min(factors.rows, (s + 1) * stripe);
        for (std::int64_t row = s * stripe; row < end; row += piece) {
            const backend::DenseView rows = {factors.row(row), std::min(piece, end - row), d, factors.stride};
            gemm(kernels_, 1, 1, {rows, true}, {rows, false}, 0, part, Part::lower);
            for (std::int64_t i = 0; i < d; ++i)
                for (std::int64_t j = 0; j <= i; ++j) sum[i * d + j] += static_cast<double>(part.row(i)[j]);
        }
    });
    for (std::int64_t i = 0; i < d; ++i)
        for (std::int64_t j = 0; j <= i; ++j) {
            double sum = 0;
            for (std::int64_t s = 0; s < stripes; ++s) sum += sums[(s * d + i) * d + j];
            out.row(i)[j] = static_cast<float>(sum);
        }
    mirror_lower(1, out, 1.0F);
}

}  // namespace crosslift::cpu
