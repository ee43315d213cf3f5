// In this program the library finds the emulated GPU where it would ask NVIDIA's driver and open the CUDA module.
// Stands in for src/devices/cuda_driver.cpp and cuda_module.cpp by the order of linking.
#include "backend/module.hpp"
#include "devices/cuda_driver.hpp"
#include "devices/cuda_module.hpp"

#include <crosslift/error.hpp>

extern "C" crosslift::backend::Backend* crosslift_open_cuda_backend(std::uint32_t contract, const char* build,
                                                                    int device_index, char* error_text,
                                                                    std::size_t error_text_size);

namespace crosslift {

std::vector<DeviceInfo> cuda_driver_devices() {
    DeviceInfo info;
    info.device = {Device::Kind::cuda, 0};
    info.description = "emulated GPU";
    info.capability = "9.0";
    return {info};
}

std::shared_ptr<const backend::Backend> open_cuda_backend(int index) {
    char reason[512] = {};
    const backend::Backend* opened =
        crosslift_open_cuda_backend(backend::contract_version, backend::build_id, index, reason, sizeof reason);
    if (opened == nullptr) throw DeviceError(reason);
    return std::shared_ptr<const backend::Backend>(opened);
}

}  // namespace crosslift
