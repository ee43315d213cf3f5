#include "cuda/items.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace crosslift::cuda {
namespace {

template <class T>
std::shared_ptr<void> upload_column(const std::shared_ptr<MemoryPool>& pool, LaneState& lane, std::span<const T> column,
                                    std::int64_t items, const char* what) {
    if (column.empty()) return nullptr;
    if (static_cast<std::int64_t>(column.size()) != items)
        throw InvalidArgument("make_items: the column of " + std::string(what) + " has " +
                              std::to_string(column.size()) + " numbers for " + std::to_string(items) +
                              " items; give one per item or none");
    const auto bytes = static_cast<std::int64_t>(column.size_bytes());
    std::shared_ptr<void> memory = MemoryPool::allocate(pool, bytes);
    lane.copy_in(memory.get(), column.data(), bytes);
    return memory;
}

/// All lists of a call behind one another.
class Lists {
public:
    /// Where the sorted copy of `list` begins.
    std::int64_t add(std::span<const std::int32_t> list) {
        const auto begin = static_cast<std::int64_t>(numbers_.size());
        numbers_.insert(numbers_.end(), list.begin(), list.end());
        std::sort(numbers_.begin() + begin, numbers_.end());
        return begin;
    }
    /// Where a bitmap begins, as it is.
    std::int64_t add_words(std::span<const std::uint32_t> words) {
        const auto begin = static_cast<std::int64_t>(numbers_.size());
        for (const std::uint32_t word : words) numbers_.push_back(static_cast<std::int32_t>(word));
        return begin;
    }
    const std::vector<std::int32_t>& numbers() const { return numbers_; }

private:
    std::vector<std::int32_t> numbers_;
};

}  // namespace

CudaItems::CudaItems(backend::DenseView factors, std::shared_ptr<void> owner, const backend::ItemColumns& columns,
                     const std::shared_ptr<MemoryPool>& pool, LaneState& lane)
    : owner_(std::move(owner)),
      category_(upload_column(pool, lane, columns.category, factors.rows, "categories")),
      price_(upload_column(pool, lane, columns.price, factors.rows, "prices")),
      bias_(upload_column(pool, lane, columns.bias, factors.rows, "biases")) {
    view_ = {factors, static_cast<const std::int32_t*>(category_.get()), static_cast<const float*>(price_.get()),
             static_cast<const float*>(bias_.get())};
}

DeviceFilters::DeviceFilters(LaneState& lane, std::span<const backend::QueryFilter> filters)
    : scratch_(lane.pool(), lane.stream()), one_for_all_(filters.size() < 2) {
    const backend::QueryFilter open;
    if (filters.empty()) filters = {&open, 1};
    Lists lists;
    struct Begins {
        std::int64_t exclude, allow, bitmap, categories, exclude_categories;
    };
    std::vector<Begins> begins;
    begins.reserve(filters.size());
    for (const backend::QueryFilter& filter : filters)
        begins.push_back({lists.add(filter.exclude), lists.add(filter.allow), lists.add_words(filter.allow_bitmap),
                          lists.add(filter.categories), lists.add(filter.exclude_categories)});
    const auto& numbers = lists.numbers();
    auto* device_numbers = scratch_.take<std::int32_t>(static_cast<std::int64_t>(numbers.size()));
    lane.copy_in(device_numbers, numbers.data(), static_cast<std::int64_t>(numbers.size() * sizeof(std::int32_t)));

    std::vector<formulas::SortedFilter> sorted;
    sorted.reserve(filters.size());
    const auto size = [](std::span<const std::int32_t> list) { return static_cast<std::int64_t>(list.size()); };
    for (std::size_t i = 0; i < filters.size(); ++i) {
        const backend::QueryFilter& filter = filters[i];
        sorted.push_back({device_numbers + begins[i].exclude, size(filter.exclude), device_numbers + begins[i].allow,
                          size(filter.allow),
                          filter.allow_bitmap.empty()
                              ? nullptr
                              : reinterpret_cast<const std::uint32_t*>(device_numbers + begins[i].bitmap),
                          device_numbers + begins[i].categories, size(filter.categories),
                          device_numbers + begins[i].exclude_categories, size(filter.exclude_categories),
                          filter.min_price, filter.max_price, filter.use_allow});
    }
    auto* device_filters = scratch_.take<formulas::SortedFilter>(static_cast<std::int64_t>(sorted.size()));
    lane.copy_in(device_filters, sorted.data(),
                 static_cast<std::int64_t>(sorted.size() * sizeof(formulas::SortedFilter)));
    filters_ = device_filters;
}

}  // namespace crosslift::cuda
