// Times work on a stream by events, and keeps what the benchmarks of this folder share.
#pragma once

#include <benchmark/benchmark.h>

#include <cuda_runtime.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace crosslift::bench {

inline void check(cudaError_t code, const char* call) {
    if (code != cudaSuccess) throw std::runtime_error(std::string(call) + ": " + cudaGetErrorString(code));
}

struct FreeDevice {
    void operator()(void* memory) const noexcept { cudaFree(memory); }
};

template <class T>
using OnDevice = std::unique_ptr<T, FreeDevice>;

template <class T>
OnDevice<T> device_memory(std::int64_t count) {
    void* memory = nullptr;
    check(cudaMalloc(&memory, static_cast<std::size_t>(count) * sizeof(T)), "cudaMalloc");
    return OnDevice<T>(static_cast<T*>(memory));
}

template <class T>
OnDevice<T> to_device(const std::vector<T>& host) {
    OnDevice<T> memory = device_memory<T>(static_cast<std::int64_t>(host.size()));
    check(cudaMemcpy(memory.get(), host.data(), host.size() * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
    return memory;
}

/// False, with the reason as the benchmark's error, where no GPU can be used.
inline bool has_gpu(benchmark::State& state) {
    int count = 0;
    const cudaError_t code = cudaGetDeviceCount(&count);
    if (code == cudaSuccess && count > 0) return true;
    cudaGetLastError();
    state.SkipWithError((std::string("no GPU: ") + cudaGetErrorString(code)).c_str());
    return false;
}

/// Runs `work(stream)` for each iteration, timed from event to event; twice before the first. An error of CUDA ends the
/// benchmark with its text.
template <class Work>
void time_on_gpu(benchmark::State& state, const Work& work) {
    cudaStream_t stream = nullptr;
    cudaEvent_t begin = nullptr;
    cudaEvent_t end = nullptr;
    try {
        check(cudaStreamCreate(&stream), "cudaStreamCreate");
        check(cudaEventCreate(&begin), "cudaEventCreate");
        check(cudaEventCreate(&end), "cudaEventCreate");
        for (int warm = 0; warm < 2; ++warm) work(stream);
        check(cudaStreamSynchronize(stream), "the first run");
        for (auto _ : state) {
            check(cudaEventRecord(begin, stream), "cudaEventRecord");
            work(stream);
            check(cudaEventRecord(end, stream), "cudaEventRecord");
            check(cudaEventSynchronize(end), "cudaEventSynchronize");
            float milliseconds = 0;
            check(cudaEventElapsedTime(&milliseconds, begin, end), "cudaEventElapsedTime");
            state.SetIterationTime(static_cast<double>(milliseconds) / 1e3);
        }
    } catch (const std::exception& error) {
        state.SkipWithError(error.what());
    }
    if (begin != nullptr) cudaEventDestroy(begin);
    if (end != nullptr) cudaEventDestroy(end);
    if (stream != nullptr) cudaStreamDestroy(stream);
}

}  // namespace crosslift::bench
