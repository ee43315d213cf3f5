// crosslift._core: what Python calls. The package around it gives these functions their Python shape.
#include "bind.hpp"

#include <crosslift/cuda_libraries.hpp>
#include <crosslift/device.hpp>
#include <crosslift/error.hpp>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <exception>
#include <string>
#include <string_view>

namespace crosslift::python {
namespace {

namespace py = pybind11;

// The Python class of an error, and the builtin that a Python programmer would expect it to be too.
struct ErrorClasses {
    py::object base, argument, data, format, device, file, stopped;
};

ErrorClasses make_errors(py::module_& m) {
    const auto make = [&](const char* name, const py::object& bases) {
        const std::string full = std::string("crosslift._core.") + name;
        auto made = py::reinterpret_steal<py::object>(PyErr_NewException(full.c_str(), bases.ptr(), nullptr));
        if (!made) throw py::error_already_set();
        m.attr(name) = made;
        return made;
    };
    const auto builtin = [](PyObject* it) { return py::reinterpret_borrow<py::object>(it); };
    ErrorClasses errors;
    errors.base = make("Error", builtin(PyExc_Exception));
    const auto both = [&](PyObject* it) { return py::make_tuple(errors.base, builtin(it)); };
    errors.argument = make("InvalidArgument", both(PyExc_ValueError));
    errors.data = make("DataError", both(PyExc_ValueError));
    errors.format = make("FormatError", both(PyExc_ValueError));
    errors.device = make("DeviceError", both(PyExc_RuntimeError));
    errors.file = make("FileError", both(PyExc_OSError));
    errors.stopped = make("Stopped", errors.base);
    return errors;
}

// A message may quote bytes of a damaged file or a file's name: what is no UTF-8 is replaced, as everywhere.
void raise(const py::object& kind, const std::exception& error) {
    const std::string_view text = error.what();
    const auto message = py::reinterpret_steal<py::object>(
        PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
    if (message) PyErr_SetObject(kind.ptr(), message.ptr());
}

void bind_errors(py::module_& m) {
    static const auto* errors = new ErrorClasses(make_errors(m));  // lives as long as the interpreter
    py::register_exception_translator([](std::exception_ptr thrown) {
        try {
            if (thrown) std::rethrow_exception(thrown);
        } catch (const InvalidArgument& error) {
            raise(errors->argument, error);
        } catch (const DataError& error) {
            raise(errors->data, error);
        } catch (const FormatError& error) {
            raise(errors->format, error);
        } catch (const DeviceError& error) {
            raise(errors->device, error);
        } catch (const FileError& error) {
            raise(errors->file, error);
        } catch (const Stopped& error) {
            raise(errors->stopped, error);
        } catch (const Error& error) {
            raise(errors->base, error);
        }
    });
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
    m.def("look_for_cuda_libraries_in", &look_for_cuda_libraries_in, py::arg("folders"));
}

}  // namespace
}  // namespace crosslift::python

PYBIND11_MODULE(_core, m) {
    using namespace crosslift::python;
    m.attr("__version__") = CROSSLIFT_VERSION;
    bind_errors(m);
    bind_devices(m);
    bind_data(m);
    bind_matrix(m);
    bind_train(m);
    bind_retrieval(m);
    bind_offers(m);
    bind_evaluation(m);
}
