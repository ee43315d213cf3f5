// What the sanitizers must be told about fibers. Each function is empty where its sanitizer is off.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

// The runtime itself is not instrumented under TSan, so that only kernels are watched; the build says so.
#if defined(CROSSLIFT_EMULATION_TSAN)
extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
void* __tsan_get_current_fiber();
void* __tsan_create_fiber(unsigned flags);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}
#endif

namespace emulation {

/// Where a switch between stacks comes from and goes to.
struct StackSwitch {
    void* fake = nullptr;
    const void* bottom = nullptr;
    std::size_t size = 0;
};

inline void before_switch([[maybe_unused]] StackSwitch& from, [[maybe_unused]] const void* to_bottom,
                          [[maybe_unused]] std::size_t to_size) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&from.fake, to_bottom, to_size);
#endif
}

/// `came_from` learns the stack that was left.
inline void after_switch([[maybe_unused]] const StackSwitch& self, [[maybe_unused]] StackSwitch* came_from) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(self.fake, came_from != nullptr ? &came_from->bottom : nullptr,
                                    came_from != nullptr ? &came_from->size : nullptr);
#endif
}

#if defined(CROSSLIFT_EMULATION_TSAN)
inline void* current_race_fiber() {
    return __tsan_get_current_fiber();
}
inline void* make_race_fiber() {
    return __tsan_create_fiber(0);
}
/// Switches without ordering anything: only barriers and warp operations order threads.
inline void switch_race_fiber(void* fiber) {
    __tsan_switch_to_fiber(fiber, 1);
}
inline void acquire(void* address) {
    __tsan_acquire(address);
}
inline void release(void* address) {
    __tsan_release(address);
}

/// Hides the emulation's own reads and writes.
class Unseen {
public:
    Unseen() {
        AnnotateIgnoreReadsBegin("", 0);
        AnnotateIgnoreWritesBegin("", 0);
    }
    Unseen(const Unseen&) = delete;
    Unseen& operator=(const Unseen&) = delete;
    ~Unseen() {
        AnnotateIgnoreWritesEnd("", 0);
        AnnotateIgnoreReadsEnd("", 0);
    }
};
#else
inline void* current_race_fiber() {
    return nullptr;
}
inline void* make_race_fiber() {
    return nullptr;
}
inline void switch_race_fiber(void*) {}
inline void acquire(void*) {}
inline void release(void*) {}
class Unseen {
public:
    Unseen() {}
    Unseen(const Unseen&) = delete;
    Unseen& operator=(const Unseen&) = delete;
    ~Unseen() {}
};
#endif

}  // namespace emulation
