// The order of two scored items: higher score first, then lower row.
#pragma once

#include "formulas/host_device.hpp"

#include <cstdint>

namespace crosslift::formulas {

CROSSLIFT_HD bool ranks_before(float score_a, std::int32_t row_a, float score_b, std::int32_t row_b) {
    return score_a > score_b || (score_a == score_b && row_a < row_b);
}

}  // namespace crosslift::formulas
