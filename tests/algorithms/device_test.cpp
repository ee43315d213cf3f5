#include <crosslift/als.hpp>
#include <crosslift/device.hpp>
#include <crosslift/error.hpp>

#include <gtest/gtest.h>

#include <string>

namespace crosslift {
namespace {

TEST(DeviceWords, AreParsedAndWritten) {
    EXPECT_EQ(Device::parse("cpu"), Device{});
    EXPECT_EQ(Device::parse("cuda"), (Device{Device::Kind::cuda, 0}));
    EXPECT_EQ(Device::parse("cuda:12"), (Device{Device::Kind::cuda, 12}));
    EXPECT_EQ((Device{Device::Kind::cuda, 3}).name(), "cuda:3");
    EXPECT_EQ(Device{}.name(), "cpu");
    for (const char* word : {"", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:1x", "cuda: 1", "cuda:99999999999"})
        EXPECT_THROW(Device::parse(word), InvalidArgument) << word;
}

TEST(Devices, NameTheCpuAndSayWhyAGpuCannotBeUsed) {
    const auto all = devices();
    ASSERT_GE(all.size(), 2U);
    EXPECT_EQ(all[0].device, Device{});
    EXPECT_TRUE(all[0].unavailable_reason.empty());
    EXPECT_GT(all[0].memory_bytes, 0);
    EXPECT_FALSE(all[0].description.empty());
    EXPECT_FALSE(all[0].capability.empty());
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_EQ(all[i].device.kind, Device::Kind::cuda);
}

TEST(Devices, AutoIsAUsableDeviceAndAMissingGpuIsOneClearError) {
    const auto all = devices();
    const bool gpu = all[1].unavailable_reason.empty();
    EXPECT_EQ(Device::parse("auto").kind, gpu ? Device::Kind::cuda : Device::Kind::cpu);
    AlsOptions options;
    options.device = {Device::Kind::cuda, gpu ? 4096 : 0};
    CsrMatrix matrix;
    try {
        fit_als(matrix, options);
        FAIL() << "no exception";
    } catch (const DeviceError& error) {
        EXPECT_NE(std::string(error.what()).find("cuda:"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace crosslift
