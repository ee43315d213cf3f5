#include "cuda/lane.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace crosslift::cuda {
namespace {
constexpr std::int64_t blas_workspace_bytes = std::int64_t{32} << 20;  // what cuBLAS recommends for Hopper
}

LaneState::LaneState(std::shared_ptr<MemoryPool> pool) : pool_(std::move(pool)) {
    const DeviceScope scope(pool_->device());
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    for (cudaEvent_t& event : batch_done_)
        check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreateWithFlags");
}

LaneState::~LaneState() {
    int earlier = 0;
    // Handles of another process, or the process is ending.
    if (is_forked_child() || cudaGetDevice(&earlier) != cudaSuccess) {
        static_cast<void>(copies_.release());
        return;
    }
    if (earlier != pool_->device()) cudaSetDevice(pool_->device());
    copies_.reset();
    if (stream_ != nullptr) cudaStreamSynchronize(stream_);
    if (blas_ != nullptr) cublasDestroy(blas_);
    for (cudaEvent_t event : batch_done_)
        if (event != nullptr) cudaEventDestroy(event);
    if (pinned_ != nullptr) cudaFreeHost(pinned_);
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
    if (earlier != pool_->device()) cudaSetDevice(earlier);
}

cublasHandle_t LaneState::blas() {
    if (blas_ != nullptr) return blas_;
    std::shared_ptr<void> workspace = MemoryPool::allocate(pool_, blas_workspace_bytes);
    cublasHandle_t handle = nullptr;
    check(cublasCreate(&handle), "cublasCreate");
    try {
        check(cublasSetStream(handle, stream_), "cublasSetStream");
        // After the stream, which would reset it; with a workspace of its own the handle gives the same bits each time.
        check(cublasSetWorkspace(handle, workspace.get(), static_cast<std::size_t>(blas_workspace_bytes)),
              "cublasSetWorkspace", {blas_workspace_bytes});
    } catch (...) {
        cublasDestroy(handle);
        throw;
    }
    blas_workspace_ = std::move(workspace);
    blas_ = handle;
    return blas_;
}

CopyQueue& LaneState::copies() {
    if (!copies_) copies_ = std::make_unique<CopyQueue>();
    return *copies_;
}

void LaneState::wait() {
    check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
}

void LaneState::begin_batch() {
    if (batches_ >= 2) check(cudaEventSynchronize(batch_done_[batches_ % 2]), "cudaEventSynchronize", {batches_});
}

void LaneState::end_batch() {
    check(cudaEventRecord(batch_done_[batches_ % 2], stream_), "cudaEventRecord", {batches_});
    ++batches_;
}

void* LaneState::pinned(std::int64_t bytes) {
    if (bytes <= pinned_bytes_) return pinned_;
    wait();
    if (pinned_ != nullptr) check(cudaFreeHost(std::exchange(pinned_, nullptr)), "cudaFreeHost", {pinned_bytes_});
    pinned_bytes_ = 0;
    const std::int64_t size = std::max<std::int64_t>(bytes, std::int64_t{64} << 10);
    check(cudaHostAlloc(&pinned_, static_cast<std::size_t>(size), cudaHostAllocDefault), "cudaHostAlloc", {size});
    pinned_bytes_ = size;
    return pinned_;
}

void LaneState::copy_in(void* to, const void* from_host, std::int64_t bytes) {
    if (bytes <= 0) return;
    check(cudaMemcpyAsync(to, from_host, static_cast<std::size_t>(bytes), cudaMemcpyHostToDevice, stream_),
          "cudaMemcpyAsync to the device", {bytes});
    wait();
}

void LaneState::copy_out(void* to_host, const void* from, std::int64_t bytes) {
    if (bytes <= 0) return;
    check(cudaMemcpyAsync(to_host, from, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToHost, stream_),
          "cudaMemcpyAsync to the host", {bytes});
    wait();
}

std::unique_ptr<LaneState> LanePool::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            std::unique_ptr<LaneState> lane = std::move(idle_.back());
            idle_.pop_back();
            return lane;
        }
    }
    return std::make_unique<LaneState>(memory_);
}

void LanePool::give_back(std::unique_ptr<LaneState> lane) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(lane));
}

void CudaLane::wait() {
    const DeviceScope scope(state_->pool().device());
    state_->wait();
}

}  // namespace crosslift::cuda
