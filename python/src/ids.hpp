// Ids between Python (text or integers) and the library (text).
#pragma once

#include <crosslift/error.hpp>
#include <crosslift/ids.hpp>

#include <pybind11/pybind11.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crosslift::python {

namespace py = pybind11;

/// True for what stands for "no id" in Python: None, NaN, pandas' NA.
inline bool is_missing(py::handle id) {
    if (id.is_none()) return true;
    if (PyFloat_Check(id.ptr()) != 0) return PyFloat_AsDouble(id.ptr()) != PyFloat_AsDouble(id.ptr());
    return std::string_view(Py_TYPE(id.ptr())->tp_name).ends_with("NAType");
}

/// An id as text; "" for a missing one. Throws InvalidArgument for anything but text and integers.
inline std::string id_text(py::handle id) {
    if (PyUnicode_Check(id.ptr()) != 0) return id.cast<std::string>();
    if (is_missing(id)) return {};
    if (PyBool_Check(id.ptr()) == 0 && PyIndex_Check(id.ptr()) != 0) {
        const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(id.ptr()));
        if (!number) throw py::error_already_set();
        return py::str(number).cast<std::string>();
    }
    throw InvalidArgument("an id is " + py::repr(id).cast<std::string>() + "; ids are text or integers");
}

/// A list (or set, or array) of ids. A single text is refused: it would be read letter by letter.
inline std::vector<std::string> id_texts(py::handle ids, const char* what) {
    if (PyUnicode_Check(ids.ptr()) != 0 || !py::isinstance<py::iterable>(ids)) {
        throw InvalidArgument(std::string(what) + " is " + py::repr(ids).cast<std::string>() +
                              "; a list of ids is wanted");
    }
    std::vector<std::string> texts;
    for (const py::handle id : py::iter(ids)) texts.push_back(id_text(id));
    return texts;
}

/// An id as Python had it: an integer where all ids of its map came as integers.
inline py::object id_object(std::string_view text, bool integers) {
    std::int64_t number = 0;
    if (integers) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc() && end == text.data() + text.size()) return py::int_(number);
    }
    return py::str(text.data(), text.size());
}

inline py::list id_objects(const IdMap& ids) {
    py::list list;
    for (std::int32_t row = 0; row < ids.size(); ++row) list.append(id_object(ids[row], ids.integers));
    return list;
}

}  // namespace crosslift::python
