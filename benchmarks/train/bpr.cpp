// Epochs of BPR on synthetic purchases: pairs per processor second, and as a check the share of pairs in order at the
// end. CROSSLIFT_BENCH_MATRIX=file also writes the purchases, as in als.cpp.
#include "synthetic.hpp"

#include <crosslift/bpr.hpp>

#include <benchmark/benchmark.h>

#include <ctime>

namespace crosslift::bench {
namespace {

void bpr(benchmark::State& state) {
    static const CsrMatrix matrix = synthetic_purchases(40000, 12000, 3000000, 7);
    BprOptions options;
    options.factors = static_cast<int>(state.range(0));
    options.threads = static_cast<int>(state.range(1));
    options.iterations = 3;
    BprModel model;
    double processor = 0;
    for (auto _ : state) {
        double first = 0;
        Progress progress;
        progress.on_step = [&](const ProgressEvent& event) {
            const double now = static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
            if (event.step == 1) first = now;
            processor = (now - first) / (options.iterations - 1);
        };
        model = fit_bpr(matrix, options, progress);
    }
    state.counters["cpu_s"] = processor;
    state.counters["pairs/cpu_s"] = static_cast<double>(matrix.view().nnz()) / processor;
    state.counters["auc"] = model.train_auc.back();
}

BENCHMARK(bpr)
    ->ArgNames({"factors", "threads"})
    ->Args({32, 1})
    ->Args({64, 1})
    ->Args({128, 1})
    ->Args({64, 0})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crosslift::bench
