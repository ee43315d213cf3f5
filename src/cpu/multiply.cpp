#include "cpu/cpu_backend.hpp"
#include "cpu/gemm.hpp"

#include <crosslift/error.hpp>

#include <string>

namespace crosslift::cpu {

void CpuBackend::multiply(backend::Lane& lane, float alpha, backend::DenseView a, bool transpose_a,
                          backend::DenseView b, bool transpose_b, float beta, backend::DenseSpan out) const {
    const Operand left = {a, transpose_a};
    const Operand right = {b, transpose_b};
    if (left.cols() != right.rows())
        throw InvalidArgument("multiply: the left matrix has " + std::to_string(left.cols()) +
                              " columns and the right one " + std::to_string(right.rows()) +
                              " rows; they must be the same");
    check_shape(out, left.rows(), right.cols(), "the result of multiply");
    gemm(kernels_, threads_of(lane), alpha, left, right, beta, out);
}

}  // namespace crosslift::cpu
