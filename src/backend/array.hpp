// Numbers on one backend: an owner that knows where it lives, and cheap views.
#pragma once

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
    operator Dense<const T>() const { return {data, rows, cols, stride}; }  // NOLINT(google-explicit-constructor)
};

using DenseView = Dense<const float>;
using DenseSpan = Dense<float>;

}  // namespace crosslift::backend
