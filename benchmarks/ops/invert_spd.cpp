// invert_spd: seconds and GFLOP/s (n^3 operations), and beside them the largest |A x - 1| over sampled rows.
#include "machine.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift::bench {
namespace {

/// Symmetric, diagonally dominant, and as dense as EASE's matrices are.
std::vector<float> positive_definite(std::int64_t n) {
    std::vector<float> matrix = uniform_numbers(n * n, 1);
    for (std::int64_t i = 0; i < n; ++i) {
        for (std::int64_t j = 0; j < i; ++j)
            matrix[static_cast<std::size_t>(j * n + i)] = matrix[static_cast<std::size_t>(i * n + j)];
        matrix[static_cast<std::size_t>(i * n + i)] = 1.5F * std::sqrt(static_cast<float>(n));
    }
    return matrix;
}

double residual(const std::vector<float>& a, const std::vector<float>& x, std::int64_t n) {
    double worst = 0;
    for (std::int64_t i = 0; i < n; i += std::max<std::int64_t>(1, n / 8)) {
        std::vector<double> row(static_cast<std::size_t>(n), 0.0);
        for (std::int64_t k = 0; k < n; ++k)
            for (std::int64_t j = 0; j < n; ++j)
                row[static_cast<std::size_t>(j)] += static_cast<double>(a[static_cast<std::size_t>(i * n + k)]) *
                                                    static_cast<double>(x[static_cast<std::size_t>(k * n + j)]);
        for (std::int64_t j = 0; j < n; ++j)
            worst = std::max(worst, std::abs(row[static_cast<std::size_t>(j)] - (i == j ? 1.0 : 0.0)));
    }
    return worst;
}

void invert_spd(benchmark::State& state) {
    const backend::Backend& machine = *machines()[static_cast<std::size_t>(state.range(0))];
    const std::int64_t n = state.range(1);
    const auto host = positive_definite(n);
    auto matrix = machine.array<float>(n * n);
    const auto lane = machine.lane(static_cast<int>(state.range(2)));
    for (auto _ : state) {
        state.PauseTiming();
        machine.copy_in(*lane, matrix.data(), host.data(), n * n * 4);
        state.ResumeTiming();
        machine.invert_spd(*lane, {matrix.data(), n, n, n}, {});
        lane->wait();
    }
    const double size = static_cast<double>(n);
    state.counters["GFLOP/s"] = giga(size * size * size);
    state.counters["residual"] = residual(host, download(machine, matrix.data(), n * n), n);
}

void cases(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgNames({"machine", "n", "threads"})->Unit(benchmark::kMillisecond)->UseRealTime();
    const auto last = static_cast<std::int64_t>(machines().size()) - 1;
    for (const std::int64_t n : {500, 2000, 5000})
        for (const std::int64_t threads : {1, 0}) benchmark->Args({last, n, threads});
}

BENCHMARK(invert_spd)->Apply(cases);

}  // namespace
}  // namespace crosslift::bench
