// Opens the CUDA backend, which lives in a module of its own so that machines without a GPU never load it.
#pragma once

#include "backend/backend.hpp"

#include <memory>

namespace crosslift {

/// The backend of GPU `index`. Throws DeviceError that names what is missing and where it was looked for.
std::shared_ptr<const backend::Backend> open_cuda_backend(int index);

}  // namespace crosslift
