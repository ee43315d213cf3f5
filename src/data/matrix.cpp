// The owner of dense numbers on the host; src/devices has the copy to the host.
#include <crosslift/error.hpp>
#include <crosslift/matrix.hpp>

#include <limits>
#include <new>
#include <string>

namespace crosslift {
namespace {

constexpr std::align_val_t alignment{64};

std::string shape(std::int64_t rows, std::int64_t cols) {
    return std::to_string(rows) + " x " + std::to_string(cols);
}

std::shared_ptr<void> zeros(std::int64_t rows, std::int64_t cols) {
    if (cols > 0 && rows > std::numeric_limits<std::int64_t>::max() / 4 / cols) {
        throw InvalidArgument("matrix of " + shape(rows, cols) + " does not fit into memory");
    }
    const auto count = static_cast<std::size_t>(rows * cols);
    auto* memory = static_cast<float*>(::operator new(count * sizeof(float), alignment));
    std::uninitialized_value_construct_n(memory, count);
    return {memory, [](void* pointer) { ::operator delete(pointer, alignment); }};
}

}  // namespace

Matrix::Matrix(std::int64_t rows, std::int64_t cols) : rows_(rows), cols_(cols), stride_(cols) {
    if (rows < 0 || cols < 0) {
        throw InvalidArgument("matrix of " + shape(rows, cols) + ": sizes must be 0 or more");
    }
    owner_ = zeros(rows, cols);
    data_ = owner_.get();
}

Matrix::Matrix(void* data, std::int64_t rows, std::int64_t cols, std::int64_t stride, DType dtype, float scale,
               Device device, std::shared_ptr<void> owner)
    : data_(data),
      rows_(rows),
      cols_(cols),
      stride_(stride),
      dtype_(dtype),
      scale_(scale),
      device_(device),
      owner_(std::move(owner)) {
    if (rows < 0 || cols < 0 || stride < cols || (data == nullptr && !empty())) {
        throw InvalidArgument("matrix of " + shape(rows, cols) + " with stride " + std::to_string(stride) +
                              ": sizes must be 0 or more, the stride at least the columns, the data not null");
    }
}

std::span<float> Matrix::row(std::int64_t r) {
    const auto view = static_cast<const Matrix*>(this)->row(r);
    return {static_cast<float*>(data_) + r * stride_, view.size()};
}

std::span<const float> Matrix::row(std::int64_t r) const {
    if (device_.kind != Device::Kind::cpu || dtype_ != DType::f32) {
        throw InvalidArgument("row() reads f32 matrices on the host; this one is " +
                              std::string(dtype_ == DType::f32 ? "f32" : "f16") + " on " +
                              (device_.kind == Device::Kind::cpu ? "cpu" : "cuda") + ": call to_host() first");
    }
    if (r < 0 || r >= rows_) {
        throw InvalidArgument("row " + std::to_string(r) + " of a matrix with " + std::to_string(rows_) + " rows");
    }
    return {static_cast<const float*>(data_) + r * stride_, static_cast<std::size_t>(cols_)};
}

}  // namespace crosslift
