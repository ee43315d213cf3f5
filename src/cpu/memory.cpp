#include "cpu/memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <sys/mman.h>

namespace crosslift::cpu {
namespace {
constexpr std::int64_t cache_line = 64;
constexpr std::int64_t large_page = std::int64_t{2} << 20;
}  // namespace

void FreeMemory::operator()(void* memory) const noexcept {
    std::free(memory);
}

std::unique_ptr<void, FreeMemory> aligned_memory(std::int64_t bytes) {
    const std::int64_t alignment = bytes >= 2 * large_page ? large_page : cache_line;
    const std::int64_t size = (std::max<std::int64_t>(bytes, 1) + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(static_cast<std::size_t>(alignment), static_cast<std::size_t>(size));
    if (memory == nullptr) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    // Advice only: factors are read in random order, and small pages would miss the address cache each time.
    if (alignment == large_page) madvise(memory, static_cast<std::size_t>(size), MADV_HUGEPAGE);
#endif
    return std::unique_ptr<void, FreeMemory>(memory);
}

}  // namespace crosslift::cpu
