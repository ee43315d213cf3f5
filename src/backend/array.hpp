// Numbers on one backend: an owner that knows where it lives, and cheap views.
#pragma once

#include <crosslift/matrix.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace crosslift::backend {

class Backend;

/// `size` numbers of type T in the memory of the backend that made them. Move-only; freed with its last owner.
template <class T>
class Array {
public:
    Array() = default;
    Array(const Backend* home, std::shared_ptr<void> memory, std::int64_t size)
        : home_(home), memory_(std::move(memory)), size_(size) {}
    Array(Array&&) noexcept = default;
    Array& operator=(Array&&) noexcept = default;
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    ~Array() = default;

    T* data() { return static_cast<T*>(memory_.get()); }
    const T* data() const { return static_cast<const T*>(memory_.get()); }
    std::int64_t size() const { return size_; }
    const Backend* home() const { return home_; }
    const std::shared_ptr<void>& memory() const { return memory_; }

private:
    const Backend* home_ = nullptr;
    std::shared_ptr<void> memory_;
    std::int64_t size_ = 0;
};

/// A view of a dense row-major f32 matrix in a backend's memory.
template <class T>
struct Dense {
    T* data = nullptr;
    std::int64_t rows = 0;
    std::int64_t cols = 0;
    std::int64_t stride = 0;

    constexpr T* row(std::int64_t r) const { return data + r * stride; }
    // NOLINTNEXTLINE(google-explicit-constructor): a view costs nothing
    constexpr operator Dense<const T>() const { return {data, rows, cols, stride}; }
};

using DenseView = Dense<const float>;
using DenseSpan = Dense<float>;
using HalfSpan = Dense<std::uint16_t>;  ///< bits of 16-bit floats

/// Factors as they are stored: number (r, c) is `scale` times the 32- or 16-bit float at r * stride + c.
struct FactorView {
    const void* data = nullptr;
    std::int64_t rows = 0;
    std::int64_t cols = 0;
    std::int64_t stride = 0;
    DType dtype = DType::f32;
    float scale = 1;

    constexpr FactorView() = default;
    constexpr FactorView(DenseView dense)  // NOLINT(google-explicit-constructor)
        : data(dense.data), rows(dense.rows), cols(dense.cols), stride(dense.stride) {}
    constexpr FactorView(DenseSpan dense) : FactorView(DenseView(dense)) {}  // NOLINT(google-explicit-constructor)
    constexpr FactorView(HalfSpan halves, float by)
        : data(halves.data),
          rows(halves.rows),
          cols(halves.cols),
          stride(halves.stride),
          dtype(DType::f16),
          scale(by) {}
    explicit FactorView(const Matrix& m)
        : data(m.data()), rows(m.rows()), cols(m.cols()), stride(m.stride()), dtype(m.dtype()), scale(m.scale()) {}

    /// 32-bit numbers as they are, without a scale?
    constexpr bool is_plain() const { return dtype == DType::f32 && scale == 1.0F; }
    /// The same as a dense view; only where is_plain().
    constexpr DenseView plain() const { return {static_cast<const float*>(data), rows, cols, stride}; }
};

}  // namespace crosslift::backend
