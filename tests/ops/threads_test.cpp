#include "cpu/threads.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace crosslift::cpu {
namespace {

TEST(ParallelFor, RunsEachTaskOnceWithAWorkerOfItsOwn) {
    for (const int threads : {0, 1, 2, 7}) {
        std::vector<std::atomic<int>> runs(1000);
        parallel_for(threads, 1000, [&](std::int64_t task, int worker) {
            ++runs[static_cast<std::size_t>(task)];
            EXPECT_GE(worker, 0);
            EXPECT_LT(worker, threads == 0 ? usable_threads() : threads);
        });
        for (const auto& count : runs) ASSERT_EQ(count, 1);
    }
    parallel_for(4, 0, [](std::int64_t, int) { FAIL() << "there is no task"; });
}

TEST(ParallelFor, AnExceptionEndsTheHandOutAndComesBack) {
    std::atomic<int> runs = 0;
    const auto fail = [&](std::int64_t task, int) {
        ++runs;
        if (task == 3) throw std::runtime_error("task 3");
    };
    EXPECT_THROW(parallel_for(1, 1000, fail), std::runtime_error);
    EXPECT_EQ(runs, 4);
    EXPECT_THROW(parallel_for(3, 1000000, fail), std::runtime_error);
    EXPECT_LT(runs, 1000000);
}

TEST(UsableThreads, HonourTheEnvironment) {
    ASSERT_EQ(setenv("OMP_NUM_THREADS", "3", 1), 0);
    EXPECT_EQ(usable_threads(), 3);
    ASSERT_EQ(setenv("OMP_NUM_THREADS", "nonsense", 1), 0);
    EXPECT_GE(usable_threads(), 1);
    ASSERT_EQ(unsetenv("OMP_NUM_THREADS"), 0);
    EXPECT_GE(usable_threads(), 1);
}

}  // namespace
}  // namespace crosslift::cpu
