// One sweep of ALS on synthetic purchases: seconds, useful GFLOP/s, and the loss reached as a check.
// CROSSLIFT_BENCH_MATRIX=file also writes the purchases (int64 rows, columns, cells; int64 offsets; int32 columns;
// float32 values), so that another program can be timed on the same ones: see benchmarks/compare.
#include "synthetic.hpp"

#include <crosslift/als.hpp>

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

namespace crosslift::bench {
namespace {

template <class T>
void write(std::ofstream& file, const std::vector<T>& numbers) {
    file.write(reinterpret_cast<const char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * sizeof(T)));
}

const CsrMatrix& purchases() {
    static const CsrMatrix matrix = [] {
        CsrMatrix made = synthetic_purchases(40000, 12000, 3000000, 7);
        if (const char* name = std::getenv("CROSSLIFT_BENCH_MATRIX")) {
            std::ofstream file(name, std::ios::binary);
            write(file, std::vector<std::int64_t>{made.rows, made.cols, made.view().nnz()});
            write(file, made.indptr);
            write(file, made.indices);
            write(file, made.values);
        }
        return made;
    }();
    return matrix;
}

/// Seconds that all threads of this process have computed.
double processor_seconds() {
    return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

void als(benchmark::State& state) {
    const CsrMatrix& matrix = purchases();
    AlsOptions options;
    options.factors = static_cast<int>(state.range(0));
    options.solver = state.range(1) == 0 ? AlsSolver::cholesky : AlsSolver::cg;
    options.cg_steps = 3;
    options.threads = static_cast<int>(state.range(2));
    options.iterations = 4;
    options.regularization = 30;
    AlsModel model;
    double processor = 0;
    for (auto _ : state) {
        double first = 0;
        double last = 0;
        Progress progress;
        progress.on_step = [&](const ProgressEvent& event) {
            if (event.step == 1) {
                first = event.seconds;
                processor = processor_seconds();
            }
            last = event.seconds;
        };
        model = fit_als(matrix, options, progress);
        processor = (processor_seconds() - processor) / 3;
        state.SetIterationTime((last - first) / 3);  // per sweep, without the preparation
    }
    const auto d = static_cast<double>(options.factors);
    const auto rows = static_cast<double>(matrix.rows + matrix.cols);
    if (options.solver == AlsSolver::cholesky)
        state.counters["GFLOP/cpu-s"] =
            (2 * static_cast<double>(matrix.view().nnz()) * d * (d + 1) + rows * (d * d * d / 3 + 2 * d * d)) / 1e9 /
            processor;
    state.counters["cpu_s"] = processor;
    state.counters["loss"] = als_loss(model, matrix);
}

BENCHMARK(als)
    ->ArgNames({"factors", "cg", "threads"})
    ->ArgsProduct({{64, 128}, {0, 1}, {1, 0}})
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crosslift::bench
