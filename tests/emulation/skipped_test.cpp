#include <gtest/gtest.h>

TEST(Emulation, Skipped) {
    GTEST_SKIP() << "emulated CUDA tests need " CROSSLIFT_EMULATION_MISSING;
}
