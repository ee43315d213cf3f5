// What the benchmarks of operations share: a backend chosen by number, and numbers on it.
#pragma once

#include "backend/backend.hpp"
#include "devices/devices.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace crosslift::bench {

/// Backends of this machine; the last CPU one is what open_backend({}) gives.
inline const std::vector<std::shared_ptr<const backend::Backend>>& machines() {
    static const auto all = every_backend();
    return all;
}

inline std::vector<float> uniform_numbers(std::int64_t size, std::uint32_t seed) {
    std::mt19937 generator(seed);
    std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
    std::vector<float> numbers(static_cast<std::size_t>(size));
    for (float& number : numbers) number = uniform(generator);
    return numbers;
}

inline backend::Array<float> upload(const backend::Backend& machine, const std::vector<float>& numbers) {
    auto array = machine.array<float>(static_cast<std::int64_t>(numbers.size()));
    machine.copy_in(*machine.lane(1), array.data(), numbers.data(), array.size() * 4);
    return array;
}

inline std::vector<float> download(const backend::Backend& machine, const float* from, std::int64_t size) {
    std::vector<float> numbers(static_cast<std::size_t>(size));
    machine.copy_out(*machine.lane(1), numbers.data(), from, size * 4);
    return numbers;
}

/// Work per second, as a counter in units of 1e9.
inline benchmark::Counter giga(double per_iteration) {
    return {per_iteration / 1e9, benchmark::Counter::kIsIterationInvariantRate};
}

}  // namespace crosslift::bench
