// top_k on a GPU: a million items x 128 factors, k = 100, alone and in batches, with each kind of filter.
#include "filtered_catalog.hpp"

#include <numeric>

namespace crosslift::bench {
namespace {

constexpr int k = 100;

void top_k_gpu(benchmark::State& state) {
    const backend::Backend& machine = *machines().back();
    if (machine.device().kind != Device::Kind::cuda) {
        state.SkipWithError(("no GPU: " + devices().back().unavailable_reason).c_str());
        return;
    }
    static const FilteredCatalog catalog(machine);
    const std::int64_t count = state.range(0);
    const auto kind = static_cast<Filters>(state.range(1));
    const auto filters = catalog.filters(kind, count);
    const auto lane = machine.lane(0);
    std::vector<std::int32_t> rows(static_cast<std::size_t>(count * k));
    std::vector<float> scores(rows.size());
    for (auto _ : state)
        machine.top_k(*lane, *catalog.prepared, {catalog.queries.data(), count, catalog.d, catalog.d}, k, filters,
                      rows.data(), scores.data());
    if (kind == none) write("rows-" + std::to_string(count) + ".i32", rows);
    state.counters["queries/s"] = {static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate};
    state.counters["check"] = static_cast<double>(std::accumulate(rows.begin(), rows.end(), std::int64_t{0}));
    state.SetLabel(filter_names[kind]);
}

BENCHMARK(top_k_gpu)
    ->ArgNames({"queries", "filter"})
    ->ArgsProduct({{1, 1024}, {none, exclusion, category, price}})
    ->UseRealTime()
    ->MinTime(0.4)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace crosslift::bench
