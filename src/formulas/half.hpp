// 16-bit floats (IEEE binary16) to 32-bit ones, exactly.
#pragma once

#include "formulas/host_device.hpp"

#include <cstdint>

namespace crosslift::formulas {

CROSSLIFT_HD float half_to_float(std::uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    float magnitude = 0;
    if (exponent == 31) {
        magnitude = fraction == 0 ? __builtin_inff() : __builtin_nanf("");
    } else {
        // A fraction of 2^-24 steps, doubled once per exponent; powers of two multiply exactly.
        magnitude = static_cast<float>(exponent == 0 ? fraction : fraction + 1024) * 0x1p-24F;
        for (int step = 1; step < exponent; ++step) magnitude *= 2.0F;
    }
    return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace crosslift::formulas
