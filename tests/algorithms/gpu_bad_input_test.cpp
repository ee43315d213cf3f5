// What is not a number, or stands twice where it may stand once, is refused at the door on every machine, in the same
// words.
#include "support/gpu.hpp"

#include <crosslift/als.hpp>
#include <crosslift/bpr.hpp>
#include <crosslift/complement.hpp>
#include <crosslift/ease.hpp>
#include <crosslift/error.hpp>
#include <crosslift/retrieval.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace crosslift {
namespace {

CsrMatrix some_purchases() {
    CsrMatrix matrix;
    matrix.rows = 3;
    matrix.cols = 4;
    matrix.indptr = {0, 2, 3, 5};
    matrix.indices = {0, 2, 1, 1, 3};
    matrix.values = {1, 2, 1, 3, 1};
    return matrix;
}

/// What an InvalidArgument says, or nothing.
std::string complaint(const std::function<void()>& call) {
    try {
        call();
    } catch (const InvalidArgument& error) {
        return error.what();
    }
    return "";
}

/// All trainings from a matrix on a device.
std::vector<std::function<void(const CsrMatrix&)>> trainings(const Device& device) {
    const auto with = [&](auto options) {
        options.device = device;
        return options;
    };
    const AlsOptions als = with(AlsOptions{});
    const BprOptions bpr = with(BprOptions{});
    const EaseOptions ease = with(EaseOptions{});
    ComplementOptions complement;
    complement.ease.device = device;
    return {[=](const CsrMatrix& matrix) { fit_als(matrix, als); },
            [=](const CsrMatrix& matrix) { fit_bpr(matrix, bpr); },
            [=](const CsrMatrix& matrix) { fit_ease(matrix, {}, ease); },
            [=](const CsrMatrix& matrix) { fit_complement(matrix, {}, {}, complement); }};
}

void expect_refusals(const Device& device) {
    for (const auto& train : trainings(device)) {
        CsrMatrix matrix = some_purchases();
        matrix.values[3] = std::nanf("");
        EXPECT_NE(complaint([&] { train(matrix); }).find("row 2"), std::string::npos)
            << complaint([&] { train(matrix); });
        matrix = some_purchases();
        matrix.indices[4] = 1;  // twice in row 2
        EXPECT_NE(complaint([&] { train(matrix); }).find("row 2"), std::string::npos)
            << complaint([&] { train(matrix); });
    }
    Matrix items(5, 2);
    items.row(3)[1] = std::nanf("");
    RetrieverOptions options;
    options.device = device;
    EXPECT_NE(complaint([&] { Retriever(items, options); }).find("row 3"), std::string::npos);
}

TEST(BadInput, IsRefusedOnTheCpu) {
    expect_refusals(Device{});
}

using GpuBadInput = testing::OnGpu;

TEST_F(GpuBadInput, IsRefusedOnTheGpu) {
    expect_refusals(gpu());
}

}  // namespace
}  // namespace crosslift
