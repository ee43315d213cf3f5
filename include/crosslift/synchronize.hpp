// Waiting for a device as a whole, where numbers come from another library.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/device.hpp>

namespace crosslift {

/// Waits until all work that anybody has given to a device is done: numbers that another library computes there are
/// then ready to be read here. Throws DeviceError if the device cannot be used.
CROSSLIFT_API void synchronize(const Device& device);

}  // namespace crosslift
