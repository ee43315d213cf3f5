#include "cuda/copy_queue.hpp"

namespace crosslift::cuda {

CopyQueue::CopyQueue() {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    for (auto* events : {&freed_, &filled_})
        for (cudaEvent_t& event : *events)
            check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreateWithFlags");
    check(cudaEventCreateWithFlags(&joined_, cudaEventDisableTiming), "cudaEventCreateWithFlags");
}

CopyQueue::~CopyQueue() {
    cudaStreamSynchronize(stream_);
    for (auto* events : {&freed_, &filled_})
        for (cudaEvent_t event : *events) cudaEventDestroy(event);
    cudaEventDestroy(joined_);
    cudaStreamDestroy(stream_);
}

void CopyQueue::free_place(std::size_t place, cudaStream_t stream) {
    check(cudaEventRecord(freed_[place], stream), "cudaEventRecord");
}

cudaStream_t CopyQueue::begin(std::size_t place) {
    check(cudaStreamWaitEvent(stream_, freed_[place], 0), "cudaStreamWaitEvent");
    return stream_;
}

void CopyQueue::end(std::size_t place) {
    check(cudaEventRecord(filled_[place], stream_), "cudaEventRecord");
}

void CopyQueue::wait_for(std::size_t place, cudaStream_t stream) {
    check(cudaStreamWaitEvent(stream, filled_[place], 0), "cudaStreamWaitEvent");
}

void CopyQueue::join(cudaStream_t stream) noexcept {
    if (cudaEventRecord(joined_, stream_) == cudaSuccess) cudaStreamWaitEvent(stream, joined_, 0);
}

}  // namespace crosslift::cuda
