// The emulation finds what it is there to find: each fault is planted in a small kernel of its own.
#include "cuda/intrinsics.cuh"
#include "cuda/launch.cuh"
#include "cuda/threads.cuh"
#include "every_backend.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace crosslift::cuda {
namespace {

constexpr int threads = 64;

struct Numbers {
    float number[threads];
};

class Emulation : public ::testing::Test {
protected:
    void SetUp() override {
#if defined(CROSSLIFT_EMULATION_TSAN)
        GTEST_SKIP() << "a kernel that is given up in its middle looks like a race to TSan";
#endif
        cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking);
    }
    void TearDown() override {
        if (stream_ != nullptr) cudaStreamDestroy(stream_);
    }

    /// What a kernel of one block is told off for; empty if for nothing.
    template <class... P, class... A>
    std::string complaint(void (*kernel)(P...), const A&... arguments) {
        launch("planted", kernel, {1, threads, sizeof(Numbers), stream_}, arguments...);
        if (cudaStreamSynchronize(stream_) == cudaSuccess) return {};
        return cudaGetErrorString(cudaGetLastError());
    }

    cudaStream_t stream_ = nullptr;
};

__global__ void turn_around_kernel(float* out, bool with_barrier) {
    auto& s = shared<Numbers>();
    s.number[thread_of_block()] = static_cast<float>(thread_of_block());
    if (with_barrier) __syncthreads();
    out[thread_of_block()] = s.number[threads - 1 - thread_of_block()];
}

TEST_F(Emulation, AMissingBarrierShowsAsNan) {
    for (const bool with_barrier : {true, false}) {
        std::vector<float> out(threads);
        EXPECT_EQ(complaint(turn_around_kernel, out.data(), with_barrier), "");
        int wrong = 0;
        for (int i = 0; i < threads; ++i)
            wrong += out[static_cast<std::size_t>(i)] != static_cast<float>(threads - 1 - i);
        EXPECT_EQ(wrong > 0, !with_barrier);
    }
}

__global__ void divergent_kernel() {
    if (thread_of_block() < 32)
        __syncthreads();
    else
        __syncthreads();
}

TEST_F(Emulation, ADivergentBarrierIsNamed) {
    const std::string what = complaint(divergent_kernel);
    EXPECT_NE(what.find("kernel planted, block (0, 0, 0), thread ("), std::string::npos) << what;
    EXPECT_NE(what.find("at another __syncthreads(), "), std::string::npos) << what;
    EXPECT_NE(what.find("emulation_test.cpp:"), std::string::npos) << what;
}

__global__ void wrong_mask_kernel(unsigned mask) {
    if (lane_of_warp() < 8) __syncwarp(mask);
}

TEST_F(Emulation, AWrongMaskIsNamed) {
    EXPECT_EQ(complaint(wrong_mask_kernel, 0xFFU), "");
    EXPECT_NE(complaint(wrong_mask_kernel, 0xFEU).find("does not name its lane"), std::string::npos);
    EXPECT_NE(complaint(wrong_mask_kernel, whole_warp).find("has ended"), std::string::npos);
}

__global__ void waiting_kernel() {
    if (thread_of_block() == 0)
        __syncthreads();
    else if (thread_of_block() < 32)
        __syncwarp(whole_warp);
}

TEST_F(Emulation, ADeadlockIsNamed) {
    EXPECT_NE(complaint(waiting_kernel).find("deadlock"), std::string::npos);
}

struct alignas(16) Copied {
    float number[4];
};

__global__ void copy_kernel(const Copied* from, float* out, bool wait) {
    auto& s = *reinterpret_cast<Copied*>(&shared<Numbers>());
    if (thread_of_block() == 0) {
        copy_async16(&s, from);
        copy_commit();
        if (wait) copy_wait<0>();
        *out = s.number[0];
        copy_wait<0>();
    }
}

TEST_F(Emulation, ACopyIsNotThereBeforeItsWait) {
    const Copied from = {{7, 7, 7, 7}};
    float out = 0;
    EXPECT_EQ(complaint(copy_kernel, &from, &out, true), "");
    EXPECT_EQ(out, 7.0F);
    EXPECT_EQ(complaint(copy_kernel, &from, &out, false), "");
    EXPECT_NE(out, 7.0F);
}

__global__ void past_the_end_kernel() {
    shared<Numbers>().number[threads + thread_of_block()] = 1;
}

TEST_F(Emulation, AnIndexPastSharedMemoryIsFound) {
#if defined(__SANITIZE_ADDRESS__)
    EXPECT_DEATH(complaint(past_the_end_kernel), "heap-buffer-overflow");
#else
    GTEST_SKIP() << "only ASan sees it";
#endif
}

__global__ void plain_kernel(int* out) {
    *out = 1;
}

TEST_F(Emulation, WorkIsDoneWhenSomebodyWaits) {
    int out = 0;
    launch("plain", plain_kernel, {1, 1, 0, stream_}, &out);
    EXPECT_EQ(out, 0);
    cudaStreamSynchronize(stream_);
    EXPECT_EQ(out, 1);
}

TEST_F(Emulation, ImpossibleLaunchesAreRefused) {
    int out = 0;
    EXPECT_THROW(launch("plain", plain_kernel, {1, 1, 0, nullptr}, &out), emulation::KernelError);
    EXPECT_THROW(launch("plain", plain_kernel, {1, 1025, 0, stream_}, &out), emulation::KernelError);
    EXPECT_THROW(launch("plain", plain_kernel, {1, 1, 100000, stream_}, &out), emulation::KernelError);
    EXPECT_THROW(launch("plain", plain_kernel, {dim3(1, 70000), 1, 0, stream_}, &out), emulation::KernelError);
}

}  // namespace
}  // namespace crosslift::cuda
