// Turns a Device into the Backend that computes there.
#pragma once

#include "backend/backend.hpp"

#include <crosslift/device.hpp>

#include <memory>

namespace crosslift {

/// The backend of a device; opened on first use, shared afterwards. Throws DeviceError naming what is missing.
std::shared_ptr<const backend::Backend> open_backend(const Device& device);

}  // namespace crosslift
