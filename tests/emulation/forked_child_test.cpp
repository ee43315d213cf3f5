// A child that was forked from a process which uses the GPU: every operation is a clear error there, nothing hangs, and
// what it inherited is let go without touching the device.
#include "every_backend.hpp"

#include <crosslift/error.hpp>

#include <sys/wait.h>
#include <unistd.h>

namespace crosslift::testing {
namespace {

TEST(ForkedChild, IsToldToStartAnewAndEndsInPeace) {
    const auto backend = backends().front();
    auto array = backend->array<float>(100);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        int status = 1;
        try {
            const auto lane = backend->lane(0);
            backend->fill_factors(*lane, {array.data(), 10, 10, 10}, 0, backend::Table::items, 1);
        } catch (const DeviceError& error) {
            status = std::string(error.what()).find("was forked from one that used GPU 0") != std::string::npos ? 0 : 2;
        }
        array = {};
        _exit(status);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    const auto lane = backend->lane(0);
    backend->fill_factors(*lane, {array.data(), 10, 10, 10}, 0, backend::Table::items, 1);  // the parent goes on
    lane->wait();
}

}  // namespace
}  // namespace crosslift::testing
