// Weighted pair counts over training baskets.
#pragma once

#include <crosslift/sparse.hpp>

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace crosslift::evaluation {

/// How often items were bought, alone and in pairs: sums of basket weights (baskets, where every weight is 1).
struct CoCounts {
    CsrMatrix pairs;             ///< items x items, zero diagonal, without values
    std::vector<double> values;  ///< per stored cell of `pairs`
    std::vector<double> count;   ///< per item
    double baskets = 0;

    std::span<const double> row_values(std::int64_t row) const {
        const CsrView view = pairs;
        return std::span(values).subspan(static_cast<std::size_t>(view.begin(row)), view.row(row).size());
    }
};

/// One weight per row of `baskets`. The same for any number of threads.
CoCounts count_pairs(const CsrView& baskets, std::span<const double> weights, int threads, const std::stop_token& stop);

}  // namespace crosslift::evaluation
