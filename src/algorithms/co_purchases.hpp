// Weighted counts of what was bought together, one item at a time.
#pragma once

#include <crosslift/sparse.hpp>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace crosslift::algorithms {

class CoPurchases {
public:
    /// Both must outlive this; one weight per row of `baskets`, >= 0.
    CoPurchases(const CsrView& baskets, std::span<const float> weights);

    /// Items, ascending, with the weights of the rows that hold them and `item`: `item` itself among them, unless all
    /// its rows weigh nothing. Valid until the next call.
    std::span<const std::pair<std::int32_t, double>> of(std::int32_t item);

private:
    CsrView baskets_;
    std::span<const float> weights_;
    CsrMatrix holders_;
    std::vector<double> sums_;
    std::vector<std::pair<std::int32_t, double>> met_;
};

}  // namespace crosslift::algorithms
