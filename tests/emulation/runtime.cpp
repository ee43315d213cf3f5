#include "emulation/runtime.hpp"

#include "emulation/block.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace emulation {
namespace {

struct Stream {
    std::deque<std::function<void()>> work;
    std::uint64_t issued = 0;
    std::uint64_t done = 0;
};

struct Event {
    Stream* stream = nullptr;
    std::uint64_t position = 0;
};

/// Everything that streams share. One lock for all: kernels run one at a time anyway.
struct Machine {
    std::recursive_mutex mutex;
    std::set<Stream*> streams;
    std::map<void*, std::size_t> device_memory;
    std::map<const char*, std::size_t> pinned_memory;
    std::int64_t used = 0;
    std::int64_t most_used = 0;
    std::int64_t limit = std::numeric_limits<std::int64_t>::max();
    bool eager_copies = false;
    std::string failure;  ///< of the first kernel that failed; every wait tells it until cudaGetLastError()
};

Machine& machine() {
    static Machine* const the_machine = new Machine;
    return *the_machine;
}

Stream& stream_of(cudaStream_t stream) {
    if (stream == nullptr) throw KernelError("work for the default stream; every operation has a lane with its own");
    return *reinterpret_cast<Stream*>(stream);
}

void run_until(Stream& stream, std::uint64_t position) {
    while (stream.done < position) {
        const std::function<void()> work = std::move(stream.work.front());
        stream.work.pop_front();
        ++stream.done;
        try {
            work();
        } catch (const KernelError& error) {
            if (machine().failure.empty()) machine().failure = error.what();
        }
    }
}

/// What cudaGetErrorString() tells about a failed kernel after cudaGetLastError() has forgotten it.
thread_local std::string last_failure;

cudaError_t outcome() {
    return machine().failure.empty() ? cudaSuccess : cudaErrorLaunchFailure;
}

bool is_pinned(const void* memory) {
    const auto& all = machine().pinned_memory;
    const auto* address = static_cast<const char*>(memory);
    auto after = all.upper_bound(address);
    if (after == all.begin()) return false;
    --after;
    return address < after->first + after->second;
}

cudaError_t take_memory(void** memory, std::size_t bytes) {
    Machine& m = machine();
    if (m.used + static_cast<std::int64_t>(bytes) > m.limit) return cudaErrorMemoryAllocation;
    if (posix_memalign(memory, 256, bytes) != 0) return cudaErrorMemoryAllocation;
    std::memset(*memory, 0xFF, bytes);  // NaN: what is read before it was written shows
    m.used += static_cast<std::int64_t>(bytes);
    m.most_used = std::max(m.most_used, m.used);
    m.device_memory[*memory] = bytes;
    return cudaSuccess;
}

void give_back(void* memory) {
    Machine& m = machine();
    const auto found = m.device_memory.find(memory);
    if (found == m.device_memory.end()) throw KernelError("device memory is freed that was never taken");
    m.used -= static_cast<std::int64_t>(found->second);
    m.device_memory.erase(found);
    std::free(memory);
}

}  // namespace

void enqueue(cudaStream_t stream, std::function<void()> work) {
    const std::lock_guard lock(machine().mutex);
    Stream& own = stream_of(stream);
    own.work.push_back(std::move(work));
    ++own.issued;
}

void check_launch(const char* name, dim3 blocks, dim3 threads, std::size_t shared_bytes, cudaStream_t stream) {
    constexpr std::size_t turing_shared_bytes = 64 * 1024;
    const unsigned per_block = threads.x * threads.y * threads.z;
    if (stream == nullptr) throw KernelError(std::string("kernel ") + name + " is launched on the default stream");
    if (blocks.x == 0 || blocks.y == 0 || blocks.z == 0 || blocks.x > 0x7FFFFFFF || blocks.y > 65535 ||
        blocks.z > 65535)
        throw KernelError(std::string("kernel ") + name + " is launched with a grid that no GPU takes");
    if (per_block == 0 || per_block > 1024)
        throw KernelError(std::string("kernel ") + name + " is launched with " + std::to_string(per_block) +
                          " threads");
    if (shared_bytes > turing_shared_bytes)
        throw KernelError(std::string("kernel ") + name + " wants " + std::to_string(shared_bytes) +
                          " bytes of shared memory; compute capability 7.5 has 65536");
}

void set_eager_copies(bool eager) {
    const std::lock_guard lock(machine().mutex);
    machine().eager_copies = eager;
}

std::int64_t most_memory_used() {
    const std::lock_guard lock(machine().mutex);
    return std::exchange(machine().most_used, machine().used);
}

void set_memory_limit(std::int64_t bytes) {
    const std::lock_guard lock(machine().mutex);
    machine().limit = bytes;
}

}  // namespace emulation

using emulation::machine;

extern "C" {

const char* cudaGetErrorString(cudaError_t code) {
    if (code == cudaErrorLaunchFailure) return emulation::last_failure.c_str();
    return code == cudaSuccess ? "no error" : code == cudaErrorMemoryAllocation ? "out of memory" : "an emulated error";
}
cudaError_t cudaGetLastError() {
    const std::lock_guard lock(machine().mutex);
    const cudaError_t code = emulation::outcome();
    if (code != cudaSuccess) emulation::last_failure = std::exchange(machine().failure, {});
    return code;
}
cudaError_t cudaGetDeviceCount(int* count) {
    return *count = 1, cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
    return *device = 0, cudaSuccess;
}
cudaError_t cudaSetDevice(int) {
    return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
    switch (attribute) {
        case cudaDevAttrComputeCapabilityMajor:
            *value = 9;
            break;
        case cudaDevAttrComputeCapabilityMinor:
            *value = 0;
            break;
        case cudaDevAttrMultiProcessorCount:
            *value = 3;
            break;
        case cudaDevAttrMaxSharedMemoryPerBlockOptin:
            *value = 64 * 1024;
            break;
        case cudaDevAttrMemoryPoolsSupported:
            *value = 1;
            break;
        default:
            return cudaErrorInvalidValue;
    }
    return cudaSuccess;
}

cudaError_t cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps*) {
    *pool = reinterpret_cast<cudaMemPool_t>(new int(0));
    return cudaSuccess;
}
cudaError_t cudaMemPoolDestroy(cudaMemPool_t pool) {
    return delete reinterpret_cast<int*>(pool), cudaSuccess;
}
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) {
    return cudaSuccess;
}
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr, void* value) {
    return *static_cast<std::uint64_t*>(value) = 0, cudaSuccess;  // nothing is kept
}
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, std::size_t) {
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    const std::lock_guard lock(machine().mutex);
    *total = static_cast<std::size_t>(machine().limit);
    *free = static_cast<std::size_t>(machine().limit - machine().used);
    return cudaSuccess;
}

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
    const std::lock_guard lock(machine().mutex);
    return emulation::take_memory(memory, bytes);
}

cudaError_t cudaFree(void* memory) {
    const std::lock_guard lock(machine().mutex);
    for (emulation::Stream* stream : machine().streams) emulation::run_until(*stream, stream->issued);
    emulation::give_back(memory);
    return cudaSuccess;
}

cudaError_t cudaMallocFromPoolAsync(void** memory, std::size_t bytes, cudaMemPool_t, cudaStream_t stream) {
    const std::lock_guard lock(machine().mutex);
    emulation::stream_of(stream);
    return emulation::take_memory(memory, bytes);
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
    emulation::enqueue(stream, [memory] { emulation::give_back(memory); });
    return cudaSuccess;
}

cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
    const std::lock_guard lock(machine().mutex);
    if (posix_memalign(memory, 256, bytes) != 0) return cudaErrorMemoryAllocation;
    std::memset(*memory, 0xFF, bytes);
    machine().pinned_memory[static_cast<const char*>(*memory)] = bytes;
    return cudaSuccess;
}

cudaError_t cudaFreeHost(void* memory) {
    const std::lock_guard lock(machine().mutex);
    machine().pinned_memory.erase(static_cast<const char*>(memory));
    std::free(memory);
    return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    const std::lock_guard lock(machine().mutex);
    if (kind == cudaMemcpyHostToDevice && !emulation::is_pinned(from)) {
        const auto* first = static_cast<const unsigned char*>(from);
        emulation::enqueue(stream, [to, copy = std::vector<unsigned char>(first, first + bytes)] {
            std::memcpy(to, copy.data(), copy.size());
        });
        return cudaSuccess;
    }
    emulation::enqueue(stream, [=] { std::memcpy(to, from, bytes); });
    if (kind == cudaMemcpyHostToDevice && machine().eager_copies) {
        emulation::Stream& own = emulation::stream_of(stream);
        emulation::run_until(own, own.issued);
    }
    if (kind == cudaMemcpyDeviceToHost && !emulation::is_pinned(to)) return cudaStreamSynchronize(stream);
    return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
    emulation::enqueue(stream, [=] { std::memset(memory, value, bytes); });
    return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
    const std::lock_guard lock(machine().mutex);
    auto* made = new emulation::Stream;
    machine().streams.insert(made);
    *stream = reinterpret_cast<cudaStream_t>(made);
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    const std::lock_guard lock(machine().mutex);
    emulation::Stream& own = emulation::stream_of(stream);
    emulation::run_until(own, own.issued);
    return emulation::outcome();
}

cudaError_t cudaDeviceSynchronize() {
    const std::lock_guard lock(machine().mutex);
    for (emulation::Stream* stream : machine().streams) emulation::run_until(*stream, stream->issued);
    return emulation::outcome();
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    const std::lock_guard lock(machine().mutex);
    cudaStreamSynchronize(stream);
    machine().streams.erase(&emulation::stream_of(stream));
    delete &emulation::stream_of(stream);
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
    *event = reinterpret_cast<cudaEvent_t>(new emulation::Event);
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    const std::lock_guard lock(machine().mutex);
    emulation::Stream& own = emulation::stream_of(stream);
    *reinterpret_cast<emulation::Event*>(event) = {&own, own.issued};
    return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
    const std::lock_guard lock(machine().mutex);
    const emulation::Event recorded = *reinterpret_cast<emulation::Event*>(event);
    if (recorded.stream == nullptr) return cudaSuccess;
    emulation::enqueue(stream, [recorded] { emulation::run_until(*recorded.stream, recorded.position); });
    return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    const std::lock_guard lock(machine().mutex);
    const auto& recorded = *reinterpret_cast<emulation::Event*>(event);
    if (recorded.stream != nullptr) emulation::run_until(*recorded.stream, recorded.position);
    return emulation::outcome();
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    return delete reinterpret_cast<emulation::Event*>(event), cudaSuccess;
}

}  // extern "C"
