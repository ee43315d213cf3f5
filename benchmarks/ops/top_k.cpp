// top_k: queries per second over a catalog, and as a check the sum of all rows that came back.
#include "filtered_catalog.hpp"

#include <numeric>

namespace crosslift::bench {
namespace {

void top_k(benchmark::State& state) {
    const backend::Backend& machine = *machines()[static_cast<std::size_t>(state.range(0))];
    const std::int64_t items = state.range(1);
    const std::int64_t d = state.range(2);
    const std::int64_t count = state.range(3);
    const auto k = static_cast<int>(state.range(4));
    const auto factors = upload(machine, uniform_numbers(items * d, 1));
    const auto queries = upload(machine, uniform_numbers(count * d, 2));
    const auto prepared = machine.make_items({factors.data(), items, d, d}, factors.memory(), {});
    const auto lane = machine.lane(static_cast<int>(state.range(5)));
    std::vector<std::int32_t> rows(static_cast<std::size_t>(count * k));
    std::vector<float> scores(rows.size());
    for (auto _ : state)
        machine.top_k(*lane, *prepared, {queries.data(), count, d, d}, k, {}, rows.data(), scores.data());
    state.counters["queries/s"] = {static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate};
    state.counters["GFLOP/s"] =
        giga(2.0 * static_cast<double>(items) * static_cast<double>(d) * static_cast<double>(count));
    state.counters["check"] = static_cast<double>(std::accumulate(rows.begin(), rows.end(), std::int64_t{0}));
}

void cases(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgNames({"machine", "items", "d", "queries", "k", "threads"})->Unit(benchmark::kMillisecond);
    benchmark->UseRealTime();
    const auto last = static_cast<std::int64_t>(machines().size()) - 1;
    for (std::int64_t machine = 0; machine <= last; ++machine) benchmark->Args({machine, 4000, 64, 1, 10, 1});
    benchmark->Args({last, 4000, 64, 512, 10, 1});
    benchmark->Args({last, 1000000, 128, 1, 100, 1});
    benchmark->Args({last, 1000000, 128, 128, 100, 1});
    benchmark->Args({last, 1000000, 128, 128, 100, 0});
}

BENCHMARK(top_k)->Apply(cases);

/// The same on one thread of the CPU with each kind of filter.
void top_k_filtered(benchmark::State& state) {
    const backend::Backend& machine = *open_backend({});
    static const FilteredCatalog catalog(machine);
    constexpr int k = 100;
    const std::int64_t count = state.range(0);
    const auto kind = static_cast<Filters>(state.range(1));
    const auto filters = catalog.filters(kind, count);
    const auto lane = machine.lane(1);
    std::vector<std::int32_t> rows(static_cast<std::size_t>(count * k));
    std::vector<float> scores(rows.size());
    for (auto _ : state)
        machine.top_k(*lane, *catalog.prepared, {catalog.queries.data(), count, catalog.d, catalog.d}, k, filters,
                      rows.data(), scores.data());
    state.counters["queries/s"] = {static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate};
    state.counters["check"] = static_cast<double>(std::accumulate(rows.begin(), rows.end(), std::int64_t{0}));
    state.SetLabel(filter_names[kind]);
}

BENCHMARK(top_k_filtered)
    ->ArgNames({"queries", "filter"})
    ->ArgsProduct({{1, 128}, {none, exclusion, category, price}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crosslift::bench
