// One query's filter with its lists in order.
#pragma once

#include "backend/backend.hpp"
#include "formulas/eligibility.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace crosslift::cpu {

/// An ascending list without repetitions: the caller's where it is one, else a copy.
class SortedList {
public:
    explicit SortedList(std::span<const std::int32_t> list) : list_(list) {
        if (std::adjacent_find(list.begin(), list.end(), [](auto a, auto b) { return a >= b; }) == list.end()) return;
        copy_.assign(list.begin(), list.end());
        std::sort(copy_.begin(), copy_.end());
        copy_.erase(std::unique(copy_.begin(), copy_.end()), copy_.end());
        list_ = copy_;
    }
    SortedList(SortedList&&) = default;  // a moved vector keeps its memory, so the span stays true
    std::span<const std::int32_t> list() const { return list_; }
    std::int64_t size() const { return static_cast<std::int64_t>(list_.size()); }

private:
    std::span<const std::int32_t> list_;
    std::vector<std::int32_t> copy_;
};

/// Looks at the memory of the filter it was made of.
class OwnFilter {
public:
    explicit OwnFilter(const backend::QueryFilter& filter)
        : exclude_(filter.exclude),
          allow_(filter.allow),
          categories_(filter.categories),
          exclude_categories_(filter.exclude_categories),
          sorted_{exclude_.list().data(),
                  exclude_.size(),
                  allow_.list().data(),
                  allow_.size(),
                  filter.allow_bitmap.empty() ? nullptr : filter.allow_bitmap.data(),
                  categories_.list().data(),
                  categories_.size(),
                  exclude_categories_.list().data(),
                  exclude_categories_.size(),
                  filter.min_price,
                  filter.max_price,
                  filter.use_allow} {}

    const formulas::SortedFilter& sorted() const { return sorted_; }
    std::span<const std::int32_t> allow() const { return allow_.list(); }

private:
    SortedList exclude_;
    SortedList allow_;
    SortedList categories_;
    SortedList exclude_categories_;
    formulas::SortedFilter sorted_;
};

}  // namespace crosslift::cpu
