#include "cuda/pinned_cells.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cstring>
#include <string>

namespace crosslift::cuda {

void PinnedCells::FreePinned::operator()(void* memory) const noexcept {
    if (!is_forked_child()) cudaFreeHost(memory);
}

PinnedCells::Pinned PinnedCells::pinned_copy(const void* from, std::int64_t bytes) {
    void* memory = nullptr;
    const cudaError_t code = cudaHostAlloc(&memory, static_cast<std::size_t>(bytes), cudaHostAllocDefault);
    if (code == cudaErrorMemoryAllocation) {
        cudaGetLastError();
        throw DeviceError("the interactions do not fit the GPU, and the host has no " + std::to_string(bytes) +
                          " bytes of pinned memory more to stream them from; train on fewer of them");
    }
    check(code, "cudaHostAlloc", {bytes});
    Pinned pinned(memory);
    std::memcpy(memory, from, static_cast<std::size_t>(bytes));
    return pinned;
}

PinnedCells::PinnedCells(const CsrView& host, std::int64_t cells_per_piece)
    : cells_per_piece_(cells_per_piece), has_values_(!host.values.empty()) {
    const std::int64_t all = host.nnz();
    for (std::int64_t first = 0; first < all; first += cells_per_piece) {
        const std::int64_t bytes = 4 * std::min(cells_per_piece, all - first);
        indices_.push_back(pinned_copy(host.indices.data() + first, bytes));
        if (has_values_) values_.push_back(pinned_copy(host.values.data() + first, bytes));
    }
}

void PinnedCells::copy(CellRange range, std::int32_t* indices, float* values, cudaStream_t stream) const {
    for (std::int64_t first = range.first; first < range.last;) {
        const std::int64_t piece = first / cells_per_piece_;
        const std::int64_t inside = first % cells_per_piece_;
        const std::int64_t count = std::min(range.last - first, cells_per_piece_ - inside);
        const auto copy_part = [&](void* to, const Pinned& from) {
            check(cudaMemcpyAsync(to, static_cast<const char*>(from.get()) + 4 * inside,
                                  static_cast<std::size_t>(4 * count), cudaMemcpyHostToDevice, stream),
                  "cudaMemcpyAsync of streamed cells", {first, count});
        };
        copy_part(indices + (first - range.first), indices_[static_cast<std::size_t>(piece)]);
        if (has_values_) copy_part(values + (first - range.first), values_[static_cast<std::size_t>(piece)]);
        first += count;
    }
}

}  // namespace crosslift::cuda
