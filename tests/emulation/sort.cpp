// Stands in for cuda/sort.cu, whose Thrust needs nvcc.
#include "cuda/sort.hpp"

#include "emulation/runtime.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace crosslift::cuda {

void sort_by_column(LaneState& lane, std::int32_t* columns, std::int64_t* values, std::int64_t count) {
    emulation::enqueue(lane.stream(), [=] {
        std::vector<std::pair<std::int32_t, std::int64_t>> pairs;
        for (std::int64_t i = 0; i < count; ++i) pairs.emplace_back(columns[i], values[i]);
        std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        for (std::int64_t i = 0; i < count; ++i) std::tie(columns[i], values[i]) = pairs[static_cast<std::size_t>(i)];
    });
}

}  // namespace crosslift::cuda
