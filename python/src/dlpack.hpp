// Matrices to and from other array libraries without a copy: DLPack, and the CUDA array interface.
#pragma once

#include <crosslift/matrix.hpp>

#include <pybind11/pybind11.h>

#include <string>

namespace crosslift::python {

namespace py = pybind11;

/// The capsule of `__dlpack__`: "dltensor_versioned" with the read-only flag where the consumer knows it, else
/// "dltensor". Throws BufferError where the numbers have a scale other than 1.
py::capsule to_dlpack(const Matrix& matrix, bool versioned);

/// Kind and number of a device as DLPack counts them.
py::tuple dlpack_device(Device device);

/// The dict of `__cuda_array_interface__` (version 3) or `__array_interface__`.
py::dict array_interface(const Matrix& matrix);

/// Takes over what an object in GPU memory offers, by DLPack if it can, else by its CUDA array interface. `what` names
/// it in errors. Waits for all work on that GPU, so that the numbers are there. Throws InvalidArgument for what is no
/// float32 or float16 matrix with rows of contiguous numbers.
Matrix from_gpu(const py::object& object, const std::string& what);

/// Does an object say that it lies on a GPU?
bool on_gpu(const py::object& object);

}  // namespace crosslift::python
