// Random tests: the same draws every day, other draws on request.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace crosslift::testing {

/// The seed in CROSSLIFT_TEST_SEED, or `usual`.
inline std::uint64_t test_seed(std::uint64_t usual) {
    const char* text = std::getenv("CROSSLIFT_TEST_SEED");
    return text == nullptr || *text == '\0' ? usual : std::stoull(text) + usual;
}

}  // namespace crosslift::testing
