#include "devices/devices.hpp"

#include <crosslift/matrix.hpp>

#include <cstdint>
#include <limits>
#include <vector>

namespace crosslift {
namespace {

/// A 16-bit float (IEEE binary16) as a 32-bit one, exactly.
float half_to_float(std::uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    float magnitude = 0;
    if (exponent == 31) {
        magnitude = fraction == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
    } else {
        // A fraction of 2^-24 steps, doubled once per exponent; powers of two multiply exactly.
        magnitude = static_cast<float>(exponent == 0 ? fraction : fraction + 1024) * 0x1p-24F;
        for (int step = 1; step < exponent; ++step) magnitude *= 2.0F;
    }
    return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace

Matrix Matrix::to_host() const {
    Matrix host(rows_, cols_);
    if (empty()) return host;
    const auto backend = open_backend(device_);
    const auto lane = backend->lane(1);
    const bool half = dtype_ == DType::f16;
    const std::int64_t itemsize = half ? 2 : 4;
    std::vector<std::uint16_t> halves(half ? static_cast<std::size_t>(cols_) : 0);
    for (std::int64_t r = 0; r < rows_; ++r) {
        const std::span<float> to = host.row(r);
        const char* from = static_cast<const char*>(data_) + r * stride_ * itemsize;
        backend->copy_out(*lane, half ? static_cast<void*>(halves.data()) : to.data(), from, cols_ * itemsize);
        for (std::size_t c = 0; c < halves.size(); ++c) to[c] = half_to_float(halves[c]);
        if (scale_ == 1.0F) continue;
        for (float& number : to) number *= scale_;
    }
    return host;
}

}  // namespace crosslift
