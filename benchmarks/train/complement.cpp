// The complement model on synthetic baskets: seconds for a whole fit (tuning, last fit, compression) and for one
// basket's scores; what the served form keeps of the full matrix's hit rate stands beside them.
#include "synthetic.hpp"

#include <crosslift/complement.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

namespace crosslift::bench {
namespace {

const CsrMatrix& baskets(std::int64_t items) {
    static CsrMatrix made;
    if (made.cols != items) made = synthetic_purchases(60000, items, 600000, 7);
    return made;
}

void fit(benchmark::State& state) {
    ComplementModel model;
    for (auto _ : state) model = fit_complement(baskets(state.range(0)), {}, {});
    state.counters["trials"] = static_cast<double>(model.trials.size());
    state.counters["kept_hr10"] = model.kept_hr10;
}

void score(benchmark::State& state) {
    ComplementOptions options;
    options.tune = false;
    options.factors = static_cast<int>(state.range(1));
    const ComplementModel model = fit_complement(baskets(state.range(0)), {}, {}, options);
    const std::vector<std::int32_t> basket = {1, 5, 17, 40, 111, 402};
    std::vector<float> scores(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        std::ranges::fill(scores, 0.0F);
        add_basket_scores(model, basket, scores);
        benchmark::DoNotOptimize(scores.data());
    }
    double sum = 0;
    for (const float value : scores) sum += static_cast<double>(value);
    state.counters["checksum"] = sum;
}

BENCHMARK(fit)->Name("complement_fit")->ArgName("items")->Arg(1000)->Arg(4000)->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK(score)->Name("complement_score")->ArgNames({"items", "factors"})->Args({4000, 0})->Args({4000, 64});

}  // namespace
}  // namespace crosslift::bench
