// For tests of whole trainings on a GPU: the first one that can be used, real or emulated, or a skip with the reason.
#pragma once

#include <crosslift/device.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace crosslift::testing {

class OnGpu : public ::testing::Test {
protected:
    void SetUp() override {
        std::string reason = "no GPU is listed";
        for (const DeviceInfo& info : devices()) {
            if (info.device.kind != Device::Kind::cuda) continue;
            if (info.unavailable_reason.empty()) {
                gpu_ = info.device;
                emulated_ = info.description.starts_with("emulated");
                return;
            }
            reason = info.unavailable_reason;
        }
        const char* required = std::getenv("CROSSLIFT_REQUIRE_CUDA");
        if (required != nullptr && std::string(required) == "1")
            FAIL() << "CROSSLIFT_REQUIRE_CUDA is 1, and there is no GPU: " << reason;
        GTEST_SKIP() << "no GPU: " << reason;
    }

    const Device& gpu() const { return gpu_; }
    /// A test takes the smaller size where each thread of the GPU is a fiber.
    std::int64_t sized(std::int64_t real, std::int64_t when_emulated) const { return emulated_ ? when_emulated : real; }

private:
    Device gpu_;
    bool emulated_ = false;
};

}  // namespace crosslift::testing
