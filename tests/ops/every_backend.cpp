#include "every_backend.hpp"

#include "devices/devices.hpp"

#include <algorithm>

namespace crosslift::testing {

std::vector<BackendPointer> backends() {
    std::vector<BackendPointer> all;
    for (const auto& backend : every_backend()) all.push_back(backend);
    const auto is_gpu = [](const BackendPointer& backend) { return backend->device().kind == Device::Kind::cuda; };
    if (std::none_of(all.begin(), all.end(), is_gpu)) all.push_back(nullptr);
    return all;
}

std::string why_no_gpu() {
    for (const DeviceInfo& info : devices())
        if (info.device.kind == Device::Kind::cuda && !info.unavailable_reason.empty()) return info.unavailable_reason;
    return "none is listed";
}

bool emulated() {
    return false;
}

}  // namespace crosslift::testing
