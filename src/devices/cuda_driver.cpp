#include "devices/cuda_driver.hpp"

#include <cstddef>
#include <dlfcn.h>
#include <string>
#include <unistd.h>

namespace crosslift {
namespace {

/// The few functions of the driver that are needed, found by name; all return 0 for success.
class Driver {
public:
    Driver() {
        library_ = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
        if (library_ == nullptr) {
            reason_ = "no NVIDIA driver: libcuda.so.1 was not found by the system's loader";
            return;
        }
        const bool complete = find(init_, "cuInit") && find(version_, "cuDriverGetVersion") &&
                              find(count_, "cuDeviceGetCount") && find(device_, "cuDeviceGet") &&
                              find(name_, "cuDeviceGetName") && find(memory_, "cuDeviceTotalMem_v2") &&
                              find(attribute_, "cuDeviceGetAttribute");
        if (!complete)
            reason_ = "the NVIDIA driver (libcuda.so.1) is too old: it lacks functions that are needed";
        else if (const int code = init_(0); code != 0)
            reason_ = "the NVIDIA driver cannot be started (cuInit returned " + std::to_string(code) +
                      "); is a GPU there, and may this process use it?";
        else if (int version = 0; version_(&version) == 0 && version < oldest_cuda)
            reason_ = "the NVIDIA driver is too old: it serves CUDA " + cuda_version(version) + " and " +
                      cuda_version(oldest_cuda) + " is needed (driver 580 or newer)";
        else if (count_(&devices_) != 0 || devices_ == 0)
            reason_ = "the NVIDIA driver sees no GPU; look at CUDA_VISIBLE_DEVICES";
    }

    /// Empty while there are GPUs that this process may use.
    std::string reason() const {
        // What the driver holds does not outlive a fork, and a child that asks may hang.
        if (reason_.empty() && getpid() != process_)
            return "this process was forked from one that had started the NVIDIA driver, which a child cannot use; "
                   "start it anew instead (in Python: multiprocessing's \"spawn\" or \"forkserver\")";
        return reason_;
    }
    int devices() const { return devices_; }

    DeviceInfo info(int index) const {
        DeviceInfo info;
        info.device = {Device::Kind::cuda, index};
        int handle = 0;
        if (device_(&handle, index) != 0) {
            info.unavailable_reason = "the NVIDIA driver does not hand out GPU " + std::to_string(index);
            return info;
        }
        char text[256] = {};
        if (name_(text, sizeof text, handle) == 0) info.description = text;
        std::size_t bytes = 0;
        if (memory_(&bytes, handle) == 0) info.memory_bytes = static_cast<std::int64_t>(bytes);
        constexpr int major_attribute = 75;
        constexpr int minor_attribute = 76;
        int major = 0;
        int minor = 0;
        if (attribute_(&major, major_attribute, handle) == 0 && attribute_(&minor, minor_attribute, handle) == 0)
            info.capability = std::to_string(major) + "." + std::to_string(minor);
        if (major * 10 + minor < oldest_capability)
            info.unavailable_reason = "GPU " + std::to_string(index) + " (" + info.description +
                                      ") has compute capability " + info.capability +
                                      "; at least 7.5 (Turing) is needed";
        return info;
    }

private:
    static constexpr int oldest_cuda = 13000;
    static constexpr int oldest_capability = 75;

    static std::string cuda_version(int version) {
        return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
    }

    template <class Function>
    bool find(Function& function, const char* name) {
        function = reinterpret_cast<Function>(dlsym(library_, name));
        return function != nullptr;
    }

    void* library_ = nullptr;  // never closed: the driver does not like to be unloaded
    int devices_ = 0;
    std::string reason_;
    pid_t process_ = getpid();
    int (*init_)(unsigned) = nullptr;
    int (*version_)(int*) = nullptr;
    int (*count_)(int*) = nullptr;
    int (*device_)(int*, int) = nullptr;
    int (*name_)(char*, int, int) = nullptr;
    int (*memory_)(std::size_t*, int) = nullptr;
    int (*attribute_)(int*, int, int) = nullptr;
};

}  // namespace

std::vector<DeviceInfo> cuda_driver_devices() {
    static const Driver driver;
    std::vector<DeviceInfo> infos;
    if (const std::string reason = driver.reason(); !reason.empty()) {
        DeviceInfo none;
        none.device = {Device::Kind::cuda, 0};
        none.unavailable_reason = reason;
        return {none};
    }
    for (int index = 0; index < driver.devices(); ++index) infos.push_back(driver.info(index));
    return infos;
}

}  // namespace crosslift
