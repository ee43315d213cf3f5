// Device memory: what lives long (allocate), what one operation needs for a moment (Scratch), and the device itself.
#pragma once

#include "cuda/error.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace crosslift::cuda {

/// Was this process forked from one that had used CUDA? Then nothing of it works here, and nothing is freed.
bool is_forked_child();

/// Makes a device the calling thread's current one, and the earlier one current again at the end.
class DeviceScope {
public:
    /// Throws DeviceError in a forked child.
    explicit DeviceScope(int device);
    DeviceScope(const DeviceScope&) = delete;
    DeviceScope& operator=(const DeviceScope&) = delete;
    ~DeviceScope();

private:
    int earlier_ = 0;
    int device_;
};

/// The pool that scratch memory comes from; one per backend, alive as long as anything that was taken from it.
class MemoryPool {
public:
    explicit MemoryPool(int device);
    MemoryPool(const MemoryPool&) = delete;
    MemoryPool& operator=(const MemoryPool&) = delete;
    ~MemoryPool();
    int device() const { return device_; }
    cudaMemPool_t handle() const { return pool_; }

    /// Bytes that scratch memory has left and keeps.
    std::int64_t idle_bytes() const;

    /// `bytes` of memory of their own, not zeroed; freed when the last owner goes, after everything that runs on the
    /// device has ended. Throws DeviceError that names needed and free bytes.
    static std::shared_ptr<void> allocate(const std::shared_ptr<MemoryPool>& pool, std::int64_t bytes);

private:
    int device_;
    cudaMemPool_t pool_ = nullptr;
};

/// Memory of one operation on one stream: taken and given back in the stream's order, without waiting.
class Scratch {
public:
    Scratch(const MemoryPool& pool, cudaStream_t stream) : pool_(pool), stream_(stream) {}
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch();

    /// Room for `count` numbers, not initialised. Throws DeviceError that names needed and free bytes.
    template <class T>
    T* take(std::int64_t count) {
        return static_cast<T*>(bytes(count * static_cast<std::int64_t>(sizeof(T))));
    }

private:
    void* bytes(std::int64_t count);

    const MemoryPool& pool_;
    cudaStream_t stream_;
    std::vector<void*> taken_;
};

}  // namespace crosslift::cuda
