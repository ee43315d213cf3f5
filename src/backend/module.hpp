// How the core and a backend that lives in a module of its own recognise each other.
#pragma once

#include "backend/backend.hpp"

#include <cstddef>
#include <cstdint>

namespace crosslift::backend {

/// Both sides pass C++ objects to each other, so they must come from the same release and the same compiler.
inline constexpr const char* build_id = CROSSLIFT_VERSION " " __VERSION__;

/// The one entry of libcrosslift_cuda, exported as "crosslift_open_cuda_backend". Returns a backend that the caller
/// owns, or null with the reason in `error_text` (ended by a zero). Refuses another contract version or build id.
using OpenCudaBackend = Backend* (*)(std::uint32_t contract, const char* build, int device_index, char* error_text,
                                     std::size_t error_text_size);

}  // namespace crosslift::backend
