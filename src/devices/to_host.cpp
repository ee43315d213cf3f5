#include "devices/devices.hpp"
#include "formulas/half.hpp"

#include <crosslift/matrix.hpp>

#include <cstdint>
#include <vector>

namespace crosslift {

Matrix Matrix::to_host() const {
    Matrix host(rows_, cols_);
    if (empty()) return host;
    const auto backend = open_backend(device_);
    const auto lane = backend->lane(1);
    const bool half = dtype_ == DType::f16;
    const std::int64_t itemsize = half ? 2 : 4;
    std::vector<std::uint16_t> halves(half ? static_cast<std::size_t>(cols_) : 0);
    if (!half && stride_ == cols_ && scale_ == 1.0F) {
        backend->copy_out(*lane, host.data(), data_, rows_ * cols_ * itemsize);
        return host;
    }
    for (std::int64_t r = 0; r < rows_; ++r) {
        const std::span<float> to = host.row(r);
        const char* from = static_cast<const char*>(data_) + r * stride_ * itemsize;
        backend->copy_out(*lane, half ? static_cast<void*>(halves.data()) : to.data(), from, cols_ * itemsize);
        for (std::size_t c = 0; c < halves.size(); ++c) to[c] = formulas::half_value(halves[c]);
        if (scale_ == 1.0F) continue;
        for (float& number : to) number *= scale_;
    }
    return host;
}

}  // namespace crosslift
