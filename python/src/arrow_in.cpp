#include "arrow_in.hpp"

#include <crosslift/error.hpp>

#include <pybind11/numpy.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace crosslift::python {
namespace {

namespace py = pybind11;

// What an Arrow array made here keeps alive until it is released.
struct Held {
    py::object array;
    std::vector<char> text;
    std::vector<std::int64_t> offsets;
    std::vector<std::uint8_t> valid;
    std::array<const void*, 3> buffers{};
};

void release_array(ArrowArray* array) {
    const py::gil_scoped_acquire lock;
    delete static_cast<Held*>(array->private_data);
    array->release = nullptr;
}

void release_schema(ArrowSchema* schema) {
    delete static_cast<std::string*>(schema->private_data);
    schema->release = nullptr;
}

ArrowSchema make_schema(const std::string& format) {
    ArrowSchema schema{};
    auto* text = new std::string(format);
    schema.format = text->c_str();
    schema.name = "";
    schema.private_data = text;
    schema.release = release_schema;
    return schema;
}

ArrowArray make_array(std::unique_ptr<Held> held, std::int64_t length, std::int64_t buffers) {
    ArrowArray array{};
    array.length = length;
    array.null_count = -1;
    array.n_buffers = buffers;
    array.buffers = held->buffers.data();
    array.private_data = held.release();
    array.release = release_array;
    return array;
}

// The Arrow type of a NumPy type, "" where there is none. NumPy's booleans are bytes.
std::string format_of(const py::dtype& type) {
    const std::string text = type.attr("str").cast<std::string>();  // "<i8", "|b1", "<M8[ns]"
    struct Plain {
        const char* numpy;
        const char* arrow;
    };
    constexpr Plain plain[] = {{"|b1", "C"},        {"|i1", "c"},        {"|u1", "C"},       {"<i2", "s"},
                               {"<u2", "S"},        {"<i4", "i"},        {"<u4", "I"},       {"<i8", "l"},
                               {"<u8", "L"},        {"<f4", "f"},        {"<f8", "g"},       {"<M8[s]", "tss:"},
                               {"<M8[ms]", "tsm:"}, {"<M8[us]", "tsu:"}, {"<M8[ns]", "tsn:"}};
    for (const Plain& it : plain) {
        if (text == it.numpy) return it.arrow;
    }
    return {};
}

// Appends one text as UTF-8; what cannot be encoded (a lone surrogate) becomes "?".
void append_text(Held& held, PyObject* cell) {
    Py_ssize_t size = 0;
    if (const char* text = PyUnicode_AsUTF8AndSize(cell, &size)) {
        held.text.insert(held.text.end(), text, text + size);
        return;
    }
    PyErr_Clear();
    const auto bytes = py::reinterpret_steal<py::object>(PyUnicode_AsEncodedString(cell, "utf-8", "replace"));
    if (!bytes) throw py::error_already_set();
    const char* text = PyBytes_AsString(bytes.ptr());
    held.text.insert(held.text.end(), text, text + PyBytes_Size(bytes.ptr()));
}

// Texts of an object array; whatever is no text is missing.
void add_texts(ArrowTable& table, const std::string& name, const py::array& column) {
    auto held = std::make_unique<Held>();
    const auto length = static_cast<std::int64_t>(column.size());
    held->offsets.reserve(static_cast<std::size_t>(length) + 1);
    held->offsets.push_back(0);
    held->valid.assign(static_cast<std::size_t>(length + 7) / 8, 0);
    const auto* cells = static_cast<PyObject* const*>(column.data());
    for (std::int64_t n = 0; n < length; ++n) {
        if (PyUnicode_Check(cells[n]) != 0) {
            append_text(*held, cells[n]);
            held->valid[static_cast<std::size_t>(n / 8)] |= static_cast<std::uint8_t>(1 << (n % 8));
        }
        held->offsets.push_back(static_cast<std::int64_t>(held->text.size()));
    }
    held->buffers = {held->valid.data(), held->offsets.data(), held->text.data()};
    ArrowSchema schema = make_schema("U");
    ArrowArray array = make_array(std::move(held), length, 3);
    table.add_column(name, &schema, &array);
}

// Bits of the cells that are not missing.
std::vector<std::uint8_t> valid_bits(const py::array_t<bool, py::array::c_style>& missing) {
    std::vector<std::uint8_t> bits(static_cast<std::size_t>(missing.size() + 7) / 8, 0);
    for (py::ssize_t n = 0; n < missing.size(); ++n) {
        if (!missing.data()[n]) bits[static_cast<std::size_t>(n / 8)] |= static_cast<std::uint8_t>(1 << (n % 8));
    }
    return bits;
}

void add_array(ArrowTable& table, const std::string& name, const py::array& column,
               std::vector<std::uint8_t> valid = {}) {
    if (column.ndim() != 1) {
        throw DataError("column '" + name + "' has " + std::to_string(column.ndim()) + " dimensions; one is wanted");
    }
    if (column.dtype().kind() == 'O') {
        add_texts(table, name, column);
        return;
    }
    const std::string format = format_of(column.dtype());
    if (format.empty()) {
        throw DataError("column '" + name + "' has type " + py::str(column.dtype()).cast<std::string>() +
                        "; wanted are text, numbers, booleans or dates");
    }
    auto held = std::make_unique<Held>();
    held->array = column;
    held->valid = std::move(valid);
    held->buffers = {held->valid.empty() ? nullptr : held->valid.data(), column.data(), nullptr};
    ArrowSchema schema = make_schema(format);
    ArrowArray array = make_array(std::move(held), static_cast<std::int64_t>(column.size()), 2);
    table.add_column(name, &schema, &array);
}

}  // namespace

ArrowTable arrow_table(const py::list& columns) {
    ArrowTable table;
    for (const py::handle entry : columns) {
        const auto [key, column] = entry.cast<std::pair<py::object, py::object>>();
        const std::string name = key.is_none() ? std::string() : key.cast<std::string>();
        if (column.is_none()) {
            table.mention(name);
        } else if (py::isinstance<py::capsule>(column)) {
            auto* stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(column.ptr(), "arrow_array_stream"));
            if (stream == nullptr) throw py::error_already_set();
            if (key.is_none()) {
                table.add_columns(stream);
            } else {
                table.add_column(name, stream);
            }
        } else if (py::isinstance<py::tuple>(column)) {
            const auto [values, missing] = column.cast<std::pair<py::array, py::array_t<bool, py::array::c_style>>>();
            add_array(table, name, values, valid_bits(missing));
        } else {
            add_array(table, name, column.cast<py::array>());
        }
    }
    return table;
}

}  // namespace crosslift::python
