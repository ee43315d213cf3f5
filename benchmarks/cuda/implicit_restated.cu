// A restatement of the algorithm of implicit's GPU least squares (its published kernel design, in words and code of our
// own): a baseline for machines where implicit itself cannot run. A block of as many threads as there are factors takes
// a row; every product with a cell's factors is a sum over the whole block; every step of conjugate gradients reads all
// of the row's factors anew; rows are taken in their order and never cut.
#include "gpu_timer.hpp"
#include "train/synthetic.hpp"

#include <cublas_v2.h>

namespace crosslift::bench {
namespace {

struct Cells {
    const std::int64_t* indptr;
    const std::int32_t* indices;
    const float* values;
    std::int64_t rows;
};

/// The sum over the block, in every thread; two barriers.
__device__ float block_sum(float value, float* shared) {
    for (int step = 16; step > 0; step /= 2) value += __shfl_down_sync(0xFFFFFFFFU, value, step);
    if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = value;
    __syncthreads();
    if (threadIdx.x < 32) {
        float sum = threadIdx.x < blockDim.x / 32 ? shared[threadIdx.x] : 0.0F;
        for (int step = 16; step > 0; step /= 2) sum += __shfl_down_sync(0xFFFFFFFFU, sum, step);
        if (threadIdx.x == 0) shared[32] = sum;
    }
    __syncthreads();
    return shared[32];
}

/// Row sums of the dense part: (Y'Y + ridge I) v for this thread's factor; v lies in shared memory.
__device__ float dense_part(const float* gram, const float* v, float ridge, int d) {
    float sum = ridge * v[threadIdx.x];
    for (int j = 0; j < d; ++j) sum += gram[j * d + static_cast<int>(threadIdx.x)] * v[j];
    return sum;
}

/// X row by row: minimises sum c (p - x.y)^2 + ridge |x|^2 with c = 1 + r, by `steps` steps from the old X.
__global__ void solve_kernel(Cells cells, const float* fixed, const float* gram, float ridge, int d, int steps,
                             float* solved) {
    extern __shared__ float memory[];
    float* v = memory;
    float* sums = memory + d;
    const auto me = threadIdx.x;
    for (std::int64_t row = blockIdx.x; row < cells.rows; row += gridDim.x) {
        const std::int64_t begin = cells.indptr[row];
        const std::int64_t end = cells.indptr[row + 1];
        float x = begin == end ? 0.0F : solved[row * d + me];
        v[me] = x;
        __syncthreads();
        float residual = -dense_part(gram, v, ridge, d);
        for (std::int64_t cell = begin; cell < end; ++cell) {
            const float y = fixed[static_cast<std::int64_t>(cells.indices[cell]) * d + me];
            const float r = cells.values[cell];
            residual += (1.0F + r - r * block_sum(y * x, sums)) * y;
        }
        float direction = residual;
        float rest = block_sum(residual * residual, sums);
        for (int step = 0; step < steps && rest > 1e-20F; ++step) {
            __syncthreads();
            v[me] = direction;
            __syncthreads();
            float image = dense_part(gram, v, ridge, d);
            for (std::int64_t cell = begin; cell < end; ++cell) {
                const float y = fixed[static_cast<std::int64_t>(cells.indices[cell]) * d + me];
                image += cells.values[cell] * block_sum(y * direction, sums) * y;
            }
            const float length = rest / block_sum(direction * image, sums);
            x += length * direction;
            residual -= length * image;
            const float next = block_sum(residual * residual, sums);
            direction = residual + next / rest * direction;
            rest = next;
        }
        solved[row * d + me] = x;
        __syncthreads();
    }
}

class Training {
public:
    Training(const CsrMatrix& matrix, int d)
        : d_(d), transposed_(transpose(matrix)), customers_(matrix), items_(transposed_) {
        x_ = factors(matrix.rows, 1);
        y_ = factors(matrix.cols, 2);
        gram_ = device_memory<float>(std::int64_t{d} * d);
        if (cublasCreate(&handle_) != CUBLAS_STATUS_SUCCESS) throw std::runtime_error("cublasCreate");
        check(cudaDeviceGetAttribute(&multiprocessors_, cudaDevAttrMultiProcessorCount, 0), "cudaDeviceGetAttribute");
    }
    Training(const Training&) = delete;
    Training& operator=(const Training&) = delete;
    ~Training() { cublasDestroy(handle_); }

    void epoch(cudaStream_t stream) {
        half(stream, customers_, y_.get(), items_.cells.rows, x_.get());
        half(stream, items_, x_.get(), customers_.cells.rows, y_.get());
    }

    std::vector<float> customers() const { return to_host(x_.get(), customers_.cells.rows * d_); }
    std::vector<float> items() const { return to_host(y_.get(), items_.cells.rows * d_); }

private:
    struct Side {
        OnDevice<std::int64_t> indptr;
        OnDevice<std::int32_t> indices;
        OnDevice<float> values;
        Cells cells;

        explicit Side(const CsrMatrix& matrix)
            : indptr(to_device(matrix.indptr)),
              indices(to_device(matrix.indices)),
              values(to_device(matrix.values)),
              cells{indptr.get(), indices.get(), values.get(), matrix.rows} {}
    };

    OnDevice<float> factors(std::int64_t rows, std::uint32_t seed) const {
        std::mt19937 generator(seed);
        std::uniform_real_distribution<float> uniform(-0.01F, 0.01F);
        std::vector<float> numbers(static_cast<std::size_t>(rows * d_));
        for (float& number : numbers) number = uniform(generator);
        return to_device(numbers);
    }

    static std::vector<float> to_host(const float* from, std::int64_t count) {
        std::vector<float> host(static_cast<std::size_t>(count));
        check(cudaMemcpy(host.data(), from, host.size() * sizeof(float), cudaMemcpyDeviceToHost), "cudaMemcpy");
        return host;
    }

    void half(cudaStream_t stream, const Side& side, const float* fixed, std::int64_t fixed_rows, float* solved) {
        const float one = 1;
        const float zero = 0;
        cublasSetStream(handle_, stream);
        const cublasStatus_t status =
            cublasSgemm(handle_, CUBLAS_OP_N, CUBLAS_OP_T, d_, d_, static_cast<int>(fixed_rows), &one, fixed, d_, fixed,
                        d_, &zero, gram_.get(), d_);
        if (status != CUBLAS_STATUS_SUCCESS) throw std::runtime_error(cublasGetStatusString(status));
        const auto shared = static_cast<std::size_t>(d_ + 33) * sizeof(float);
        solve_kernel<<<static_cast<unsigned>(256 * multiprocessors_), static_cast<unsigned>(d_), shared, stream>>>(
            side.cells, fixed, gram_.get(), 30.0F, d_, 3, solved);
        check(cudaGetLastError(), "solve_kernel");
    }

    int d_;
    CsrMatrix transposed_;
    Side customers_;
    Side items_;
    OnDevice<float> x_;
    OnDevice<float> y_;
    OnDevice<float> gram_;
    cublasHandle_t handle_ = nullptr;
    int multiprocessors_ = 0;
};

/// The objective over stored cells and all cells, with confidence 1 + r and regularization 30, in double precision.
double objective(const CsrMatrix& matrix, const std::vector<float>& x, const std::vector<float>& y, std::size_t d) {
    std::vector<double> gram_x(d * d, 0.0), gram_y(d * d, 0.0);
    double loss = 0;
    const auto add = [&](const std::vector<float>& factors, std::vector<double>& gram) {
        for (std::size_t row = 0; row < factors.size() / d; ++row)
            for (std::size_t i = 0; i < d; ++i) {
                const double a = static_cast<double>(factors[row * d + i]);
                loss += 30 * a * a;
                for (std::size_t j = 0; j < d; ++j) gram[i * d + j] += a * static_cast<double>(factors[row * d + j]);
            }
    };
    add(x, gram_x);
    add(y, gram_y);
    for (std::size_t e = 0; e < d * d; ++e) loss += gram_x[e] * gram_y[e];
    for (std::int64_t row = 0; row < matrix.rows; ++row)
        for (std::int64_t cell = matrix.indptr[static_cast<std::size_t>(row)];
             cell < matrix.indptr[static_cast<std::size_t>(row) + 1]; ++cell) {
            const auto item = static_cast<std::size_t>(matrix.indices[static_cast<std::size_t>(cell)]);
            double score = 0;
            for (std::size_t i = 0; i < d; ++i)
                score += static_cast<double>(x[static_cast<std::size_t>(row) * d + i]) *
                         static_cast<double>(y[item * d + i]);
            const double r = static_cast<double>(matrix.values[static_cast<std::size_t>(cell)]);
            loss += (1 + r) * (1 - score) * (1 - score) - score * score;
        }
    return loss;
}

void implicit_restated(benchmark::State& state) {
    if (!has_gpu(state)) return;
    const Shape& shape = shapes[state.range(0)];
    const CsrMatrix& matrix = purchases_of(shape);
    const auto d = static_cast<int>(state.range(1));
    try {
        Training training(matrix, d);
        time_on_gpu(state, [&](cudaStream_t stream) { training.epoch(stream); });
        if (d == 64 && state.range(0) == 0)
            state.counters["loss"] = objective(matrix, training.customers(), training.items(), 64);
    } catch (const std::exception& error) {
        state.SkipWithError(error.what());
    }
    state.SetLabel(std::string(shape.name) + ", restated");
}

// Two epochs before the first, six in all: as many as benchmarks/train/als_gpu.cpp has done when its loss is taken.
BENCHMARK(implicit_restated)
    ->ArgNames({"shape", "factors"})
    ->ArgsProduct({{0, 1}, {64, 128, 256}})
    ->UseManualTime()
    ->Iterations(6)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crosslift::bench
