// May this item be offered? One answer for every machine.
#pragma once

#include "formulas/host_device.hpp"

#include <cmath>
#include <cstdint>

namespace crosslift::formulas {

/// Is `value` among the `size` ascending numbers at `sorted`?
CROSSLIFT_HD bool contains(const std::int32_t* sorted, std::int64_t size, std::int32_t value) {
    std::int64_t low = 0;
    std::int64_t high = size;
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        if (sorted[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < size && sorted[low] == value;
}

/// One query's filter with its lists sorted, as raw pointers that a kernel can take.
struct SortedFilter {
    const std::int32_t* exclude;
    std::int64_t exclude_size;
    const std::int32_t* allow;
    std::int64_t allow_size;
    const std::uint32_t* allow_bitmap;  ///< null: off
    const std::int32_t* categories;
    std::int64_t categories_size;
    const std::int32_t* exclude_categories;
    std::int64_t exclude_categories_size;
    float min_price;
    float max_price;
    bool use_allow;
};

/// `category` is -1 and `price` NaN where unknown. With a price bound, an unknown price is out; with a list of
/// categories, an unknown category is out; an unknown category is never an excluded one.
CROSSLIFT_HD bool eligible(const SortedFilter& filter, std::int32_t row, std::int32_t category, float price) {
    if (filter.use_allow && !contains(filter.allow, filter.allow_size, row)) return false;
    if (filter.allow_bitmap != nullptr && (filter.allow_bitmap[row / 32] >> (row % 32) & 1U) == 0) return false;
    if (filter.categories_size > 0 && (category < 0 || !contains(filter.categories, filter.categories_size, category)))
        return false;
    if (filter.exclude_categories_size > 0 && category >= 0 &&
        contains(filter.exclude_categories, filter.exclude_categories_size, category))
        return false;
    const bool bounded = filter.min_price != -INFINITY || filter.max_price != INFINITY;
    if (bounded && !(price >= filter.min_price && price <= filter.max_price)) return false;
    return !contains(filter.exclude, filter.exclude_size, row);
}

}  // namespace crosslift::formulas
