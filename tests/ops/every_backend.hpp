// One body of tests for every machine: the CPU with each of its instruction sets, and each GPU.
#pragma once

#include "backend/backend.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace crosslift::testing {

using BackendPointer = std::shared_ptr<const backend::Backend>;

/// What this program tests: everything that every_backend() finds, or the emulated GPU (tests/emulation). Null stands
/// for a GPU where there is none; its tests are skipped with the reason.
std::vector<BackendPointer> backends();
std::string why_no_gpu();

/// Is the GPU emulated? Then about three million steps of a thread take a second, and a test takes the smaller size.
bool emulated();
/// So it does where CROSSLIFT_SMALL_TESTS is set, for tools that make a real GPU as slow (scripts/gpu_check).
inline std::int64_t sized(std::int64_t real, std::int64_t when_emulated) {
    static const bool small = emulated() || std::getenv("CROSSLIFT_SMALL_TESTS") != nullptr;
    return small ? when_emulated : real;
}

/// A dense matrix on the host, for references and for what came back.
struct HostMatrix {
    std::int64_t rows = 0;
    std::int64_t cols = 0;
    std::vector<float> numbers;

    HostMatrix(std::int64_t r, std::int64_t c) : rows(r), cols(c), numbers(static_cast<std::size_t>(r * c)) {}
    float& at(std::int64_t r, std::int64_t c) { return numbers[static_cast<std::size_t>(r * cols + c)]; }
    double at(std::int64_t r, std::int64_t c) const {
        return static_cast<double>(numbers[static_cast<std::size_t>(r * cols + c)]);
    }
};

inline HostMatrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint32_t seed) {
    HostMatrix matrix(rows, cols);
    std::mt19937 generator(seed);
    std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
    for (float& number : matrix.numbers) number = uniform(generator);
    return matrix;
}

/// What a result holds before it is computed, so that a number that is read or left out shows.
inline HostMatrix poisoned(std::int64_t rows, std::int64_t cols) {
    HostMatrix matrix(rows, cols);
    for (float& number : matrix.numbers) number = std::nanf("");
    return matrix;
}

/// Runs with each backend as parameter; `threads` picks the lane that numbers are computed on.
class EveryBackend : public ::testing::TestWithParam<BackendPointer> {
protected:
    void SetUp() override {
        if (GetParam() != nullptr) return;
        const char* required = std::getenv("CROSSLIFT_REQUIRE_CUDA");
        if (required != nullptr && std::string(required) == "1")
            FAIL() << "CROSSLIFT_REQUIRE_CUDA is 1, and there is no GPU: " << why_no_gpu();
        GTEST_SKIP() << "no GPU: " << why_no_gpu();
    }

    const backend::Backend& backend() const { return *GetParam(); }

    /// A fresh lane; what was issued on earlier ones is done.
    backend::Lane& lane(int threads = 2) {
        for (const auto& earlier : lanes_) earlier->wait();
        lanes_.push_back(backend().lane(threads));
        return *lanes_.back();
    }

    /// A copy on the device whose rows are `padding` numbers longer than they need be; the padding is NaN.
    backend::DenseSpan on_device(const HostMatrix& host, std::int64_t padding = 0) {
        const std::int64_t stride = host.cols + padding;
        std::vector<float> padded(static_cast<std::size_t>(host.rows * stride), std::nanf(""));
        for (std::int64_t r = 0; r < host.rows; ++r)
            std::copy_n(host.numbers.begin() + r * host.cols, host.cols, padded.begin() + r * stride);
        arrays_.push_back(backend().array<float>(host.rows * stride));
        backend().copy_in(lane(), arrays_.back().data(), padded.data(), arrays_.back().size() * 4);
        return {arrays_.back().data(), host.rows, host.cols, stride};
    }

    HostMatrix from_device(backend::DenseView view) {
        HostMatrix host(view.rows, view.cols);
        for (std::int64_t r = 0; r < view.rows; ++r)
            backend().copy_out(lane(), host.numbers.data() + r * view.cols, view.row(r), view.cols * 4);
        return host;
    }

private:
    std::vector<std::unique_ptr<backend::Lane>> lanes_;
    std::vector<backend::Array<float>> arrays_;
};

inline std::string backend_name(const ::testing::TestParamInfo<BackendPointer>& info) {
    const bool is_cpu = info.param != nullptr && info.param->device().kind == Device::Kind::cpu;
    return (is_cpu ? "cpu" : "cuda") + std::to_string(info.index);
}

#define CROSSLIFT_ON_EVERY_BACKEND(suite)                                                            \
    INSTANTIATE_TEST_SUITE_P(Backends, suite, ::testing::ValuesIn(::crosslift::testing::backends()), \
                             ::crosslift::testing::backend_name)

}  // namespace crosslift::testing
