// What one call of top_k asks, on the device: filters, the order of the queries, and where each tile of them looks.
#pragma once

#include "cuda/items.hpp"
#include "formulas/eligibility.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift::cuda {

/// How many items and queries a block scores at a time.
struct TileShape {
    int items;
    int queries;
};

/// The stretches of item tiles that one tile of queries looks at: stretches[first .. first + count), `tiles` in all.
struct QueryTile {
    std::int64_t first;
    std::int64_t count;
    std::int64_t tiles;
};

/// Lives on the device as long as this does.
class DeviceQuestion {
public:
    /// Queries that look at the same stretches are put beside one another. One copy to the device.
    DeviceQuestion(LaneState& lane, const CudaItems& items, std::span<const backend::QueryFilter> filters,
                   std::int64_t queries, TileShape shape);

    /// One per query, or one for all.
    const formulas::SortedFilter* filters() const { return filters_; }
    bool one_for_all() const { return one_for_all_; }
    /// The query at each place; null where places are queries.
    const std::int64_t* order() const { return device_order_; }
    std::int64_t query_at(std::int64_t place) const {
        return order_.empty() ? place : order_[static_cast<std::size_t>(place)];
    }
    const QueryTile* tiles() const { return tiles_; }
    const backend::Stretch* stretches() const { return stretches_; }
    /// The most item tiles that any tile of queries looks at.
    std::int64_t most_tiles() const { return most_tiles_; }

private:
    Scratch scratch_;
    bool one_for_all_;
    std::vector<std::int64_t> order_;
    std::int64_t most_tiles_ = 0;
    const formulas::SortedFilter* filters_ = nullptr;
    const std::int64_t* device_order_ = nullptr;
    const QueryTile* tiles_ = nullptr;
    const backend::Stretch* stretches_ = nullptr;
};

}  // namespace crosslift::cuda
