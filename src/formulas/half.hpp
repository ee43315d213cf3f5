// 16-bit floats (IEEE 754 binary16) as bits, and the scale under which a matrix is stored in them.
#pragma once

#include "formulas/host_device.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

namespace crosslift::formulas {

/// The 32-bit float of the same value; exact.
CROSSLIFT_HD float half_value(std::uint16_t half) {
    const std::uint32_t magnitude = half & 0x7FFFU;
    // A half's exponent in a float's place is too small by 112; a product with a power of two is exact.
    const float finite = std::bit_cast<float>(magnitude << 13) * 0x1p112F;
    const float value = magnitude < 0x7C00U ? finite : std::bit_cast<float>(magnitude << 13 | 0x7F800000U);
    return (half & 0x8000U) != 0 ? -value : value;
}

/// The nearest 16-bit float, ties to the even one; infinite beyond 65,504, NaN for NaN.
CROSSLIFT_HD std::uint16_t half_bits(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = bits >> 16 & 0x8000U;
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U);
    if (magnitude >= 0x477FF000U) return static_cast<std::uint16_t>(sign | 0x7C00U);
    if (magnitude < 0x38800000U) {
        // Below the smallest normal half: one half's step, 2^-24, is the last place of a float near 0.5.
        const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
        return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000U));
    }
    const std::uint32_t rounded = magnitude + 0x0FFFU + (magnitude >> 13 & 1U);
    return static_cast<std::uint16_t>(sign | (rounded - 0x38000000U) >> 13);
}

/// The power of two by which numbers up to `largest` are divided before they become halves: the largest then lies
/// between 2^13 and 2^14, and what is 2^28 times smaller still has all its digits. 1 where there is nothing to scale.
CROSSLIFT_HD float half_scale(float largest) {
    if (!(largest > 1e-30F) || !std::isfinite(largest)) return 1.0F;
    const int exponent = static_cast<int>(std::bit_cast<std::uint32_t>(largest) >> 23) - 126;
    return std::bit_cast<float>(static_cast<std::uint32_t>(exponent - 14 + 127) << 23);
}

}  // namespace crosslift::formulas
