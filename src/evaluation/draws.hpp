// Random draws that are the same on every machine and standard library.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

namespace crosslift::evaluation {

/// SplitMix64 (Steele, Lea, Flood 2014). Two keys give independent streams, so that work can be dealt to threads.
class Draws {
public:
    explicit Draws(std::uint64_t seed, std::uint64_t stream = 0) : state_(seed) {
        state_ = next() ^ (stream * 0xD1342543DE82EF95ULL + 1);
    }

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    /// A number in 0 .. bound - 1, bound in 1 .. 2^32 (Lemire's multiplication; its bias of bound / 2^32 is below what
    /// any interval here can show).
    std::int64_t below(std::int64_t bound) {
        return static_cast<std::int64_t>(((next() >> 32) * static_cast<std::uint64_t>(bound)) >> 32);
    }

    /// Moves a random sample of `count` elements to the front.
    template <class T>
    void sample_to_front(std::span<T> values, std::int64_t count) {
        const auto size = static_cast<std::int64_t>(values.size());
        for (std::int64_t i = 0; i < count && i < size; ++i) {
            std::swap(values[static_cast<std::size_t>(i)], values[static_cast<std::size_t>(i + below(size - i))]);
        }
    }

private:
    std::uint64_t state_;
};

}  // namespace crosslift::evaluation
