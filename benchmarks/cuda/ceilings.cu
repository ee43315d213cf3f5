// What this GPU can do at most: copy its memory, gather rows by the index stream of real trainings, multiply matrices.
// Floors of the other benchmarks are made of these numbers (scripts/gpu_report.py).
#include "gpu_timer.hpp"
#include "train/synthetic.hpp"

#include <cublas_v2.h>
#include <cuda_fp16.h>

namespace crosslift::bench {
namespace {

benchmark::Counter per_second(double work) {
    return {work, benchmark::Counter::kIsIterationInvariantRate};
}

void copy(benchmark::State& state) {
    if (!has_gpu(state)) return;
    const std::int64_t bytes = std::int64_t{2} << 30;
    const auto from = device_memory<char>(bytes);
    const auto to = device_memory<char>(bytes);
    time_on_gpu(state, [&](cudaStream_t stream) {
        check(cudaMemcpyAsync(to.get(), from.get(), static_cast<std::size_t>(bytes), cudaMemcpyDeviceToDevice, stream),
              "cudaMemcpyAsync");
    });
    state.counters["bytes/s"] = per_second(2.0 * static_cast<double>(bytes));
}

/// Reads rows of `words` 16-byte words by `indices`; a warp takes 32 indices after each other, as the kernels do. The
/// sum keeps the compiler from leaving the reads out.
__global__ void __launch_bounds__(256)
    gather_kernel(const std::int32_t* indices, std::int64_t count, const uint4* table, int words, unsigned* sums) {
    const std::int64_t warp = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
    const int lane = static_cast<int>(threadIdx.x) % 32;
    unsigned sum = 0;
    const std::int64_t first = warp * 32;
    const std::int64_t last = first + 32 < count ? first + 32 : count;
    const int rows_at_once = words >= 32 ? 1 : 32 / words;
    for (std::int64_t cell = first + lane / words % rows_at_once; cell < last; cell += rows_at_once)
        for (int word = words >= 32 ? lane : lane % words; word < words; word += 32) {
            const uint4 four = table[static_cast<std::int64_t>(indices[cell]) * words + word];
            sum += four.x ^ four.y ^ four.z ^ four.w;
        }
    if (sum == 0x9E3779B9U) sums[lane] = sum;
}

/// The half sweep over customers reads item rows; that over items reads customer rows.
void gather(benchmark::State& state) {
    if (!has_gpu(state)) return;
    const Shape& shape = shapes[state.range(0)];
    const std::int64_t row_bytes = state.range(1);
    const bool by_item = state.range(2) != 0;
    const CsrMatrix& customers = purchases_of(shape);
    const CsrMatrix items = by_item ? transpose(customers) : CsrMatrix{};
    const CsrMatrix& matrix = by_item ? items : customers;
    const auto indices = to_device(matrix.indices);
    const auto table = device_memory<char>(matrix.cols * row_bytes);
    const auto sums = device_memory<unsigned>(32);
    check(cudaMemset(table.get(), 1, static_cast<std::size_t>(matrix.cols * row_bytes)), "cudaMemset");
    const auto count = static_cast<std::int64_t>(matrix.indices.size());
    time_on_gpu(state, [&](cudaStream_t stream) {
        gather_kernel<<<static_cast<unsigned>((count + 255) / 256), 256, 0, stream>>>(
            indices.get(), count, reinterpret_cast<const uint4*>(table.get()), static_cast<int>(row_bytes / 16),
            sums.get());
        check(cudaGetLastError(), "gather");
    });
    state.counters["bytes/s"] = per_second(static_cast<double>(count * row_bytes));
    state.SetLabel(std::string(shape.name) + (by_item ? ", customers' rows" : ", items' rows"));
}

/// n x n x n by cuBLAS: 0 fp32, 1 TF32, 2 fp16 with fp32 sums.
void product(benchmark::State& state) {
    if (!has_gpu(state)) return;
    const int n = 8192;
    const auto kind = state.range(0);
    const std::int64_t size = std::int64_t{n} * n;
    std::vector<__half> halves;
    std::vector<float> singles(static_cast<std::size_t>(size));
    std::mt19937 generator(5);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (float& number : singles) number = uniform(generator);
    for (const float number : singles) halves.push_back(__float2half(number));
    const auto a16 = to_device(halves), b16 = to_device(halves), c16 = device_memory<__half>(size);
    const auto a32 = to_device(singles), b32 = to_device(singles), c32 = device_memory<float>(size);
    cublasHandle_t handle = nullptr;
    if (cublasCreate(&handle) != CUBLAS_STATUS_SUCCESS) return state.SkipWithError("cublasCreate");
    const float one = 1;
    const float zero = 0;
    time_on_gpu(state, [&](cudaStream_t stream) {
        cublasSetStream(handle, stream);
        const cublasStatus_t status =
            kind == 2
                ? cublasGemmEx(handle, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, &one, a16.get(), CUDA_R_16F, n, b16.get(),
                               CUDA_R_16F, n, &zero, c16.get(), CUDA_R_16F, n, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT)
                : cublasGemmEx(handle, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, &one, a32.get(), CUDA_R_32F, n, b32.get(),
                               CUDA_R_32F, n, &zero, c32.get(), CUDA_R_32F, n,
                               kind == 1 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
        if (status != CUBLAS_STATUS_SUCCESS) throw std::runtime_error(cublasGetStatusString(status));
    });
    cublasDestroy(handle);
    state.counters["FLOP/s"] = per_second(2.0 * n * n * n);
    const char* const names[] = {"fp32", "TF32", "fp16 into fp32"};
    state.SetLabel(names[kind]);
}

BENCHMARK(copy)->Name("ceiling_copy")->UseManualTime()->MinTime(0.2)->Unit(benchmark::kMillisecond);
BENCHMARK(gather)
    ->Name("ceiling_gather")
    ->ArgNames({"shape", "row_bytes", "by_item"})
    ->ArgsProduct({{0, 1}, {128, 256, 512, 1024}, {0, 1}})
    ->UseManualTime()
    ->MinTime(0.05)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(product)
    ->Name("ceiling_product")
    ->ArgName("kind")
    ->DenseRange(0, 2)
    ->UseManualTime()
    ->MinTime(0.2)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crosslift::bench
