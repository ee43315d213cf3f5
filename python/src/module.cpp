// crosslift._core: what Python calls. The package around it gives these functions their Python shape.
#include "bind.hpp"

#include <crosslift/device.hpp>
#include <crosslift/error.hpp>

#include <pybind11/pybind11.h>

namespace crosslift::python {
namespace {

namespace py = pybind11;

// Each error is also the builtin that a Python programmer would expect.
void bind_errors(py::module_& m) {
    const py::object base = py::register_exception<Error>(m, "Error", PyExc_Exception);
    const auto both = [&](PyObject* builtin) {
        return py::make_tuple(base, py::reinterpret_borrow<py::object>(builtin));
    };
    py::register_exception<InvalidArgument>(m, "InvalidArgument", both(PyExc_ValueError));
    py::register_exception<DataError>(m, "DataError", both(PyExc_ValueError));
    py::register_exception<FormatError>(m, "FormatError", both(PyExc_ValueError));
    py::register_exception<DeviceError>(m, "DeviceError", both(PyExc_RuntimeError));
    py::register_exception<FileError>(m, "FileError", both(PyExc_OSError));
    py::register_exception<Stopped>(m, "Stopped", base);
}

void bind_devices(py::module_& m) {
    m.def("devices", [] {
        py::list list;
        for (const DeviceInfo& it : devices()) {
            list.append(py::make_tuple(it.device.name(), it.description, it.memory_bytes, it.capability,
                                       it.unavailable_reason));
        }
        return list;
    });
}

}  // namespace
}  // namespace crosslift::python

PYBIND11_MODULE(_core, m) {
    using namespace crosslift::python;
    m.attr("__version__") = CROSSLIFT_VERSION;
    bind_errors(m);
    bind_devices(m);
    bind_data(m);
    bind_train(m);
    bind_retrieval(m);
    bind_offers(m);
    bind_evaluation(m);
}
