#include "cpu/half.hpp"

#include "cpu/cpu_backend.hpp"
#include "cpu/threads.hpp"
#include "formulas/half.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift::cpu {
namespace {

constexpr std::int64_t rows_per_task = 1024;

/// visit(row, worker) for all rows.
template <class Visit>
void for_each_row(int threads, std::int64_t rows, const Visit& visit) {
    parallel_for(threads, (rows + rows_per_task - 1) / rows_per_task, [&](std::int64_t task, int worker) {
        for (std::int64_t r = task * rows_per_task; r < std::min(rows, (task + 1) * rows_per_task); ++r)
            visit(r, worker);
    });
}

}  // namespace

float half_scale_of(int threads, backend::DenseView factors) {
    const Scratch<float> largest(threads);
    std::fill_n(largest.data(), threads, 0.0F);
    for_each_row(threads, factors.rows, [&](std::int64_t r, int worker) {
        for (std::int64_t c = 0; c < factors.cols; ++c)
            largest[worker] = std::max(largest[worker], std::fabs(factors.row(r)[c]));
    });
    return formulas::half_scale(*std::max_element(largest.data(), largest.data() + threads));
}

WideFactors::WideFactors(int threads, const backend::FactorView& from) {
    if (from.is_plain()) {
        view_ = from.plain();
        return;
    }
    memory_.resize(from.rows * from.cols);
    const backend::DenseSpan to = {memory_.data(), from.rows, from.cols, from.cols};
    widen_factors(threads, from, to);
    view_ = to;
}

void widen_factors(int threads, const backend::FactorView& from, backend::DenseSpan to) {
    for_each_row(threads, from.rows, [&](std::int64_t r, int) {
        const auto* halves = static_cast<const std::uint16_t*>(from.data) + r * from.stride;
        const auto* floats = static_cast<const float*>(from.data) + r * from.stride;
        for (std::int64_t c = 0; c < from.cols; ++c)
            to.row(r)[c] = from.scale * (from.dtype == DType::f16 ? formulas::half_value(halves[c]) : floats[c]);
    });
}

float CpuBackend::narrow(backend::Lane& lane, backend::DenseView from, backend::HalfSpan out) const {
    check_shape(from, out.rows, out.cols, "what narrow is to round");
    const int threads = threads_of(lane);
    const float scale = half_scale_of(threads, from);
    for_each_row(threads, from.rows, [&](std::int64_t r, int) {
        for (std::int64_t c = 0; c < from.cols; ++c) out.row(r)[c] = formulas::half_bits(from.row(r)[c] / scale);
    });
    return scale;
}

void CpuBackend::widen(backend::Lane& lane, const backend::FactorView& from, backend::DenseSpan out) const {
    check_shape(out, from.rows, from.cols, "the result of widen");
    widen_factors(threads_of(lane), from, out);
}

}  // namespace crosslift::cpu
