#include "algorithms/line_windows.hpp"

#include "algorithms/basket_slices.hpp"

#include <algorithm>
#include <utility>

namespace crosslift::algorithms {

WeightedBaskets with_line_windows(const CsrView& baskets, std::span<const float> weights,
                                  std::span<const std::int32_t> lines, double share) {
    WeightedBaskets out;
    CsrMatrix& rows = out.baskets;
    rows.cols = baskets.cols;
    rows.indptr.assign(baskets.indptr.begin(), baskets.indptr.end());
    rows.indices.assign(baskets.indices.begin(), baskets.indices.end());
    for (const float weight : weights) out.weights.push_back(static_cast<float>((1 - share) * weight));
    std::vector<std::pair<std::int32_t, std::int32_t>> receipt;  // line, item
    for (std::int64_t basket = 0; basket < baskets.rows; ++basket) {
        const auto items = baskets.row(basket);
        if (items.size() < 2 || weights[idx(basket)] == 0) continue;
        receipt.clear();
        for (std::size_t n = 0; n < items.size(); ++n)
            receipt.emplace_back(lines[idx(baskets.begin(basket)) + n], items[n]);
        std::ranges::sort(receipt);
        const auto size = static_cast<std::int64_t>(receipt.size());
        const auto weight = static_cast<float>(share * weights[idx(basket)] / line_window);
        for (std::int64_t end = 1; end < size + line_window; ++end) {
            const std::size_t first = rows.indices.size();
            for (std::int64_t n = std::max<std::int64_t>(end - line_window, 0); n < std::min(end, size); ++n)
                rows.indices.push_back(receipt[idx(n)].second);
            std::sort(rows.indices.begin() + static_cast<std::ptrdiff_t>(first), rows.indices.end());
            rows.indptr.push_back(static_cast<std::int64_t>(rows.indices.size()));
            out.weights.push_back(weight);
        }
    }
    rows.rows = static_cast<std::int64_t>(rows.indptr.size()) - 1;
    return out;
}

}  // namespace crosslift::algorithms
