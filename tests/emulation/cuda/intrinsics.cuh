// Stands in for cuda/intrinsics.cuh where kernels run on the CPU. A copy happens as late as the hardware allows: in the
// wait that names its group.
#pragma once

#include "cuda/launch.cuh"

#include <cstdint>
#include <vector>

namespace crosslift::cuda {

inline void copy_async16(void* to_shared, const void* from_global) {
    if ((reinterpret_cast<std::uintptr_t>(to_shared) | reinterpret_cast<std::uintptr_t>(from_global)) % 16 != 0)
        emulation::current().fail(
            "begins an asynchronous copy of 16 bytes from or to an address that is no multiple of 16");
    const emulation::Unseen unseen;
    emulation::Thread& thread = emulation::current().thread();
    thread.copies.push_back({to_shared, from_global, thread.group});
}

inline void copy_commit() {
    const emulation::Unseen unseen;
    ++emulation::current().thread().group;
}

template <int pending>
void copy_wait() {
    emulation::Thread& thread = emulation::current().thread();
    std::vector<emulation::Thread::Copy> due;
    {
        const emulation::Unseen unseen;
        std::erase_if(thread.copies, [&](const emulation::Thread::Copy& copy) {
            if (copy.group >= thread.group - pending) return false;
            due.push_back(copy);
            return true;
        });
    }
    for (const emulation::Thread::Copy& copy : due) std::memcpy(copy.to, copy.from, 16);
}

}  // namespace crosslift::cuda
