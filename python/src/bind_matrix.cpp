// Matrix: factors where they were trained, as other array libraries take them.
#include "bind.hpp"
#include "dlpack.hpp"
#include "numpy.hpp"

#include <crosslift/error.hpp>

#include <memory>

namespace crosslift::python {
namespace {

bool on_host(const Matrix& matrix) {
    return matrix.device().kind == Device::Kind::cpu;
}

const char* dtype_name(const Matrix& matrix) {
    return matrix.dtype() == DType::f32 ? "float32" : "float16";
}

/// float32 numbers on the host: a read-only view where they lie so, else a copy.
py::object to_array(const Matrix& matrix, const py::object& dtype, const py::object& copy) {
    const bool is_view = on_host(matrix) && matrix.dtype() == DType::f32 && matrix.scale() == 1.0F;
    if (!copy.is_none() && !copy.cast<bool>() && !is_view)
        throw py::value_error("this matrix of " + std::string(dtype_name(matrix)) + " on " + matrix.device().name() +
                              " cannot become an array without a copy");
    py::object array = to_numpy(matrix);
    if (!dtype.is_none()) array = array.attr("astype")(dtype, py::arg("copy") = false);
    const bool wanted = !copy.is_none() && copy.cast<bool>();
    return wanted ? array.attr("copy")() : array;
}

py::object dlpack(const Matrix& matrix, const py::object& /*stream*/, const py::object& max_version,
                  const py::object& dl_device, const py::object& copy) {
    if (!dl_device.is_none() && !dl_device.equal(dlpack_device(matrix.device())))
        throw py::buffer_error("this matrix lies on " + matrix.device().name() +
                               " and is not moved by DLPack; np.asarray makes a copy on the host");
    if (!copy.is_none() && copy.cast<bool>())
        throw py::buffer_error("DLPack gives this matrix without a copy only; copy what you get");
    const bool versioned = !max_version.is_none() && max_version.cast<py::tuple>()[0].cast<int>() >= 1;
    return to_dlpack(matrix, versioned);
}

/// The interface of one kind of memory; for other memory the attribute is not there, as its consumers expect.
py::dict interface(const Matrix& matrix, Device::Kind kind, const char* name) {
    if (matrix.device().kind != kind || matrix.scale() != 1.0F)
        throw py::attribute_error(std::string("this matrix on ") + matrix.device().name() + " with scale " +
                                  std::to_string(matrix.scale()) + " has no " + name);
    return array_interface(matrix);
}

}  // namespace

void bind_matrix(py::module_& m) {
    py::class_<Matrix>(m, "Matrix",
                       "Read-only factors where they were trained. NumPy, PyTorch, CuPy and others take them without a "
                       "copy by DLPack or the CUDA array interface; np.asarray copies from a GPU.")
        .def_property_readonly("shape", [](const Matrix& it) { return py::make_tuple(it.rows(), it.cols()); })
        .def_property_readonly("dtype", [](const Matrix& it) { return py::dtype(dtype_name(it)); })
        .def_property_readonly("scale", &Matrix::scale, "What a stored number must be multiplied by.")
        .def_property_readonly("device", [](const Matrix& it) { return it.device().name(); })
        .def_property_readonly("__array_interface__",
                               [](const Matrix& it) { return interface(it, Device::Kind::cpu, "__array_interface__"); })
        .def_property_readonly(
            "__cuda_array_interface__",
            [](const Matrix& it) { return interface(it, Device::Kind::cuda, "__cuda_array_interface__"); })
        .def(
            "unscaled",
            [](const Matrix& it) {
                const auto keep = std::make_shared<Matrix>(it);
                return py::make_tuple(
                    Matrix(keep->data(), it.rows(), it.cols(), it.stride(), it.dtype(), 1.0F, it.device(), keep),
                    it.scale());
            },
            "The stored numbers as a Matrix of scale 1 over the same memory, and the scale.")
        .def("__array__", &to_array, py::arg("dtype") = py::none(), py::kw_only(), py::arg("copy") = py::none())
        .def("__dlpack__", &dlpack, py::kw_only(), py::arg("stream") = py::none(), py::arg("max_version") = py::none(),
             py::arg("dl_device") = py::none(), py::arg("copy") = py::none())
        .def("__dlpack_device__", [](const Matrix& it) { return dlpack_device(it.device()); })
        .def("__len__", [](const Matrix& it) { return it.rows(); })
        .def("__repr__", [](const Matrix& it) {
            return "<crosslift.Matrix " + std::to_string(it.rows()) + " x " + std::to_string(it.cols()) + " " +
                   dtype_name(it) + " on " + it.device().name() + ">";
        });
}

Matrix to_matrix(const py::object& object, const std::string& what) {
    if (py::isinstance<Matrix>(object)) return object.cast<Matrix>();
    if (on_gpu(object)) return from_gpu(object, what);
    const auto array = object.cast<Array<float>>();
    if (array.ndim() != 2)
        throw InvalidArgument("the " + what + " have " + std::to_string(array.ndim()) +
                              " dimensions; a matrix of two is wanted");
    return as_matrix(array);
}

}  // namespace crosslift::python
