// fit_ease on synthetic baskets: seconds, and as a check the sum of the absolute weights of 16 items.
#include "gpu.hpp"
#include "synthetic.hpp"

#include <crosslift/ease.hpp>

#include <benchmark/benchmark.h>

#include <cmath>

namespace crosslift::bench {
namespace {

void ease(benchmark::State& state) {
    const CsrMatrix baskets = synthetic_purchases(20000, state.range(0), 500000, 3);
    EaseOptions options;
    options.threads = static_cast<int>(state.range(1));
    EaseModel model;
    for (auto _ : state) model = fit_ease(baskets, {}, options);
    double sum = 0;
    for (std::int64_t item = 0; item < 16; ++item)
        for (const float weight : model.weights.row(item)) sum += std::abs(static_cast<double>(weight));
    state.counters["check"] = sum;
}

/// The whole fit on a GPU, with the copy of the answer to the host.
void ease_gpu(benchmark::State& state) {
    const auto gpu = gpu_or_skip(state);
    if (!gpu) return;
    const std::int64_t items = state.range(0);
    const CsrMatrix baskets = purchases_of({items == 20000 ? "20k items" : "50k items", 200000, items, 4000000});
    EaseOptions options;
    options.device = *gpu;
    EaseModel model;
    for (auto _ : state) model = fit_ease(baskets, {}, options);
    double sum = 0;
    for (std::int64_t item = 0; item < 16; ++item)
        for (const float weight : model.weights.row(item)) sum += std::abs(static_cast<double>(weight));
    state.counters["items"] = static_cast<double>(items);
    state.counters["check"] = sum;
}

BENCHMARK(ease_gpu)->ArgName("items")->Arg(20000)->Arg(50000)->UseRealTime()->Iterations(1)->Unit(
    benchmark::kMillisecond);

BENCHMARK(ease)
    ->ArgNames({"items", "threads"})
    ->ArgsProduct({{1000, 4000}, {1, 0}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crosslift::bench
