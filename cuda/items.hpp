// A catalog on the device, and one call's filters beside it.
#pragma once

#include "backend/backend.hpp"
#include "cuda/lane.hpp"
#include "formulas/eligibility.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace crosslift::cuda {

/// The catalog as a kernel sees it; columns that are not there are null.
struct DeviceItems {
    backend::DenseView factors;
    const std::int32_t* category;
    const float* price;
    const float* bias;
};

class CudaItems final : public backend::Items {
public:
    /// Keeps the factors where they are and copies the columns; waits.
    CudaItems(backend::DenseView factors, std::shared_ptr<void> owner, const backend::ItemColumns& columns,
              const std::shared_ptr<MemoryPool>& pool, LaneState& lane);
    std::int64_t items() const override { return view_.factors.rows; }
    std::int64_t factors() const override { return view_.factors.cols; }
    const DeviceItems& view() const { return view_; }

private:
    DeviceItems view_{};
    std::shared_ptr<void> owner_;
    std::shared_ptr<void> category_;
    std::shared_ptr<void> price_;
    std::shared_ptr<void> bias_;
};

/// The filters of one call with their lists sorted, on the device for as long as this lives.
class DeviceFilters {
public:
    /// Copies; waits. No filters at all count as one that lets everything pass.
    DeviceFilters(LaneState& lane, std::span<const backend::QueryFilter> filters);

    /// One per query, or one for all.
    const formulas::SortedFilter* data() const { return filters_; }
    bool one_for_all() const { return one_for_all_; }

private:
    Scratch scratch_;
    const formulas::SortedFilter* filters_ = nullptr;
    bool one_for_all_;
};

}  // namespace crosslift::cuda
