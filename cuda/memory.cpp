#include "cuda/memory.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <string>
#include <unistd.h>

namespace crosslift::cuda {
namespace {

/// Scratch memory above this is handed back to the driver when a stream is waited for.
constexpr std::uint64_t kept_bytes = std::uint64_t{1} << 30;

[[noreturn]] void fail_for_memory(std::int64_t needed) {
    cudaGetLastError();
    std::size_t free = 0;
    std::size_t total = 0;
    std::string there = "an unknown number";
    if (cudaMemGetInfo(&free, &total) == cudaSuccess) there = std::to_string(free) + " of " + std::to_string(total);
    throw DeviceError("the GPU has too little free memory: " + std::to_string(needed) + " bytes more are needed, " +
                      there + " bytes are free; free memory, take fewer factors, or use device \"cpu\"");
}

}  // namespace

bool is_forked_child() {
    static const pid_t first = getpid();
    return getpid() != first;
}

DeviceScope::DeviceScope(int device) : device_(device) {
    if (is_forked_child())
        throw DeviceError("this process was forked from one that used GPU " + std::to_string(device) +
                          ", which a child cannot go on with; start it anew instead (in Python: multiprocessing's "
                          "\"spawn\" or \"forkserver\"), or use device \"cpu\"");
    check(cudaGetDevice(&earlier_), "cudaGetDevice");
    if (earlier_ != device_) check(cudaSetDevice(device_), "cudaSetDevice", {device_});
}

DeviceScope::~DeviceScope() {
    if (earlier_ != device_) cudaSetDevice(earlier_);
}

MemoryPool::MemoryPool(int device) : device_(device) {
    cudaMemPoolProps properties{};
    properties.allocType = cudaMemAllocationTypePinned;
    properties.location.type = cudaMemLocationTypeDevice;
    properties.location.id = device;
    check(cudaMemPoolCreate(&pool_, &properties), "cudaMemPoolCreate", {device});
    std::uint64_t kept = kept_bytes;
    if (const cudaError_t code = cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &kept);
        code != cudaSuccess) {
        cudaMemPoolDestroy(pool_);
        fail(code, "cudaMemPoolSetAttribute", {static_cast<std::int64_t>(kept)});
    }
}

MemoryPool::~MemoryPool() {
    if (!is_forked_child()) cudaMemPoolDestroy(pool_);
}

std::int64_t MemoryPool::idle_bytes() const {
    std::uint64_t reserved = 0;
    std::uint64_t used = 0;
    check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrReservedMemCurrent, &reserved), "cudaMemPoolGetAttribute");
    check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrUsedMemCurrent, &used), "cudaMemPoolGetAttribute");
    return static_cast<std::int64_t>(reserved - used);
}

std::shared_ptr<void> MemoryPool::allocate(const std::shared_ptr<MemoryPool>& pool, std::int64_t bytes) {
    const DeviceScope scope(pool->device_);
    const auto size = static_cast<std::size_t>(std::max<std::int64_t>(bytes, 1));
    void* memory = nullptr;
    cudaError_t code = cudaMalloc(&memory, size);
    if (code == cudaErrorMemoryAllocation) {
        // Memory that scratch no longer uses may be enough.
        cudaGetLastError();
        check(cudaMemPoolTrimTo(pool->pool_, 0), "cudaMemPoolTrimTo", {0});
        code = cudaMalloc(&memory, size);
    }
    if (code == cudaErrorMemoryAllocation) fail_for_memory(bytes);
    check(code, "cudaMalloc", {bytes});
    // cudaFree waits for all work of the device, so that no kernel loses memory that it still reads.
    return {memory, [pool](void* freed) {
                int earlier = 0;
                if (is_forked_child() || cudaGetDevice(&earlier) != cudaSuccess) return;  // the process is ending
                if (earlier != pool->device_) cudaSetDevice(pool->device_);
                cudaFree(freed);
                if (earlier != pool->device_) cudaSetDevice(earlier);
            }};
}

void* Scratch::bytes(std::int64_t count) {
    const auto size = static_cast<std::size_t>(std::max<std::int64_t>(count, 1));
    taken_.reserve(taken_.size() + 1);
    void* memory = nullptr;
    const cudaError_t code = cudaMallocFromPoolAsync(&memory, size, pool_.handle(), stream_);
    if (code == cudaErrorMemoryAllocation) fail_for_memory(count);
    check(code, "cudaMallocFromPoolAsync", {count});
    taken_.push_back(memory);
    return memory;
}

Scratch::~Scratch() {
    if (is_forked_child()) return;
    for (void* memory : taken_) cudaFreeAsync(memory, stream_);
}

}  // namespace crosslift::cuda
