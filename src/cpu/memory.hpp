// Memory that kernels like: aligned to cache lines, on large pages where it is large.
#pragma once

#include <cstdint>
#include <memory>

namespace crosslift::cpu {

struct FreeMemory {
    void operator()(void* memory) const noexcept;
};

/// `bytes` (at least one cache line) of uninitialised memory. Throws std::bad_alloc.
std::unique_ptr<void, FreeMemory> aligned_memory(std::int64_t bytes);

}  // namespace crosslift::cpu
