// multiply: GFLOP/s, and beside it the largest error of 64 sampled numbers against double precision.
#include "machine.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift::bench {
namespace {

void multiply(benchmark::State& state) {
    const backend::Backend& machine = *machines()[static_cast<std::size_t>(state.range(0))];
    const std::int64_t m = state.range(1);
    const std::int64_t n = state.range(2);
    const std::int64_t k = state.range(3);
    const auto host_a = uniform_numbers(m * k, 1);
    const auto host_b = uniform_numbers(k * n, 2);
    const auto a = upload(machine, host_a);
    const auto b = upload(machine, host_b);
    auto out = machine.array<float>(m * n);
    const auto lane = machine.lane(static_cast<int>(state.range(4)));
    for (auto _ : state) {
        machine.multiply(*lane, 1, {a.data(), m, k, k}, false, {b.data(), k, n, n}, false, 0, {out.data(), m, n, n});
        lane->wait();
    }
    const auto got = download(machine, out.data(), m * n);
    double worst = 0;
    for (std::int64_t sample = 0; sample < 64; ++sample) {
        const std::int64_t i = sample * 7919 % m;
        const std::int64_t j = sample * 104729 % n;
        double sum = 0;
        for (std::int64_t l = 0; l < k; ++l)
            sum += static_cast<double>(host_a[static_cast<std::size_t>(i * k + l)]) *
                   static_cast<double>(host_b[static_cast<std::size_t>(l * n + j)]);
        worst = std::max(worst, std::abs(sum - static_cast<double>(got[static_cast<std::size_t>(i * n + j)])));
    }
    state.counters["GFLOP/s"] = giga(2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k));
    state.counters["max_error"] = worst;
}

void cases(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgNames({"machine", "m", "n", "k", "threads"})->Unit(benchmark::kMillisecond)->UseRealTime();
    const auto last = static_cast<std::int64_t>(machines().size()) - 1;
    for (std::int64_t machine = 0; machine <= last; ++machine) benchmark->Args({machine, 1024, 1024, 1024, 1});
    for (const std::int64_t threads : {1, 0}) {
        benchmark->Args({last, 4096, 4096, 4096, threads});
        benchmark->Args({last, 5000, 80, 5000, threads});
        benchmark->Args({last, 64, 64, 100000, threads});
    }
}

BENCHMARK(multiply)->Apply(cases);

}  // namespace
}  // namespace crosslift::bench
