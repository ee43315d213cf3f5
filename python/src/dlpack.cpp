#include "dlpack.hpp"

#include "numpy.hpp"

#include <crosslift/error.hpp>
#include <crosslift/synchronize.hpp>

#include <pybind11/stl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

namespace crosslift::python {
namespace {

// The structures of DLPack 1.0, whose layout is fixed (dmlc.github.io/dlpack).
struct DlDevice {
    std::int32_t type;
    std::int32_t id;
};
struct DlDataType {
    std::uint8_t code;
    std::uint8_t bits;
    std::uint16_t lanes;
};
struct DlTensor {
    void* data;
    DlDevice device;
    std::int32_t ndim;
    DlDataType dtype;
    std::int64_t* shape;
    std::int64_t* strides;  // in elements; null: packed rows
    std::uint64_t byte_offset;
};
struct DlManaged {
    DlTensor tensor;
    void* context;
    void (*deleter)(DlManaged*);
};
struct DlManagedVersioned {
    std::uint32_t major;
    std::uint32_t minor;
    void* context;
    void (*deleter)(DlManagedVersioned*);
    std::uint64_t flags;
    DlTensor tensor;
};

constexpr std::int32_t cpu_type = 1;
constexpr std::int32_t cuda_type = 2;
constexpr std::int32_t cuda_managed_type = 13;
constexpr std::uint8_t float_code = 2;
constexpr std::uint64_t read_only_flag = 1;

std::int64_t itemsize(DType dtype) {
    return dtype == DType::f32 ? 4 : 2;
}

/// A tensor that goes out, and what it points to.
template <class Managed>
struct Outgoing {
    Managed managed{};
    Matrix matrix;
    std::array<std::int64_t, 2> shape{};
    std::array<std::int64_t, 2> strides{};

    explicit Outgoing(Matrix it)
        : matrix(std::move(it)), shape{matrix.rows(), matrix.cols()}, strides{matrix.stride(), 1} {
        const Device device = matrix.device();
        managed.tensor = {matrix.data(),
                          {device.kind == Device::Kind::cpu ? cpu_type : cuda_type, device.index},
                          2,
                          {float_code, static_cast<std::uint8_t>(8 * itemsize(matrix.dtype())), 1},
                          shape.data(),
                          strides.data(),
                          0};
        managed.context = this;
        managed.deleter = [](Managed* gone) { delete static_cast<Outgoing*>(gone->context); };
    }
};

template <class Managed>
py::capsule capsule_of(Outgoing<Managed>* outgoing, const char* name) {
    // A consumer renames the capsule and calls the deleter itself; one that nobody took is freed with the capsule.
    PyObject* capsule = PyCapsule_New(&outgoing->managed, name, [](PyObject* gone) {
        for (const char* unused : {"dltensor", "dltensor_versioned"})
            if (PyCapsule_IsValid(gone, unused) != 0) {
                auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(gone, unused));
                managed->deleter(managed);
            }
    });
    if (capsule == nullptr) {
        delete outgoing;
        throw py::error_already_set();
    }
    return py::reinterpret_steal<py::capsule>(capsule);
}

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
    throw InvalidArgument("the " + what + " " + why);
}

/// A matrix over what came in; strides in elements.
Matrix matrix_over(void* data, std::int64_t ndim, const std::int64_t* shape, const std::int64_t* strides, DType dtype,
                   int device, std::shared_ptr<void> owner, const std::string& what) {
    if (ndim != 2)
        refuse(what, "have " + std::to_string(ndim) + " dimensions in GPU memory; a matrix of two is wanted");
    const std::int64_t stride = strides == nullptr ? shape[1] : strides[0];
    const bool single = shape[0] <= 1;
    if ((shape[1] > 1 && strides != nullptr && strides[1] != 1) || (!single && stride < shape[1]))
        refuse(what, "lie in GPU memory with strides of " + std::to_string(stride) + " and " +
                         std::to_string(strides == nullptr ? 1 : strides[1]) +
                         " numbers; rows must be contiguous: make a contiguous copy");
    return {data,
            shape[0],
            shape[1],
            single ? shape[1] : stride,
            dtype,
            1.0F,
            {Device::Kind::cuda, device},
            std::move(owner)};
}

DType dtype_of(const std::string& what, int code, int bits) {
    if (code == float_code && bits == 32) return DType::f32;
    if (code == float_code && bits == 16) return DType::f16;
    refuse(what, "are of a type with code " + std::to_string(code) + " and " + std::to_string(bits) +
                     " bits in GPU memory; float32 or float16 is wanted");
}

template <class Managed>
Matrix from_managed(Managed* managed, const std::string& what) {
    const std::shared_ptr<void> owner(managed, [](void* gone) {
        auto* it = static_cast<Managed*>(gone);
        if (it->deleter == nullptr || Py_IsInitialized() == 0) return;
        const py::gil_scoped_acquire lock;
        it->deleter(it);
    });
    const DlTensor& tensor = managed->tensor;
    if (tensor.device.type != cuda_type && tensor.device.type != cuda_managed_type)
        refuse(what, "came by DLPack from a device of type " + std::to_string(tensor.device.type) +
                         "; memory of the host or of an NVIDIA GPU is wanted");
    if (tensor.dtype.lanes != 1) refuse(what, "hold vectors of numbers; single numbers are wanted");
    return matrix_over(static_cast<char*>(tensor.data) + tensor.byte_offset, tensor.ndim, tensor.shape, tensor.strides,
                       dtype_of(what, tensor.dtype.code, tensor.dtype.bits), tensor.device.id, owner, what);
}

Matrix from_capsule(const py::object& capsule, const std::string& what) {
    constexpr const char* versioned = "dltensor_versioned";
    constexpr const char* plain = "dltensor";
    PyObject* it = capsule.ptr();
    if (PyCapsule_IsValid(it, versioned) != 0) {
        auto* managed = static_cast<DlManagedVersioned*>(PyCapsule_GetPointer(it, versioned));
        if (managed->major != 1) refuse(what, "came by DLPack " + std::to_string(managed->major) + "; 1 is known");
        PyCapsule_SetName(it, "used_dltensor_versioned");
        return from_managed(managed, what);
    }
    if (PyCapsule_IsValid(it, plain) != 0) {
        auto* managed = static_cast<DlManaged*>(PyCapsule_GetPointer(it, plain));
        PyCapsule_SetName(it, "used_dltensor");
        return from_managed(managed, what);
    }
    refuse(what, "have a __dlpack__ that answers no DLPack capsule");
}

/// The legacy default stream, which DLPack and the CUDA array interface both call 1.
constexpr int default_stream = 1;

Matrix by_dlpack(const py::object& object, const std::string& what) {
    const py::object offer = object.attr("__dlpack__");
    try {
        return from_capsule(offer(py::arg("stream") = default_stream, py::arg("max_version") = py::make_tuple(1, 0)),
                            what);
    } catch (py::error_already_set& error) {
        if (!error.matches(PyExc_TypeError)) throw;
    }
    return from_capsule(offer(py::arg("stream") = default_stream), what);  // written before DLPack 1.0
}

/// Which GPU an object with a CUDA array interface lies on: the interface does not say.
int gpu_of(const py::object& object) {
    const py::object device = py::getattr(object, "device", py::none());
    for (const char* name : {"index", "id"}) {
        const py::object number = py::getattr(device, name, py::none());
        if (py::isinstance<py::int_>(number)) return number.cast<int>();
    }
    return 0;
}

Matrix by_cuda_array_interface(const py::object& object, const std::string& what) {
    const py::dict facts = object.attr("__cuda_array_interface__");
    const auto shape = facts["shape"].cast<std::vector<std::int64_t>>();
    const auto type = facts["typestr"].cast<std::string>();
    if (type != "<f4" && type != "<f2")
        refuse(what, "are of type '" + type + "' in GPU memory; float32 ('<f4') or float16 ('<f2') is wanted");
    const DType dtype = type == "<f4" ? DType::f32 : DType::f16;
    if (facts.contains("mask") && !facts["mask"].is_none()) refuse(what, "have a mask, which is not known here");
    std::vector<std::int64_t> strides;
    if (facts.contains("strides") && !facts["strides"].is_none())
        for (const std::int64_t bytes : facts["strides"].cast<std::vector<std::int64_t>>()) {
            if (bytes % itemsize(dtype) != 0) refuse(what, "have strides that are no whole numbers of elements");
            strides.push_back(bytes / itemsize(dtype));
        }
    const auto address = facts["data"].cast<py::tuple>()[0].cast<std::uintptr_t>();
    return matrix_over(reinterpret_cast<void*>(address), static_cast<std::int64_t>(shape.size()), shape.data(),
                       strides.empty() ? nullptr : strides.data(), dtype, gpu_of(object), keep_alive(object), what);
}

}  // namespace

py::capsule to_dlpack(const Matrix& matrix, bool versioned) {
    if (matrix.scale() != 1.0F)
        throw py::buffer_error("the numbers stand for themselves times " + std::to_string(matrix.scale()) +
                               ", which DLPack cannot say; take `array, scale = matrix.unscaled()`");
    if (!versioned) return capsule_of(new Outgoing<DlManaged>(matrix), "dltensor");
    auto* outgoing = new Outgoing<DlManagedVersioned>(matrix);
    outgoing->managed.major = 1;
    outgoing->managed.flags = read_only_flag;
    return capsule_of(outgoing, "dltensor_versioned");
}

py::tuple dlpack_device(Device device) {
    return py::make_tuple(device.kind == Device::Kind::cpu ? cpu_type : cuda_type, device.index);
}

py::dict array_interface(const Matrix& matrix) {
    const std::int64_t size = itemsize(matrix.dtype());
    py::dict facts;
    facts["shape"] = py::make_tuple(matrix.rows(), matrix.cols());
    facts["typestr"] = matrix.dtype() == DType::f32 ? "<f4" : "<f2";
    facts["data"] = py::make_tuple(reinterpret_cast<std::uintptr_t>(matrix.data()), true);
    facts["strides"] = py::make_tuple(matrix.stride() * size, size);
    facts["version"] = 3;
    if (matrix.device().kind == Device::Kind::cuda) facts["stream"] = py::none();  // training waits before it returns
    return facts;
}

bool on_gpu(const py::object& object) {
    if (py::hasattr(object, "__cuda_array_interface__")) return true;
    if (!py::hasattr(object, "__dlpack_device__")) return false;
    const auto type = object.attr("__dlpack_device__")().cast<py::tuple>()[0].cast<int>();
    return type == cuda_type || type == cuda_managed_type;
}

Matrix from_gpu(const py::object& object, const std::string& what) {
    Matrix matrix = py::hasattr(object, "__dlpack__") ? by_dlpack(object, what) : by_cuda_array_interface(object, what);
    const py::gil_scoped_release unlocked;
    synchronize(matrix.device());
    return matrix;
}

}  // namespace crosslift::python
