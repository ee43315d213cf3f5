// Sorts over the whole device. Where kernels run on the CPU, tests/emulation/sort.cpp stands in for sort.cu.
#pragma once

#include "cuda/lane.hpp"

#include <cstdint>

namespace crosslift::cuda {

/// Orders `count` pairs by column, ascending; pairs of one column stay in their order. On the lane's stream; takes as
/// much working memory as the pairs themselves.
void sort_by_column(LaneState& lane, std::int32_t* columns, std::int64_t* values, std::int64_t count);

}  // namespace crosslift::cuda
