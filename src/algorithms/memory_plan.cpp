#include "algorithms/memory_plan.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <utility>

namespace crosslift::algorithms {

void MemoryPlan::add(std::string what, std::int64_t bytes) {
    needed_ += bytes;
    parts_.push_back({std::move(what), bytes});
}

void MemoryPlan::require(const backend::Backend& machine, std::string_view training, const std::string& advice) const {
    const std::int64_t there = available(machine);
    if (needed_ <= there) return;
    std::vector<Part> largest = parts_;
    std::stable_sort(largest.begin(), largest.end(), [](const Part& a, const Part& b) { return a.bytes > b.bytes; });
    std::string list;
    for (std::size_t part = 0; part < std::min<std::size_t>(3, largest.size()); ++part)
        list += (part == 0 ? "" : ", ") + largest[part].what + " " + std::to_string(largest[part].bytes);
    throw DeviceError(std::string(training) + " does not fit the memory of " + machine.device().name() + ": " +
                      std::to_string(needed_) + " bytes are needed (" + list + ") and " +
                      std::to_string(std::max<std::int64_t>(there, 0)) + " bytes are available; " + advice);
}

std::optional<std::int64_t> largest_that_fits(std::int64_t asked, std::int64_t least,
                                              const std::function<bool(std::int64_t)>& fits) {
    for (std::int64_t size = asked / 2; size >= least; size /= 2)
        if (fits(size)) return size;
    return std::nullopt;
}

RowsBudget share_rows(const backend::RowsMemory& customers, const backend::RowsMemory& items, std::int64_t available) {
    const RowsBudget choices[] = {
        {customers.resident, items.resident},
        customers.resident >= items.resident ? RowsBudget{customers.resident, items.streamed}
                                             : RowsBudget{customers.streamed, items.resident},
        customers.resident >= items.resident ? RowsBudget{customers.streamed, items.resident}
                                             : RowsBudget{customers.resident, items.streamed},
    };
    for (const RowsBudget& choice : choices)
        if (choice.customers + choice.items <= available) return choice;
    return {customers.streamed, items.streamed};
}

}  // namespace crosslift::algorithms
