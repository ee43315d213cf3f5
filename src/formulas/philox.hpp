// The random number of a cell: Philox4x32-10 (Salmon et al. 2011), the same bits on every machine.
#pragma once

#include "formulas/host_device.hpp"

#include <cstdint>

namespace crosslift::formulas {

struct Philox4 {
    std::uint32_t word[4];
};

/// Ten rounds of Philox4x32 over a counter.
CROSSLIFT_HD Philox4 philox(Philox4 counter, std::uint64_t key) {
    std::uint32_t key0 = static_cast<std::uint32_t>(key);
    std::uint32_t key1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product0 = std::uint64_t{0xD2511F53U} * counter.word[0];
        const std::uint64_t product1 = std::uint64_t{0xCD9E8D57U} * counter.word[2];
        counter = {{static_cast<std::uint32_t>(product1 >> 32) ^ counter.word[1] ^ key0,
                    static_cast<std::uint32_t>(product1),
                    static_cast<std::uint32_t>(product0 >> 32) ^ counter.word[3] ^ key1,
                    static_cast<std::uint32_t>(product0)}};
        key0 += 0x9E3779B9U;
        key1 += 0xBB67AE85U;
    }
    return counter;
}

/// The four random words of columns 4 * group .. 4 * group + 3 in row `row` of table `table`.
CROSSLIFT_HD Philox4 random_words(std::uint64_t seed, std::uint32_t table, std::int64_t row, std::uint32_t group) {
    const auto r = static_cast<std::uint64_t>(row);
    return philox({{group, table, static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(r >> 32)}}, seed);
}

/// A word to a number in (-1, 1): an odd multiple of 2^-23, exact in every step.
CROSSLIFT_HD float symmetric_uniform(std::uint32_t word) {
    const std::uint32_t odd = (word >> 9) * 2U + 1U;  // below 2^24
    return static_cast<float>(odd) * 0x1p-23F - 1.0F;
}

}  // namespace crosslift::formulas
