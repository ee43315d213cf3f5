#include "cuda/question.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace crosslift::cuda {
namespace {

using Stretches = std::vector<backend::Stretch>;

/// Arrays behind one another, so that all go to the device in one copy.
class Package {
public:
    /// Where the copy of `numbers` begins, in bytes.
    template <class T>
    std::int64_t add(std::span<const T> numbers) {
        const std::size_t begin = (bytes_.size() + alignment - 1) / alignment * alignment;
        bytes_.resize(begin + numbers.size_bytes());
        if (!numbers.empty()) std::memcpy(bytes_.data() + begin, numbers.data(), numbers.size_bytes());
        return static_cast<std::int64_t>(begin);
    }

    std::int64_t add_sorted(std::span<const std::int32_t> list) {
        const std::int64_t begin = add(list);
        auto* copy = reinterpret_cast<std::int32_t*>(bytes_.data() + begin);
        std::sort(copy, copy + list.size());
        return begin;
    }

    unsigned char* data() { return bytes_.data(); }
    std::int64_t size() const { return static_cast<std::int64_t>(bytes_.size()); }

private:
    static constexpr std::size_t alignment = 16;
    std::vector<unsigned char> bytes_;
};

/// Sorted stretches of tiles that any of some lists touches.
Stretches merged(Stretches all) {
    std::sort(all.begin(), all.end());
    Stretches found;
    for (const backend::Stretch& it : all) {
        if (!found.empty() && it.begin <= found.back().end)
            found.back().end = std::max(found.back().end, it.end);
        else
            found.push_back(it);
    }
    return found;
}

/// Puts the lists of a filter into the package; the pointers count from `base`, where the package will lie.
formulas::SortedFilter pack(Package& package, const backend::QueryFilter& filter, const unsigned char* base) {
    const auto size = [](std::span<const std::int32_t> list) { return static_cast<std::int64_t>(list.size()); };
    const auto list = [&](std::span<const std::int32_t> it) {
        return reinterpret_cast<const std::int32_t*>(base + package.add_sorted(it));
    };
    formulas::SortedFilter sorted{};
    sorted.exclude = list(filter.exclude);
    sorted.exclude_size = size(filter.exclude);
    sorted.allow = list(filter.allow);
    sorted.allow_size = size(filter.allow);
    if (!filter.allow_bitmap.empty())
        sorted.allow_bitmap = reinterpret_cast<const std::uint32_t*>(base + package.add(filter.allow_bitmap));
    sorted.categories = list(filter.categories);
    sorted.categories_size = size(filter.categories);
    sorted.exclude_categories = list(filter.exclude_categories);
    sorted.exclude_categories_size = size(filter.exclude_categories);
    sorted.min_price = filter.min_price;
    sorted.max_price = filter.max_price;
    sorted.use_allow = filter.use_allow;
    return sorted;
}

/// Bytes that pack() may take.
std::int64_t most_bytes(const backend::QueryFilter& filter) {
    constexpr std::int64_t lists = 5;
    constexpr std::int64_t padding = 16;
    return static_cast<std::int64_t>(sizeof(formulas::SortedFilter)) + (lists + 1) * padding +
           4 * static_cast<std::int64_t>(filter.exclude.size() + filter.allow.size() + filter.allow_bitmap.size() +
                                         filter.categories.size() + filter.exclude_categories.size());
}

template <class T>
std::int64_t bytes_of(const std::vector<T>& numbers) {
    return static_cast<std::int64_t>(numbers.size() * sizeof(T)) + 16;
}

void send(LaneState& lane, unsigned char* to, Package& package) {
    constexpr std::int64_t most_pinned = std::int64_t{1} << 20;
    if (package.size() > most_pinned) {
        lane.copy_in(to, package.data(), package.size());
        return;
    }
    void* staged = lane.pinned(package.size());
    std::memcpy(staged, package.data(), static_cast<std::size_t>(package.size()));
    check(cudaMemcpyAsync(to, staged, static_cast<std::size_t>(package.size()), cudaMemcpyHostToDevice, lane.stream()),
          "cudaMemcpyAsync to the device", {package.size()});
}

}  // namespace

DeviceQuestion::DeviceQuestion(LaneState& lane, const CudaItems& items, std::span<const backend::QueryFilter> filters,
                               std::int64_t queries, TileShape shape)
    : scratch_(lane.pool(), lane.stream()), one_for_all_(filters.size() < 2) {
    const backend::QueryFilter open;
    if (filters.empty()) filters = {&open, 1};
    std::vector<Stretches> seen;  // by each filter, in tiles of items
    for (const backend::QueryFilter& filter : filters)
        seen.push_back(backend::blocks_of(items.segments().stretches(filter), shape.items));
    if (!one_for_all_) {
        order_.resize(static_cast<std::size_t>(queries));
        std::iota(order_.begin(), order_.end(), std::int64_t{0});
        std::stable_sort(order_.begin(), order_.end(), [&](std::int64_t a, std::int64_t b) {
            return seen[static_cast<std::size_t>(a)] < seen[static_cast<std::size_t>(b)];
        });
    }

    std::vector<QueryTile> tiles;
    Stretches stretches;
    for (std::int64_t first = 0; first < queries; first += shape.queries) {
        if (one_for_all_ && !tiles.empty()) {
            tiles.push_back(tiles.back());
            continue;
        }
        Stretches all;
        for (std::int64_t n = first; n < std::min(queries, first + shape.queries); ++n) {
            const Stretches& some =
                seen[one_for_all_ ? 0 : static_cast<std::size_t>(order_[static_cast<std::size_t>(n)])];
            all.insert(all.end(), some.begin(), some.end());
            if (one_for_all_) break;
        }
        all = merged(std::move(all));
        tiles.push_back(
            {static_cast<std::int64_t>(stretches.size()), static_cast<std::int64_t>(all.size()), backend::length(all)});
        most_tiles_ = std::max(most_tiles_, tiles.back().tiles);
        stretches.insert(stretches.end(), all.begin(), all.end());
    }

    std::int64_t bytes = bytes_of(order_) + bytes_of(tiles) + bytes_of(stretches);
    for (const backend::QueryFilter& filter : filters) bytes += most_bytes(filter);
    auto* base = scratch_.take<unsigned char>(bytes);
    Package package;
    std::vector<formulas::SortedFilter> sorted;
    for (const backend::QueryFilter& filter : filters) sorted.push_back(pack(package, filter, base));
    const auto add = [&]<class T>(const std::vector<T>& numbers) {
        return reinterpret_cast<const T*>(base + package.add(std::span<const T>(numbers)));
    };
    filters_ = add(sorted);
    if (!order_.empty()) device_order_ = add(order_);
    tiles_ = add(tiles);
    stretches_ = add(stretches);
    send(lane, base, package);
}

}  // namespace crosslift::cuda
