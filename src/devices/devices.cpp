#include "devices/devices.hpp"

#include "cpu/cpu.hpp"
#include "devices/cuda_driver.hpp"
#include "devices/cuda_module.hpp"

#include <crosslift/error.hpp>
#include <crosslift/synchronize.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <mutex>
#include <unistd.h>

namespace crosslift {
namespace {

bool usable(const DeviceInfo& info) {
    return info.unavailable_reason.empty();
}

/// Driver, GPU and module in one answer.
std::vector<DeviceInfo> cuda_devices() {
    std::vector<DeviceInfo> infos = cuda_driver_devices();
    for (DeviceInfo& info : infos) {
        if (!usable(info)) continue;
        try {
            open_backend(info.device);
        } catch (const DeviceError& error) {
            info.unavailable_reason = error.what();
        }
    }
    return infos;
}

Device best_device() {
    for (const DeviceInfo& info : cuda_devices())
        if (usable(info)) return info.device;
    return {};
}

std::string processor_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name"))
            if (const std::size_t colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
    return "processor";
}

DeviceInfo cpu_info() {
    DeviceInfo info;
    info.description = processor_name();
    info.memory_bytes = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    info.capability = cpu::isa_name(cpu::usable_isas().back());
    return info;
}

/// What the driver says about one GPU. Throws DeviceError if it counts fewer.
DeviceInfo driver_info(const Device& device) {
    const std::vector<DeviceInfo> infos = cuda_driver_devices();
    if (infos.size() == 1 && !usable(infos[0])) return infos[0];  // the reason why there is none
    if (device.index >= static_cast<int>(infos.size()))
        throw DeviceError("device " + device.name() + " is not there: this machine has " +
                          std::to_string(infos.size()) + " GPU(s), counted from cuda:0");
    return infos[static_cast<std::size_t>(device.index)];
}

std::shared_ptr<const backend::Backend> open_anew(const Device& device) {
    if (device.kind == Device::Kind::cpu) return cpu::make_cpu_backend(cpu::usable_isas().back());
    const DeviceInfo info = driver_info(device);
    if (!usable(info))
        throw DeviceError("device " + device.name() + " cannot be used: " + info.unavailable_reason +
                          "; use device \"cpu\" or \"auto\"");
    return open_cuda_backend(device.index);
}

}  // namespace

Device Device::parse(std::string_view name) {
    if (name == "cpu") return {};
    if (name == "cuda") return {Kind::cuda, 0};
    if (name == "auto") return best_device();
    if (name.starts_with("cuda:")) {
        const std::string_view digits = name.substr(5);
        int index = -1;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
        if (error == std::errc() && end == digits.data() + digits.size() && index >= 0) return {Kind::cuda, index};
    }
    throw InvalidArgument("device \"" + std::string(name) +
                          "\" is not known; give \"cpu\", \"cuda\", \"cuda:1\" (and so on) or \"auto\"");
}

std::string Device::name() const {
    return kind == Kind::cpu ? "cpu" : "cuda:" + std::to_string(index);
}

std::vector<DeviceInfo> devices() {
    std::vector<DeviceInfo> infos = {cpu_info()};
    for (DeviceInfo& info : cuda_devices()) infos.push_back(std::move(info));
    return infos;
}

void synchronize(const Device& device) {
    open_backend(device)->synchronize();
}

std::shared_ptr<const backend::Backend> open_backend(const Device& device) {
    static std::mutex mutex;
    static std::map<std::string, std::shared_ptr<const backend::Backend>> opened;
    const std::lock_guard lock(mutex);
    std::shared_ptr<const backend::Backend>& backend = opened[device.name()];
    if (!backend) backend = open_anew(device);
    return backend;
}

std::vector<std::shared_ptr<const backend::Backend>> every_backend() {
    std::vector<std::shared_ptr<const backend::Backend>> backends;
    for (const cpu::Isa isa : cpu::usable_isas()) backends.push_back(cpu::make_cpu_backend(isa));
    for (const DeviceInfo& info : cuda_devices())
        if (usable(info)) backends.push_back(open_backend(info.device));
    return backends;
}

}  // namespace crosslift
