// A catalog on the device.
#pragma once

#include "backend/backend.hpp"
#include "backend/segments.hpp"
#include "cuda/lane.hpp"

#include <cstdint>
#include <memory>

namespace crosslift::cuda {

/// The catalog as a kernel sees it: places in the order of backend::Segments. What is not there is null.
struct DeviceItems {
    backend::DenseView factors;    ///< by place
    const std::int32_t* rows;      ///< of each place; null where places are rows
    const std::int32_t* category;  ///< by row
    const float* price;            ///< by row
    const float* bias;             ///< by place
};

class CudaItems final : public backend::Items {
public:
    /// Keeps the factors where they are if no column asks for another order, else copies them; waits.
    CudaItems(backend::DenseView factors, std::shared_ptr<void> owner, const backend::ItemColumns& columns,
              const std::shared_ptr<MemoryPool>& pool, LaneState& lane);
    std::int64_t items() const override { return view_.factors.rows; }
    std::int64_t factors() const override { return view_.factors.cols; }
    const DeviceItems& view() const { return view_; }
    const backend::Segments& segments() const { return segments_; }

private:
    backend::Segments segments_;
    DeviceItems view_{};
    std::shared_ptr<void> factors_;
    std::shared_ptr<void> rows_;
    std::shared_ptr<void> category_;
    std::shared_ptr<void> price_;
    std::shared_ptr<void> bias_;
};

}  // namespace crosslift::cuda
