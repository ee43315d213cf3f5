// A packed f32 copy on the host of a matrix that may lie anywhere and in 16 bits.
#include "backend/backend.hpp"
#include "devices/devices.hpp"

#include <crosslift/matrix.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace crosslift {
namespace {

// IEEE 754 binary16 to binary32, exact for every value.
float widen(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000U) << 16;
    const std::uint32_t exponent = (half >> 10) & 0x1FU;
    const std::uint32_t fraction = half & 0x3FFU;
    if (exponent == 0) {
        const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
        return sign != 0 ? -magnitude : magnitude;
    }
    const std::uint32_t wide = exponent == 31 ? 255U : exponent + 112U;
    return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

void widen_row(const std::byte* from, DType dtype, float scale, std::span<float> to) {
    for (std::size_t n = 0; n < to.size(); ++n) {
        if (dtype == DType::f32) {
            std::memcpy(&to[n], from + 4 * n, 4);
        } else {
            std::uint16_t half = 0;
            std::memcpy(&half, from + 2 * n, 2);
            to[n] = widen(half);
        }
        if (scale != 1.0F) to[n] *= scale;
    }
}

}  // namespace

Matrix Matrix::to_host() const {
    Matrix out(rows_, cols_);
    if (empty()) return out;
    const std::int64_t itemsize = dtype_ == DType::f32 ? 4 : 2;
    const auto* from = static_cast<const std::byte*>(data_);
    std::vector<std::byte> copy;
    if (device_.kind != Device::Kind::cpu) {
        copy.resize(static_cast<std::size_t>(((rows_ - 1) * stride_ + cols_) * itemsize));
        const auto backend = open_backend(device_);
        const auto lane = backend->lane(1);
        backend->copy_out(*lane, copy.data(), from, static_cast<std::int64_t>(copy.size()));
        from = copy.data();
    }
    for (std::int64_t r = 0; r < rows_; ++r) widen_row(from + r * stride_ * itemsize, dtype_, scale_, out.row(r));
    return out;
}

}  // namespace crosslift
