// The part of cuBLAS that the CUDA backend calls, written for clarity.
#include "emulation/block.hpp"
#include "emulation/runtime.hpp"

#include <cublas_v2.h>
#include <vector>

#if defined(CROSSLIFT_EMULATION_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace {

struct Handle {
    cudaStream_t stream = nullptr;
    bool has_workspace = false;
};

Handle& handle_of(cublasHandle_t handle) {
    return *reinterpret_cast<Handle*>(handle);
}

/// Reports the first number of a column-major matrix that may not be touched.
void check_columns([[maybe_unused]] const float* data, [[maybe_unused]] std::int64_t rows,
                   [[maybe_unused]] std::int64_t cols, [[maybe_unused]] std::int64_t stride) {
#if defined(CROSSLIFT_EMULATION_ASAN)
    for (std::int64_t col = 0; col < cols; ++col)
        if (void* bad = __asan_region_is_poisoned(const_cast<float*>(data + col * stride),
                                                  static_cast<std::size_t>(rows) * sizeof(float)))
            __asan_report_error(nullptr, nullptr, nullptr, bad, 0, sizeof(float));
#endif
}

/// Column-major, as in BLAS. `c` is not read where beta is 0.
struct Product {
    bool transpose_a, transpose_b;
    std::int64_t m, n, k;
    float alpha;
    const float* a;
    std::int64_t lda;
    const float* b;
    std::int64_t ldb;
    float beta;
    float* c;
    std::int64_t ldc;

    void run() const {
        // This file is not instrumented, for speed; so the operands are checked whole.
        check_columns(a, transpose_a ? k : m, transpose_a ? m : k, lda);
        check_columns(b, transpose_b ? n : k, transpose_b ? k : n, ldb);
        check_columns(c, m, n, ldc);
        std::vector<float> column(static_cast<std::size_t>(m));
        for (std::int64_t j = 0; j < n; ++j) {
            column.assign(column.size(), 0.0F);
            for (std::int64_t p = 0; p < k; ++p) {
                const float factor = transpose_b ? b[p * ldb + j] : b[j * ldb + p];
                for (std::int64_t i = 0; i < m; ++i)
                    column[static_cast<std::size_t>(i)] += (transpose_a ? a[i * lda + p] : a[p * lda + i]) * factor;
            }
            for (std::int64_t i = 0; i < m; ++i) {
                float& out = c[j * ldc + i];
                out = alpha * column[static_cast<std::size_t>(i)] + (beta == 0.0F ? 0.0F : beta * out);
            }
        }
    }
};

}  // namespace

extern "C" {

const char* cublasGetStatusString(cublasStatus_t) {
    return "an emulated cuBLAS error";
}

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
    *handle = reinterpret_cast<cublasHandle_t>(new Handle);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
    delete &handle_of(handle);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
    handle_of(handle) = {stream, false};  // as the real one, this resets the workspace
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void*, std::size_t) {
    handle_of(handle).has_workspace = true;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSgemm_v2_64(cublasHandle_t handle, cublasOperation_t transpose_a, cublasOperation_t transpose_b,
                                 std::int64_t m, std::int64_t n, std::int64_t k, const float* alpha, const float* a,
                                 std::int64_t lda, const float* b, std::int64_t ldb, const float* beta, float* c,
                                 std::int64_t ldc) {
    const bool ta = transpose_a != CUBLAS_OP_N;
    const bool tb = transpose_b != CUBLAS_OP_N;
    if (!handle_of(handle).has_workspace) return CUBLAS_STATUS_NOT_INITIALIZED;
    if (m < 0 || n < 0 || k < 0 || lda < std::max<std::int64_t>(1, ta ? k : m) ||
        ldb < std::max<std::int64_t>(1, tb ? n : k) || ldc < std::max<std::int64_t>(1, m))
        return CUBLAS_STATUS_INVALID_VALUE;
    const Product product = {ta, tb, m, n, k, *alpha, a, lda, b, ldb, *beta, c, ldc};
    emulation::enqueue(handle_of(handle).stream, [product] { product.run(); });
    return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
