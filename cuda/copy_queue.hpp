// The stream on which a lane copies while it computes on its own, and the events by which the two wait for each other.
#pragma once

#include "cuda/error.hpp"

#include <array>
#include <cstddef>

namespace crosslift::cuda {

/// Copies into numbered places of device memory: a place is filled behind the work that frees it, and read behind the
/// copy that fills it. Nothing here waits on the host.
class CopyQueue {
public:
    static constexpr std::size_t places = 3;

    CopyQueue();
    CopyQueue(const CopyQueue&) = delete;
    CopyQueue& operator=(const CopyQueue&) = delete;
    ~CopyQueue();

    /// The place may be filled when everything that `stream` holds by now is done.
    void free_place(std::size_t place, cudaStream_t stream);
    /// The stream to issue copies into a free place on, between begin() and end().
    cudaStream_t begin(std::size_t place);
    void end(std::size_t place);
    /// What `stream` gets from now on runs when the place is filled.
    void wait_for(std::size_t place, cudaStream_t stream);
    /// What `stream` gets from now on runs when all copies are done. For destructors: fails silently, the next check of
    /// the stream tells.
    void join(cudaStream_t stream) noexcept;

private:
    cudaStream_t stream_ = nullptr;
    std::array<cudaEvent_t, places> freed_{};
    std::array<cudaEvent_t, places> filled_{};
    cudaEvent_t joined_ = nullptr;
};

}  // namespace crosslift::cuda
