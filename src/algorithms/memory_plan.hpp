// What one training holds in a backend's memory at its peak, counted before it begins.
#pragma once

#include "backend/backend.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crosslift::algorithms {

class MemoryPlan {
public:
    /// A part that is held all the time, or of several parts that are never held together the largest.
    void add(std::string what, std::int64_t bytes);

    std::int64_t needed() const { return needed_; }
    std::int64_t available(const backend::Backend& machine) const { return machine.memory().available - reserve; }
    bool fits(const backend::Backend& machine) const { return needed_ <= available(machine); }

    /// Throws DeviceError unless the plan fits: it names the training, needed and available bytes, the largest parts
    /// and `advice`, the option that would fit.
    void require(const backend::Backend& machine, std::string_view training, const std::string& advice) const;

    /// Left to others and to the rounding of each allocation.
    static constexpr std::int64_t reserve = std::int64_t{8} << 20;

private:
    struct Part {
        std::string what;
        std::int64_t bytes;
    };
    std::vector<Part> parts_;
    std::int64_t needed_ = 0;
};

/// The largest number below `asked` that fits: halved as often as it takes. None if not even `least` does.
std::optional<std::int64_t> largest_that_fits(std::int64_t asked, std::int64_t least,
                                              const std::function<bool(std::int64_t)>& fits);

/// Bytes of device memory per copy of customers' and items' rows, as make_rows is asked for them.
struct RowsBudget {
    std::int64_t customers = 0;
    std::int64_t items = 0;
};

/// How both sides' rows share `available` bytes: resident where they can be, else the smaller side streamed first, else
/// both streamed. The budgets sum to what the rows take; they may be more than is available.
RowsBudget share_rows(const backend::RowsMemory& customers, const backend::RowsMemory& items, std::int64_t available);

}  // namespace crosslift::algorithms
