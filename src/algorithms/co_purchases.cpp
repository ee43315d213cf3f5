#include "algorithms/co_purchases.hpp"

#include "algorithms/basket_slices.hpp"

#include <algorithm>

namespace crosslift::algorithms {

CoPurchases::CoPurchases(const CsrView& baskets, std::span<const float> weights)
    : baskets_(baskets), weights_(weights), holders_(transpose(baskets)), sums_(idx(baskets.cols), 0.0) {}

std::span<const std::pair<std::int32_t, double>> CoPurchases::of(std::int32_t item) {
    met_.clear();
    for (const std::int32_t row : holders_.view().row(item)) {
        const auto weight = static_cast<double>(weights_[idx(row)]);
        if (weight == 0) continue;
        for (const std::int32_t other : baskets_.row(row)) {
            if (sums_[idx(other)] == 0) met_.emplace_back(other, 0.0);
            sums_[idx(other)] += weight;
        }
    }
    std::ranges::sort(met_);
    for (auto& [other, sum] : met_) sum = std::exchange(sums_[idx(other)], 0.0);
    return met_;
}

}  // namespace crosslift::algorithms
