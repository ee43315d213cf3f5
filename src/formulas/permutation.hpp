// A shuffle of 0 .. size - 1 that is never stored: the place of each number, and the number at each place, come from a
// keyed Feistel network (Luby, Rackoff 1988) whose steps outside the range are walked on (Black, Rogaway 2002).
#pragma once

#include "formulas/host_device.hpp"
#include "formulas/philox.hpp"

#include <cstdint>

namespace crosslift::formulas {

struct Permutation {
    std::int64_t size;
    int low_bits;
    int high_bits;
    std::uint32_t key[4];
};

/// A shuffle of `size` >= 1 numbers, drawn by `key`.
CROSSLIFT_HD Permutation make_permutation(std::int64_t size, Philox4 key) {
    int bits = 2;
    while (bits < 62 && (std::int64_t{1} << bits) < size) ++bits;
    return {size, bits / 2, bits - bits / 2, {key.word[0], key.word[1], key.word[2], key.word[3]}};
}

CROSSLIFT_HD std::uint64_t scramble(std::uint64_t half, std::uint32_t key) {
    std::uint32_t x = (static_cast<std::uint32_t>(half) ^ key) * 0x9E3779B1U;
    x = (x ^ (x >> 15)) * 0x85EBCA77U;
    x = (x ^ (x >> 13)) * 0xC2B2AE3DU;
    return x ^ (x >> 16);
}

/// Rounds 0 .. 3 in this order, or backwards: each changes one half by the other, so it undoes itself.
template <bool backwards>
CROSSLIFT_HD std::int64_t walk(const Permutation& p, std::int64_t from) {
    const std::uint64_t low_mask = (std::uint64_t{1} << p.low_bits) - 1;
    const std::uint64_t high_mask = (std::uint64_t{1} << p.high_bits) - 1;
    auto at = static_cast<std::uint64_t>(from);
    do {
        std::uint64_t low = at & low_mask;
        std::uint64_t high = at >> p.low_bits;
        for (int step = 0; step < 4; ++step) {
            const int round = backwards ? 3 - step : step;
            if (round % 2 == 0)
                high ^= scramble(low, p.key[round]) & high_mask;
            else
                low ^= scramble(high, p.key[round]) & low_mask;
        }
        at = high << p.low_bits | low;
    } while (at >= static_cast<std::uint64_t>(p.size));
    return static_cast<std::int64_t>(at);
}

/// Where number `i` goes.
CROSSLIFT_HD std::int64_t place_of(const Permutation& p, std::int64_t i) {
    return walk<false>(p, i);
}

/// Which number goes to `place`.
CROSSLIFT_HD std::int64_t number_at(const Permutation& p, std::int64_t place) {
    return walk<true>(p, place);
}

}  // namespace crosslift::formulas
