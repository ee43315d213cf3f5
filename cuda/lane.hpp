// What one call owns while it runs: a stream, a cuBLAS handle with its workspace, pinned memory for small answers.
#pragma once

#include "backend/backend.hpp"
#include "cuda/copy_queue.hpp"
#include "cuda/memory.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace crosslift::cuda {

/// Lives in the pool between calls, so that streams and handles are made once.
class LaneState {
public:
    explicit LaneState(std::shared_ptr<MemoryPool> pool);
    LaneState(const LaneState&) = delete;
    LaneState& operator=(const LaneState&) = delete;
    ~LaneState();

    cudaStream_t stream() const { return stream_; }
    const MemoryPool& pool() const { return *pool_; }

    /// The handle, made on first use: it costs tenths of a second and device memory.
    cublasHandle_t blas();

    /// For copies that go on while the stream computes; made on first use.
    CopyQueue& copies();

    /// Waits until everything issued on the stream is done; errors of kernels come out here.
    void wait();

    /// Waits until no more than one batch of work that ended in end_batch() is under way, so that a long operation
    /// sees a request to stop in time.
    void begin_batch();
    void end_batch();

    /// At least `bytes` of pinned host memory, the same for every call; valid until the next call of pinned().
    void* pinned(std::int64_t bytes);

    /// Copies that wait.
    void copy_in(void* to, const void* from_host, std::int64_t bytes);
    void copy_out(void* to_host, const void* from, std::int64_t bytes);

private:
    std::shared_ptr<MemoryPool> pool_;
    cudaStream_t stream_ = nullptr;
    cublasHandle_t blas_ = nullptr;
    std::shared_ptr<void> blas_workspace_;
    cudaEvent_t batch_done_[2] = {};
    std::int64_t batches_ = 0;
    std::unique_ptr<CopyQueue> copies_;
    void* pinned_ = nullptr;
    std::int64_t pinned_bytes_ = 0;
};

/// The lanes that nobody uses at the moment.
class LanePool {
public:
    explicit LanePool(std::shared_ptr<MemoryPool> memory) : memory_(std::move(memory)) {}
    std::unique_ptr<LaneState> take();
    void give_back(std::unique_ptr<LaneState> lane);

private:
    std::shared_ptr<MemoryPool> memory_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<LaneState>> idle_;
};

/// A lane on loan.
class CudaLane final : public backend::Lane {
public:
    explicit CudaLane(std::shared_ptr<LanePool> pool) : pool_(std::move(pool)), state_(pool_->take()) {}
    CudaLane(const CudaLane&) = delete;
    CudaLane& operator=(const CudaLane&) = delete;
    ~CudaLane() override { pool_->give_back(std::move(state_)); }
    void wait() override;
    LaneState& state() { return *state_; }
    const LanePool* pool() const { return pool_.get(); }

private:
    std::shared_ptr<LanePool> pool_;
    std::unique_ptr<LaneState> state_;
};

}  // namespace crosslift::cuda
