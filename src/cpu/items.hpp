// A catalog made ready for top-K on the CPU.
#pragma once

#include "backend/backend.hpp"
#include "cpu/kernels.hpp"
#include "cpu/scratch.hpp"
#include "formulas/eligibility.hpp"

#include <cstdint>
#include <limits>
#include <vector>

namespace crosslift::cpu {

/// Items in panels as wide as a register tile, factor by factor, so that one instruction scores many of them.
class CpuItems final : public backend::Items {
public:
    CpuItems(const Kernels& kernels, backend::DenseView factors, const backend::ItemColumns& columns);
    std::int64_t items() const override { return items_; }
    std::int64_t factors() const override { return factors_; }
    std::int64_t panels() const { return (items_ + width_ - 1) / width_; }

    const float* panel(std::int64_t number) const { return packed_.data() + number * factors_ * width_; }
    /// Bias of the items of a panel and those after it, or null.
    const float* bias(std::int64_t panel) const { return bias_.empty() ? nullptr : bias_.data() + panel * width_; }

    bool eligible(const formulas::SortedFilter& filter, std::int64_t item) const {
        const auto i = static_cast<std::size_t>(item);
        return formulas::eligible(filter, static_cast<std::int32_t>(item), category_.empty() ? -1 : category_[i],
                                  price_.empty() ? unknown_price : price_[i]);
    }

private:
    static constexpr float unknown_price = std::numeric_limits<float>::quiet_NaN();

    std::int64_t items_;
    std::int64_t factors_;
    std::int64_t width_;
    Scratch<float> packed_;
    std::vector<std::int32_t> category_;
    std::vector<float> price_;
    std::vector<float> bias_;  // padded to whole panels
};

}  // namespace crosslift::cpu
