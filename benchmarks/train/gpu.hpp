// The GPU that a benchmark runs on, or why it cannot.
#pragma once

#include <crosslift/device.hpp>

#include <benchmark/benchmark.h>

#include <optional>
#include <string>

namespace crosslift::bench {

/// The first usable GPU; without one the benchmark ends with the reason.
inline std::optional<Device> gpu_or_skip(benchmark::State& state) {
    static const auto all = devices();
    std::string reason = "none is listed";
    for (const DeviceInfo& info : all) {
        if (info.device.kind != Device::Kind::cuda) continue;
        if (info.unavailable_reason.empty()) return info.device;
        reason = info.unavailable_reason;
    }
    state.SkipWithError(("no GPU: " + reason).c_str());
    return std::nullopt;
}

}  // namespace crosslift::bench
