// Dense matrix products, the heart of multiply, gram and invert_spd.
#pragma once

#include "backend/array.hpp"
#include "cpu/kernels.hpp"

#include <stop_token>

namespace crosslift::cpu {

/// A dense operand, taken as it is or transposed.
struct Operand {
    backend::DenseView view;
    bool transposed = false;

    std::int64_t rows() const { return transposed ? view.cols : view.rows; }
    std::int64_t cols() const { return transposed ? view.rows : view.cols; }
    std::int64_t row_step() const { return transposed ? 1 : view.stride; }
    std::int64_t col_step() const { return transposed ? view.stride : 1; }
};

/// Packs `size` vectors of length `depth` into panels of `width`: to[(panel * depth + k) * width + lane].
/// Vector v begins at from + v * step and goes on in steps of depth_step, one of which is 1. Missing lanes are zero.
void pack_panels(const Kernels& kernels, const float* from, std::int64_t step, std::int64_t depth_step,
                 std::int64_t size, std::int64_t depth, std::int64_t width, float* to);

enum class Part {
    whole,
    lower,  ///< only the lower triangle of the result counts; what lies above it is left undefined
};

/// out = alpha * a b + beta * out. With beta 0, `out` is not read. A requested stop leaves `out` unfinished.
/// The order in which one number is summed depends on the sizes alone.
void gemm(const Kernels& kernels, int threads, float alpha, const Operand& a, const Operand& b, float beta,
          backend::DenseSpan out, Part part = Part::whole, const std::stop_token& stop = {});

}  // namespace crosslift::cpu
