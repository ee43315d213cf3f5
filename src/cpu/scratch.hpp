// Working memory of one call: aligned, not initialised, on large pages where it is large.
#pragma once

#include "cpu/memory.hpp"

#include <cstdint>
#include <memory>
#include <type_traits>

namespace crosslift::cpu {

template <class T>
class Scratch {
    static_assert(std::is_trivial_v<T>);

public:
    Scratch() = default;
    explicit Scratch(std::int64_t size) { resize(size); }

    /// Makes room for `size` numbers; what was there before is lost.
    void resize(std::int64_t size) {
        memory_.reset();
        memory_ = aligned_memory(size * static_cast<std::int64_t>(sizeof(T)));
    }
    T* data() const { return static_cast<T*>(memory_.get()); }
    T& operator[](std::int64_t i) const { return data()[i]; }

private:
    std::unique_ptr<void, FreeMemory> memory_;
};

}  // namespace crosslift::cpu
