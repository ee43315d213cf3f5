// What the NVIDIA driver says about this machine, asked without linking it.
#pragma once

#include <crosslift/device.hpp>

#include <vector>

namespace crosslift {

/// One entry per GPU; where none can be used, one entry with the reason.
std::vector<DeviceInfo> cuda_driver_devices();

}  // namespace crosslift
