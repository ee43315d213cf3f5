// Purchases on the device, ready for pairwise training.
#pragma once

#include "backend/backend.hpp"
#include "cuda/lane.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace crosslift::cuda {

/// backend::PairCells as a kernel sees them.
struct DevicePairs {
    const std::int64_t* indptr;
    const std::int32_t* item;
    const std::int32_t* customer;
    const std::int64_t* item_indptr;
    const std::int64_t* item_cells;
    std::int64_t items;
};

class CudaPairs final : public backend::Pairs {
public:
    /// Copies; waits.
    CudaPairs(const backend::PairCells& host, const std::shared_ptr<MemoryPool>& pool, LaneState& lane);
    std::int64_t customers() const override { return static_cast<std::int64_t>(host_indptr_.size()) - 1; }
    std::int64_t items() const override { return view_.items; }
    const DevicePairs& view() const { return view_; }

    /// The first cell of a customer.
    std::int64_t cell_of(std::int64_t customer) const { return host_indptr_[static_cast<std::size_t>(customer)]; }

private:
    DevicePairs view_{};
    std::vector<std::int64_t> host_indptr_;
    std::vector<std::shared_ptr<void>> memory_;
};

}  // namespace crosslift::cuda
