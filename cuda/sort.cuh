// Scored items as 64-bit keys whose ascending order is the order of answers (formulas/ranking.hpp): higher score first,
// then lower row. And a block's bitonic sort of such keys in shared memory.
#pragma once

#include "cuda/threads.cuh"

#include <cmath>
#include <cstdint>

namespace crosslift::cuda {

using Key = unsigned long long;

constexpr Key no_key = ~Key{0};  ///< behind every item

__device__ inline Key make_key(float score, std::int32_t row) {
    if (score != score) return no_key;  // no order has a place for what is not a number: it is never an answer
    const unsigned bits = __float_as_uint(score + 0.0F);  // -0 counts as 0
    const unsigned ascending = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
    return static_cast<Key>(~ascending) << 32 | static_cast<unsigned>(row);
}

__device__ inline float score_of(Key key) {
    const unsigned ascending = ~static_cast<unsigned>(key >> 32);
    return __uint_as_float((ascending & 0x80000000U) != 0 ? ascending & 0x7FFFFFFFU : ~ascending);
}

/// A score below it cannot have a smaller key.
__device__ inline float floor_of(Key key) {
    return key == no_key ? -INFINITY : score_of(key);
}

__device__ inline std::int32_t row_of(Key key) {
    return static_cast<std::int32_t>(key & 0xFFFFFFFFU);
}

/// Puts two keys in order for a step of the bitonic network in which `up` tells the direction.
__device__ inline void order_keys(Key& a, Key& b, bool up) {
    if ((a > b) == up) {
        const Key kept = a;
        a = b;
        b = kept;
    }
}

/// Sorts `count` keys (a power of two) in shared memory ascending. All threads of the block call it; it ends with a
/// barrier, and the caller has one before.
__device__ inline void sort_keys(Key* keys, int count) {
    for (int run = 2; run <= count; run *= 2)
        for (int step = run / 2; step > 0; step /= 2) {
            for (int i = thread_of_block(); i < count / 2; i += threads_in_block()) {
                const int low = 2 * i - (i & (step - 1));
                order_keys(keys[low], keys[low + step], (low & run) == 0);
            }
            __syncthreads();
        }
}

}  // namespace crosslift::cuda
