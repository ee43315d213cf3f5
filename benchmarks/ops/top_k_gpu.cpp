// top_k on a GPU: a million items x 128 factors, k = 100, alone and in batches, with each kind of filter.
// CROSSLIFT_BENCH_FOLDER=folder writes items, queries and answers (items.f32, queries.f32, rows-BATCH.i32), so that
// another program can answer the same queries: see benchmarks/compare/torch_top_k.py.
#include "machine.hpp"

#include <cstdlib>
#include <fstream>
#include <numeric>

namespace crosslift::bench {
namespace {

constexpr std::int64_t items = 1000000;
constexpr std::int64_t d = 128;
constexpr std::int64_t most_queries = 1024;
constexpr int k = 100;
constexpr std::int64_t excluded = 200;

enum Filters { none = 0, exclusion = 1, category = 2, price = 3 };

template <class T>
void write(const std::string& name, const std::vector<T>& numbers) {
    const char* folder = std::getenv("CROSSLIFT_BENCH_FOLDER");
    if (folder == nullptr) return;
    std::ofstream file(std::string(folder) + "/" + name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * sizeof(T)));
}

/// The catalog and the queries, once per program.
struct Catalog {
    explicit Catalog(const backend::Backend& machine) : host_queries(uniform_numbers(most_queries * d, 2)) {
        const std::vector<float> host = uniform_numbers(items * d, 1);
        write("items.f32", host);
        write("queries.f32", host_queries);
        factors = upload(machine, host);
        queries = upload(machine, host_queries);
        std::vector<std::int32_t> categories(static_cast<std::size_t>(items));
        for (std::size_t item = 0; item < categories.size(); ++item)
            categories[item] = static_cast<std::int32_t>(item * 2654435761U % 100);
        const std::vector<float> prices = uniform_numbers(items, 3);
        prepared = machine.make_items({factors.data(), items, d, d}, factors.memory(), {categories, prices, {}});
        for (std::int64_t entry = 0; entry < most_queries * excluded; ++entry)
            seen.push_back(static_cast<std::int32_t>(static_cast<std::uint64_t>(entry) * 2654435761U %
                                                     static_cast<std::uint64_t>(items)));
    }

    std::vector<backend::QueryFilter> filters(Filters kind, std::int64_t count) const {
        std::vector<backend::QueryFilter> all(kind == none ? 0 : static_cast<std::size_t>(count));
        for (std::size_t query = 0; query < all.size(); ++query) {
            if (kind == exclusion) all[query].exclude = std::span(seen).subspan(query * excluded, excluded);
            if (kind == category) all[query].categories = std::span(some_categories).subspan(query % 8, 1);
            if (kind == price) all[query].max_price = 0.0F;
        }
        return all;
    }

    std::vector<float> host_queries;
    backend::Array<float> factors;
    backend::Array<float> queries;
    std::shared_ptr<const backend::Items> prepared;
    std::vector<std::int32_t> seen;
    std::vector<std::int32_t> some_categories = {3, 14, 15, 92, 65, 35, 89, 79};
};

void top_k_gpu(benchmark::State& state) {
    const backend::Backend& machine = *machines().back();
    if (machine.device().kind != Device::Kind::cuda) {
        state.SkipWithError(("no GPU: " + devices().back().unavailable_reason).c_str());
        return;
    }
    static const Catalog catalog(machine);
    const std::int64_t count = state.range(0);
    const auto kind = static_cast<Filters>(state.range(1));
    const auto filters = catalog.filters(kind, count);
    const auto lane = machine.lane(0);
    std::vector<std::int32_t> rows(static_cast<std::size_t>(count * k));
    std::vector<float> scores(rows.size());
    for (auto _ : state)
        machine.top_k(*lane, *catalog.prepared, {catalog.queries.data(), count, d, d}, k, filters, rows.data(),
                      scores.data());
    if (kind == none) write("rows-" + std::to_string(count) + ".i32", rows);
    state.counters["queries/s"] = {static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate};
    state.counters["check"] = static_cast<double>(std::accumulate(rows.begin(), rows.end(), std::int64_t{0}));
    const char* const names[] = {"no filter", "200 excluded per query", "one category of 100", "half of the prices"};
    state.SetLabel(names[kind]);
}

BENCHMARK(top_k_gpu)
    ->ArgNames({"queries", "filter"})
    ->ArgsProduct({{1, 1024}, {none, exclusion, category, price}})
    ->UseRealTime()
    ->MinTime(0.4)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace crosslift::bench
