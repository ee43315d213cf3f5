// Turns a Device into the Backend that computes there.
#pragma once

#include "backend/backend.hpp"

#include <crosslift/device.hpp>

#include <memory>
#include <vector>

namespace crosslift {

/// The backend of a device; opened on first use, shared afterwards. Throws DeviceError naming what is missing.
std::shared_ptr<const backend::Backend> open_backend(const Device& device);

/// Every backend that can run here: the CPU once per instruction set it has, and each GPU. For tests and benchmarks,
/// which compare them.
std::vector<std::shared_ptr<const backend::Backend>> every_backend();

}  // namespace crosslift
