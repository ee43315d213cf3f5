// ALS epochs on a GPU at the sizes of public data sets: milliseconds of one sweep over both sides in the steady state,
// and the loss reached as a check. CROSSLIFT_BENCH_MATRIX=file writes the last matrix, as als.cpp does.
#include "gpu.hpp"
#include "synthetic.hpp"

#include <crosslift/als.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace crosslift::bench {
namespace {

template <class T>
void write(std::ofstream& file, const std::vector<T>& numbers) {
    file.write(reinterpret_cast<const char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * sizeof(T)));
}

void write_matrix(const CsrMatrix& matrix) {
    const char* name = std::getenv("CROSSLIFT_BENCH_MATRIX");
    if (name == nullptr) return;
    std::ofstream file(name, std::ios::binary);
    write(file, std::vector<std::int64_t>{matrix.rows, matrix.cols, matrix.view().nnz()});
    write(file, matrix.indptr);
    write(file, matrix.indices);
    write(file, matrix.values);
}

void als_gpu(benchmark::State& state) {
    const auto gpu = gpu_or_skip(state);
    if (!gpu) return;
    const Shape& shape = shapes[state.range(0)];
    const CsrMatrix& matrix = purchases_of(shape);
    AlsOptions options;
    options.device = *gpu;
    options.factors = static_cast<int>(state.range(1));
    options.solver = state.range(2) == 0 ? AlsSolver::cholesky : AlsSolver::cg;
    options.precision = state.range(3) == 0 ? AlsPrecision::strict : AlsPrecision::mixed;
    options.iterations = 8;
    options.regularization = 30;
    AlsModel model;
    for (auto _ : state) {
        std::vector<double> stamps;
        Progress progress;
        progress.on_step = [&](const ProgressEvent& event) { stamps.push_back(event.seconds); };
        model = fit_als(matrix, options, progress);
        std::vector<double> sweeps;
        for (std::size_t sweep = 2; sweep < stamps.size(); ++sweep) sweeps.push_back(stamps[sweep] - stamps[sweep - 1]);
        std::ranges::sort(sweeps);
        state.SetIterationTime(sweeps[sweeps.size() / 2]);  // without the preparation and the first, cold sweeps
        state.counters["least_ms"] = sweeps.front() * 1e3;
        state.counters["most_ms"] = sweeps.back() * 1e3;
    }
    state.counters["cells"] = static_cast<double>(matrix.view().nnz());
    state.counters["customers"] = static_cast<double>(matrix.rows);
    state.counters["items"] = static_cast<double>(matrix.cols);
    state.counters["loss"] = als_loss(model, matrix);
    state.SetLabel(shape.name);
    write_matrix(matrix);
}

BENCHMARK(als_gpu)
    ->ArgNames({"shape", "factors", "cg", "mixed"})
    ->ArgsProduct({{0, 1}, {64, 128, 256}, {0, 1}, {0, 1}})
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crosslift::bench
