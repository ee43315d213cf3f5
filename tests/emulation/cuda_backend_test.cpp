// What only the CUDA backend has: orders of threads, its memory, its refusals, its entry.
#include "als_residual.hpp"
#include "backend/module.hpp"
#include "emulation/block.hpp"
#include "emulation/runtime.hpp"
#include "formulas/philox.hpp"

#include <crosslift/error.hpp>

#include <cstring>
#include <limits>

extern "C" crosslift::backend::Backend* crosslift_open_cuda_backend(std::uint32_t contract, const char* build,
                                                                    int device_index, char* error_text,
                                                                    std::size_t error_text_size);

namespace crosslift::testing {
namespace {

class CudaAls : public AlsResidual {};

TEST_P(CudaAls, TheOrderOfThreadsChangesNoBit) {
    const CsrMatrix cells = rows_of_lengths({3, 40, 17, 9, 33, 60}, 60, true);
    for (const int cg_steps : {0, 3})
        for (const std::int64_t d : {20, 65, 130}) {
            AlsStep step = some_step();
            step.cg_steps = cg_steps;
            const HostMatrix fixed = random_matrix(60, d, 6);
            const HostMatrix once = solve(cells, fixed, step, HostMatrix(6, d));
            emulation::current().seed(12345);
            EXPECT_EQ(once.numbers, solve(cells, fixed, step, HostMatrix(6, d)).numbers) << d;
        }
}

TEST_P(CudaAls, AStopLeavesEarly) {
    const CsrMatrix cells = rows_of_lengths({3, 40, 2100}, 2200, true);
    std::stop_source source;
    source.request_stop();
    AlsStep step = some_step();
    step.stop = source.get_token();
    const HostMatrix before = random_matrix(3, 5, 2);
    EXPECT_EQ(solve(cells, random_matrix(2200, 5, 1), step, before).numbers, before.numbers);
}

class CudaBackend : public EveryBackend {};

TEST_P(CudaBackend, InitialFactorsHaveTheBitsOfTheFormula) {
    const backend::DenseSpan out = on_device(HostMatrix(37, 10), 3);
    backend().fill_factors(lane(), out, 77, backend::Table::items, 0.3F);
    const HostMatrix got = from_device(out);
    for (std::int64_t row = 0; row < 37; ++row)
        for (std::int64_t col = 0; col < 10; ++col) {
            const auto words = formulas::random_words(77, 1, row, static_cast<std::uint32_t>(col / 4));
            ASSERT_EQ(got.numbers[static_cast<std::size_t>(row * 10 + col)],
                      formulas::symmetric_uniform(words.word[col % 4]) * 0.3F);
        }
}

TEST_P(CudaBackend, InvertsThroughBothLevelsOfBlocks) {
    const std::int64_t n = 580;
    HostMatrix a(n, n);
    for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j <= i; ++j) {
            a.at(i, j) = static_cast<float>((i == j ? 2.0 : 0.0) + 1.0 / static_cast<double>(1 + i + j));
            a.at(j, i) = static_cast<float>(a.at(i, j));
        }
    const backend::DenseSpan matrix = on_device(a, 4);
    backend().invert_spd(lane(), matrix, {});
    const HostMatrix x = from_device(matrix);
    for (std::int64_t i = 0; i < n; i += 57)
        for (std::int64_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::int64_t k = 0; k < n; ++k) sum += a.at(i, k) * x.at(k, j);
            ASSERT_NEAR(sum, i == j ? 1.0 : 0.0, 2e-5) << i << " " << j;
        }
}

TEST_P(CudaBackend, TooLittleMemoryIsAnErrorWithNumbers) {
    emulation::set_memory_limit(std::int64_t{100} << 20);
    try {
        backend().allocate(std::int64_t{200} << 20);
        ADD_FAILURE() << "no exception";
    } catch (const DeviceError& error) {
        EXPECT_NE(std::string(error.what()).find("209715200 bytes more are needed"), std::string::npos) << error.what();
    }
    emulation::set_memory_limit(std::numeric_limits<std::int64_t>::max());
}

TEST_P(CudaBackend, RefusesWhatIsNotItsOwn) {
    struct StrangeLane final : backend::Lane {
        void wait() override {}
    } strange;
    const backend::DenseSpan out = on_device(HostMatrix(2, 2));
    EXPECT_THROW(backend().gram(strange, out, out), InvalidArgument);
    EXPECT_THROW(backend().make_rows({2, 2, {}, {}, {}}), InvalidArgument);
    const auto rows = backend().make_rows(rows_of_lengths({1, 2}, 4, true));
    const std::vector<float> weights = {1.0F, std::nanf("")};
    EXPECT_THROW(backend().item_gram(lane(), *rows, weights, on_device(HostMatrix(4, 4))), InvalidArgument);
}

TEST_P(CudaBackend, TheEntryRefusesAStranger) {
    char reason[256] = {};
    EXPECT_EQ(crosslift_open_cuda_backend(backend::contract_version + 1, backend::build_id, 0, reason, sizeof reason),
              nullptr);
    EXPECT_NE(std::string(reason).find("build both from the same tree"), std::string::npos) << reason;
    EXPECT_EQ(crosslift_open_cuda_backend(backend::contract_version, "other", 0, reason, 10), nullptr);
    EXPECT_EQ(std::strlen(reason), 9U);
    EXPECT_EQ(crosslift_open_cuda_backend(backend::contract_version, backend::build_id, 5, reason, sizeof reason),
              nullptr);
    EXPECT_NE(std::string(reason).find("GPU 5 is not there"), std::string::npos) << reason;
}

CROSSLIFT_ON_EVERY_BACKEND(CudaAls);
CROSSLIFT_ON_EVERY_BACKEND(CudaBackend);

}  // namespace
}  // namespace crosslift::testing
