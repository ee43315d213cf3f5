// A catalog in the order of category, then price, so that what a filter lets pass lies in few stretches.
#pragma once

#include "backend/backend.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace crosslift::backend {

/// Places begin .. end - 1 of a catalog in order.
struct Stretch {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    auto operator<=>(const Stretch&) const = default;  // NOLINT(modernize-use-nullptr): a false alarm of version 14
};

/// Items by category (unknown, -1, first), then price (unknown last), then row. Without either column items stay as
/// they are.
class Segments {
public:
    Segments(std::int64_t items, const ItemColumns& columns) : items_(items) {
        if (columns.category.empty() && columns.price.empty()) return;
        const auto category = [&](std::int32_t row) {
            return columns.category.empty() ? -1 : std::max(-1, columns.category[static_cast<std::size_t>(row)]);
        };
        const auto price = [&](std::int32_t row) {
            const float known = columns.price.empty() ? unknown : columns.price[static_cast<std::size_t>(row)];
            return std::isnan(known) ? unknown : known;
        };
        rows_.resize(static_cast<std::size_t>(items));
        std::iota(rows_.begin(), rows_.end(), 0);
        std::sort(rows_.begin(), rows_.end(), [&](std::int32_t a, std::int32_t b) {
            if (category(a) != category(b)) return category(a) < category(b);
            const float price_a = price(a), price_b = price(b);
            if (std::isnan(price_a) != std::isnan(price_b)) return std::isnan(price_b);
            return price_a != price_b && !std::isnan(price_a) ? price_a < price_b : a < b;
        });
        prices_.reserve(rows_.size());
        for (const std::int32_t row : rows_) {
            const auto place = static_cast<std::int64_t>(prices_.size());
            if (segments_.empty() || segments_.back().category != category(row))
                segments_.push_back({category(row), {place, place}});
            ++segments_.back().places.end;
            prices_.push_back(price(row));
        }
    }

    /// The row at each place; empty where places are rows.
    const std::vector<std::int32_t>& rows() const { return rows_; }

    /// Ascending, disjoint stretches outside which the filter's categories and prices let nothing pass. What lies
    /// inside must still be asked (formulas::eligible).
    std::vector<Stretch> stretches(const QueryFilter& filter) const {
        const bool bounded = filter.min_price > -infinity || filter.max_price < infinity;
        const bool many = static_cast<std::int64_t>(segments_.size()) > items_ / 16;
        const bool listed = !filter.categories.empty();
        if (segments_.empty() || (!listed && (many || (!bounded && filter.exclude_categories.empty()))))
            return {{0, items_}};
        std::vector<Stretch> found;
        if (listed) {
            std::vector<std::int32_t> wanted(filter.categories.begin(), filter.categories.end());
            std::sort(wanted.begin(), wanted.end());
            for (const std::int32_t category : wanted) {
                const auto at = std::lower_bound(segments_.begin(), segments_.end(), category,
                                                 [](const Segment& s, std::int32_t c) { return s.category < c; });
                if (category >= 0 && at != segments_.end() && at->category == category)
                    add(filter, at->places, bounded, found);
            }
        } else {
            std::vector<std::int32_t> excluded(filter.exclude_categories.begin(), filter.exclude_categories.end());
            std::sort(excluded.begin(), excluded.end());
            for (const Segment& segment : segments_)
                if (segment.category < 0 || !std::binary_search(excluded.begin(), excluded.end(), segment.category))
                    add(filter, segment.places, bounded, found);
        }
        return found;
    }

private:
    struct Segment {
        std::int32_t category;
        Stretch places;
    };
    static constexpr float infinity = std::numeric_limits<float>::infinity();
    static constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

    /// Adds what a segment has between the bounds; a category named twice adds nothing.
    void add(const QueryFilter& filter, Stretch places, bool bounded, std::vector<Stretch>& found) const {
        if (bounded) {
            const float* first = prices_.data() + places.begin;
            const float* last = prices_.data() + places.end;  // unknown prices, at the end, are below no bound
            const auto* begin = std::partition_point(first, last, [&](float p) { return p < filter.min_price; });
            const auto* end = std::partition_point(begin, last, [&](float p) { return p <= filter.max_price; });
            places = {begin - prices_.data(), end - prices_.data()};
        }
        if (places.begin == places.end || (!found.empty() && places.end <= found.back().end)) return;
        if (!found.empty() && places.begin == found.back().end)
            found.back().end = places.end;
        else
            found.push_back(places);
    }

    std::int64_t items_;
    std::vector<std::int32_t> rows_;
    std::vector<float> prices_;  // by place
    std::vector<Segment> segments_;
};

/// Blocks of `width` places that stretches touch, as stretches of block numbers, disjoint again.
inline std::vector<Stretch> blocks_of(const std::vector<Stretch>& stretches, std::int64_t width) {
    std::vector<Stretch> blocks;
    for (const Stretch& it : stretches) {
        const std::int64_t begin = it.begin / width;
        const std::int64_t end = (it.end + width - 1) / width;
        if (begin >= end) continue;
        if (!blocks.empty() && begin <= blocks.back().end)
            blocks.back().end = end;
        else
            blocks.push_back({begin, end});
    }
    return blocks;
}

inline std::int64_t length(const std::vector<Stretch>& stretches) {
    std::int64_t sum = 0;
    for (const Stretch& it : stretches) sum += it.end - it.begin;
    return sum;
}

}  // namespace crosslift::backend
