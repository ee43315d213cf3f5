// Stands in for cuda/intrinsics.cuh where kernels run on the CPU. A copy happens as late as the hardware allows: in the
// wait that names its group.
#pragma once

#include "cuda/launch.cuh"

#include <cstdint>
#include <cuda_fp16.h>
#include <vector>

namespace crosslift::cuda {

constexpr int large_blocks = 2;  // of no meaning here

inline float fast_reciprocal(float value) {
    return 1.0F / value;
}

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

inline void hide_origin(int&) {}
inline void hide_origin(const float*&) {}

inline void load_matrices_transposed(std::uint32_t (&matrices)[4], const void* row,
                                     const emulation::Place& place = emulation::Place::current()) {
    auto& block = emulation::current();
    if (reinterpret_cast<std::uintptr_t>(row) % 16 != 0)
        block.fail("loads matrices from an address that is no multiple of 16");
    const auto& slots = block.sync_warp(0xFFFFFFFFU, place, &row, sizeof row);
    const unsigned lane = block.thread().lane;
    for (unsigned m = 0; m < 4; ++m) {
        std::uint16_t two[2];
        for (unsigned j = 0; j < 2; ++j) {
            const std::uint16_t* numbers;
            std::memcpy(&numbers, slots[m * 8 + lane % 4 * 2 + j], sizeof numbers);
            two[j] = numbers[lane / 4];
        }
        std::memcpy(&matrices[m], two, sizeof two);
    }
}

inline void multiply_add_16x8x16(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1,
                                 const emulation::Place& place = emulation::Place::current()) {
    auto& block = emulation::current();
    const std::uint32_t pairs[6] = {a[0], a[1], a[2], a[3], b0, b1};
    float own[12];
    for (unsigned i = 0; i < 12; ++i) {
        __half_raw half;
        half.x = static_cast<unsigned short>(pairs[i / 2] >> 16 * (i % 2));
        own[i] = __half2float(half);
    }
    const auto& slots = block.sync_warp(0xFFFFFFFFU, place, own, sizeof own);
    const auto number = [&](unsigned lane, unsigned i) {
        float value;
        std::memcpy(&value, slots[lane] + sizeof value * i, sizeof value);
        return value;
    };
    const unsigned g = block.thread().lane / 4;
    const unsigned t = block.thread().lane % 4;
    for (unsigned o = 0; o < 4; ++o)
        for (unsigned k = 0; k < 16; ++k) {
            const unsigned half = k / 8;  // which eight of the depth
            sum[o] += number(g * 4 + k % 8 / 2, 2 * (o / 2 + 2 * half) + k % 2) *
                      number((t * 2 + o % 2) * 4 + k % 8 / 2, 8 + 2 * half + k % 2);
        }
}

}  // namespace crosslift::cuda
