// The CPU as a Backend.
#pragma once

#include "backend/backend.hpp"
#include "cpu/simd.hpp"

#include <memory>

namespace crosslift::cpu {

/// The backend of this machine's processors, with kernels for one of usable_isas().
std::shared_ptr<const backend::Backend> make_cpu_backend(Isa isa);

}  // namespace crosslift::cpu
