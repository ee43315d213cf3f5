// What an ALS training holds at its peak, and how its interactions share what is left.
#pragma once

#include "algorithms/memory_plan.hpp"
#include "backend/backend.hpp"

#include <crosslift/als.hpp>

#include <cstdint>

namespace crosslift::algorithms {

/// A training by its sizes, before anything is made.
struct AlsShape {
    std::int64_t customers;
    std::int64_t items;
    std::int64_t cells;
    backend::RowsMemory customer_rows;
    backend::RowsMemory item_rows;
    bool may_stop;
};

/// Decides which side's interactions are streamed. Throws DeviceError if even streamed ones do not fit, naming the
/// number of factors that would.
RowsBudget plan_als(const backend::Backend& backend, const AlsOptions& options, const AlsShape& shape);

}  // namespace crosslift::algorithms
