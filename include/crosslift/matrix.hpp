// The one public owner of numbers: a dense row-major matrix on some device.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/device.hpp>

#include <cstdint>
#include <memory>
#include <span>

namespace crosslift {

enum class DType { f32, f16 };

/// Dense, row-major, shared: copying a Matrix copies a reference to the same numbers, as in NumPy.
/// Element (r, c) lies at `data() + (r * stride() + c) * itemsize()` and stands for
/// `stored value * scale()`. Memory is released when the last copy goes.
class CROSSLIFT_API Matrix {
public:
    Matrix() = default;

    /// A matrix of zeros on the host, rows packed (stride == cols). Throws InvalidArgument if a size is negative.
    Matrix(std::int64_t rows, std::int64_t cols);

    /// Takes over foreign memory; `owner` keeps it alive. No copy.
    Matrix(void* data, std::int64_t rows, std::int64_t cols, std::int64_t stride, DType dtype, float scale,
           Device device, std::shared_ptr<void> owner);

    std::int64_t rows() const { return rows_; }
    std::int64_t cols() const { return cols_; }
    std::int64_t stride() const { return stride_; }
    DType dtype() const { return dtype_; }
    float scale() const { return scale_; }
    Device device() const { return device_; }
    bool empty() const { return rows_ == 0 || cols_ == 0; }
    const void* data() const { return data_; }
    void* data() { return data_; }
    const std::shared_ptr<void>& owner() const { return owner_; }

    /// Row r of a host f32 matrix. Throws InvalidArgument elsewhere (call to_host() first) or out of range.
    std::span<float> row(std::int64_t r);
    std::span<const float> row(std::int64_t r) const;

    /// A packed f32 copy on the host with scale 1.
    Matrix to_host() const;

private:
    void* data_ = nullptr;
    std::int64_t rows_ = 0;
    std::int64_t cols_ = 0;
    std::int64_t stride_ = 0;
    DType dtype_ = DType::f32;
    float scale_ = 1.0F;
    Device device_;
    std::shared_ptr<void> owner_;
};

}  // namespace crosslift
