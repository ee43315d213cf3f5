// A catalog made ready for top-K on the CPU.
#pragma once

#include "backend/backend.hpp"
#include "backend/segments.hpp"
#include "cpu/kernels.hpp"
#include "cpu/scratch.hpp"
#include "formulas/eligibility.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace crosslift::cpu {

/// Items in panels as wide as a register tile, factor by factor, so that one instruction scores many of them. They
/// stand in the order of `segments`: place n of a panel and those after it.
class CpuItems final : public backend::Items {
public:
    CpuItems(const Kernels& kernels, backend::DenseView factors, const backend::ItemColumns& columns);
    std::int64_t items() const override { return items_; }
    std::int64_t factors() const override { return factors_; }
    std::int64_t panels() const { return (items_ + width_ - 1) / width_; }
    const backend::Segments& segments() const { return segments_; }

    const float* panel(std::int64_t number) const { return packed_.data() + number * factors_ * width_; }
    /// Bias of the items of a panel and those after it, or null.
    const float* bias(std::int64_t panel) const { return bias_.empty() ? nullptr : bias_.data() + panel * width_; }

    std::int32_t row(std::int64_t place) const {
        return segments_.rows().empty() ? static_cast<std::int32_t>(place) : segments_.rows()[index(place)];
    }
    std::int64_t place(std::int32_t row) const { return places_.empty() ? row : places_[index(row)]; }

    bool eligible(const formulas::SortedFilter& filter, std::int32_t row) const {
        return formulas::eligible(filter, row, category_.empty() ? -1 : category_[index(row)],
                                  price_.empty() ? unknown_price : price_[index(row)]);
    }

private:
    static constexpr float unknown_price = std::numeric_limits<float>::quiet_NaN();
    static std::size_t index(std::int64_t n) { return static_cast<std::size_t>(n); }

    std::int64_t items_;
    std::int64_t factors_;
    std::int64_t width_;
    backend::Segments segments_;
    std::vector<std::int32_t> places_;  // of rows; empty where they are the rows
    Scratch<float> packed_;
    std::vector<std::int32_t> category_;  // by row
    std::vector<float> price_;            // by row
    std::vector<float> bias_;             // by place, padded to whole panels
};

}  // namespace crosslift::cpu
