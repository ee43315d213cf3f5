// Matrices, vectors and sparse rows between NumPy and the library, without copies where the layout allows.
#pragma once

#include <crosslift/matrix.hpp>
#include <crosslift/sparse.hpp>

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace crosslift::python {

namespace py = pybind11;

/// A Python object that C++ keeps alive; let go under the interpreter's lock, from whatever thread.
inline std::shared_ptr<void> keep_alive(py::object object) {
    return {object.release().ptr(), [](void* held) {
                if (Py_IsInitialized() == 0) return;
                const py::gil_scoped_acquire lock;
                Py_DECREF(static_cast<PyObject*>(held));
            }};
}

/// A read-only array over `data`, which `owner` keeps alive.
template <class T>
py::array_t<T> view(const T* data, std::vector<py::ssize_t> shape, std::vector<py::ssize_t> strides,
                    std::shared_ptr<void> owner) {
    py::capsule base(new std::shared_ptr<void>(std::move(owner)),
                     [](void* held) { delete static_cast<std::shared_ptr<void>*>(held); });
    py::array_t<T> array(std::move(shape), std::move(strides), data, base);
    array.attr("setflags")(py::arg("write") = false);
    return array;
}

/// Rows of a matrix as a read-only array: a view of the same memory on the host, else a copy.
inline py::array_t<float> to_numpy(const Matrix& matrix) {
    const bool plain =
        matrix.device().kind == Device::Kind::cpu && matrix.dtype() == DType::f32 && matrix.scale() == 1.0F;
    const Matrix host = plain ? matrix : matrix.to_host();
    constexpr auto size = static_cast<py::ssize_t>(sizeof(float));
    return view(static_cast<const float*>(host.data()), {host.rows(), host.cols()}, {host.stride() * size, size},
                host.owner());
}

/// A vector's numbers, moved into an array.
template <class T>
py::array_t<T> to_numpy(std::vector<T> numbers) {
    auto owner = std::make_shared<std::vector<T>>(std::move(numbers));
    const T* data = owner->data();
    const auto size = static_cast<py::ssize_t>(owner->size());
    return view(data, {size}, {static_cast<py::ssize_t>(sizeof(T))}, std::move(owner));
}

template <class T>
py::array_t<T> copy_to_numpy(std::span<const T> numbers) {
    return to_numpy(std::vector<T>(numbers.begin(), numbers.end()));
}

/// Arrays that come in are made contiguous and of the right type by the Python side.
template <class T>
using Array = py::array_t<T, py::array::c_style>;

template <class T>
std::span<const T> as_span(const Array<T>& array) {
    return {array.data(), static_cast<std::size_t>(array.size())};
}

/// A matrix over a two-dimensional array's memory.
inline Matrix as_matrix(const Array<float>& array) {
    const py::ssize_t rows = array.shape(0), cols = array.shape(1);
    return {const_cast<float*>(array.data()), rows, cols, cols, DType::f32, 1.0F, Device{}, keep_alive(array)};
}

/// Sparse rows as Python hands them in: (rows, cols, indptr, indices, values or None).
struct Csr {
    std::int64_t rows = 0, cols = 0;
    Array<std::int64_t> indptr;
    Array<std::int32_t> indices;
    Array<float> values;

    explicit Csr(const py::tuple& parts)
        : rows(parts[0].cast<std::int64_t>()),
          cols(parts[1].cast<std::int64_t>()),
          indptr(parts[2].cast<Array<std::int64_t>>()),
          indices(parts[3].cast<Array<std::int32_t>>()) {
        if (!parts[4].is_none()) values = parts[4].cast<Array<float>>();
    }

    CsrView view() const { return {rows, cols, as_span(indptr), as_span(indices), as_span(values)}; }
};

/// The same tuple on the way out.
inline py::tuple csr_to_python(const CsrMatrix& matrix) {
    const py::object values = matrix.values.empty() ? py::object(py::none()) : to_numpy(matrix.values);
    return py::make_tuple(matrix.rows, matrix.cols, to_numpy(matrix.indptr), to_numpy(matrix.indices), values);
}

}  // namespace crosslift::python
