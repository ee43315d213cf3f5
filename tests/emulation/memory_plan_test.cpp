// The plan that a training makes of the device's memory: what cannot fit is refused with numbers and a way out, what
// can only stream is streamed, and no operation takes more than was counted.
#include "emulation/runtime.hpp"
#include "every_backend.hpp"

#include <crosslift/als.hpp>
#include <crosslift/ease.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>

namespace crosslift::testing {
namespace {

constexpr std::int64_t megabyte = std::int64_t{1} << 20;

CsrMatrix even_rows(std::int64_t rows, std::int64_t cols, std::int64_t cells_per_row) {
    CsrMatrix matrix;
    matrix.rows = rows;
    matrix.cols = cols;
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::int64_t step = cols / cells_per_row;
        for (std::int64_t cell = 0; cell < cells_per_row; ++cell)
            matrix.indices.push_back(static_cast<std::int32_t>(cell * step + row % step));
        matrix.indptr.push_back(static_cast<std::int64_t>(matrix.indices.size()));
    }
    return matrix;
}

std::int64_t memory_in_use() {
    emulation::most_memory_used();
    return emulation::most_memory_used();
}

/// What `train` says when the device has `bytes` of memory more than is in use; empty where it trains.
std::string refusal(std::int64_t bytes, const std::function<void()>& train) {
    emulation::set_memory_limit(memory_in_use() + bytes);
    std::string said;
    try {
        train();
    } catch (const DeviceError& error) {
        said = error.what();
    }
    emulation::set_memory_limit(std::numeric_limits<std::int64_t>::max());
    return said;
}

AlsOptions on_gpu(int factors) {
    AlsOptions options;
    options.factors = factors;
    options.iterations = 1;
    options.device = {Device::Kind::cuda, 0};
    return options;
}

TEST(MemoryPlan, AlsThatCannotFitNamesBytesAndTheFactorsThatWould) {
    const CsrMatrix cells = even_rows(40000, 500, 2);
    const std::string said = refusal(53 * megabyte, [&] { fit_als(cells, on_gpu(128)); });
    EXPECT_NE(said.find("ALS with factors=128 does not fit the memory of cuda:0"), std::string::npos) << said;
    EXPECT_NE(said.find("factors 20736000"), std::string::npos) << said;  // (40,000 + 500) * 128 * 4
    EXPECT_NE(said.find("47185920 bytes are available"), std::string::npos) << said;
    EXPECT_NE(said.find("factors=64 would fit"), std::string::npos) << said;
    EXPECT_NE(refusal(9 * megabyte, [&] { fit_als(cells, on_gpu(128)); }).find("no number of factors would fit"),
              std::string::npos);
}

TEST(MemoryPlan, EaseThatCannotFitNamesTheItemsThatWould) {
    const CsrMatrix baskets = even_rows(30, 6000, 3);
    EaseOptions options;
    options.device = {Device::Kind::cuda, 0};
    const std::string said = refusal(160 * megabyte, [&] { fit_ease(baskets, {}, options); });
    EXPECT_NE(said.find("EASE over 6000 items does not fit"), std::string::npos) << said;
    EXPECT_NE(said.find("best-selling items would fit"), std::string::npos) << said;
}

TEST(MemoryPlan, FiftyThousandItemsTakeLessThanFortyGigabytes) {
    const auto backend = backends().front();
    using Operation = backend::Workload::Operation;
    const std::int64_t items = 50000;
    const std::int64_t matrix = items * items * 4;
    const std::int64_t counting =
        backend->scratch_bytes({Operation::item_gram, 5'000'000, items, 200'000'000, 0, 0, 0});
    const std::int64_t inverting = backend->scratch_bytes({Operation::invert_spd, items, items, 0, 0, 0, 0});
    const std::int64_t baskets = 200'000'000LL * 4 + 5'000'000LL * 16;
    EXPECT_LT(matrix + baskets + std::max(counting, inverting), 40'000'000'000);
    EXPECT_GT(counting, 200'000'000LL * 12);  // columns and rows of all cells
    EXPECT_LT(inverting, 1'000'000'000);      // in place: a few block columns
}

TEST(MemoryPlan, InteractionsThatDoNotFitAreStreamedToTheSameBits) {
    const auto backend = backends().front();
    const CsrMatrix cells = even_rows(300, 120, 40), by_item = transpose(cells);
    AlsOptions options = on_gpu(1);
    options.solver = AlsSolver::cg;
    options.cg_steps = 1;
    const AlsModel resident = fit_als(cells, options);
    // One byte less than the plan with resident interactions.
    using Operation = backend::Workload::Operation;
    const std::int64_t nnz = cells.view().nnz();
    const std::int64_t needed = 420 * 4 + 4 + backend->rows_memory(cells).resident +
                                backend->rows_memory(by_item).resident +
                                std::max(backend->scratch_bytes({Operation::als_solve, 300, 120, nnz, 1, 1, 0}),
                                         backend->scratch_bytes({Operation::als_solve, 120, 300, nnz, 1, 1, 0}));
    const std::int64_t limit = 8 * megabyte + needed - 1;
    const std::int64_t before = memory_in_use();
    AlsModel streamed;
    ASSERT_EQ(refusal(limit, [&] { streamed = fit_als(cells, options); }), "");
    EXPECT_LE(emulation::most_memory_used(), before + limit);
    const auto same = [](const Matrix& a, const Matrix& b) {
        const Matrix one = a.to_host(), other = b.to_host();
        return std::memcmp(one.data(), other.data(), static_cast<std::size_t>(one.rows()) * 4) == 0;
    };
    EXPECT_TRUE(same(resident.item_factors, streamed.item_factors));
    EXPECT_TRUE(same(resident.customer_factors, streamed.customer_factors));
}

/// Streams with copies that happen as early as they may: a place that is filled before it was read shows.
TEST(MemoryPlan, APlaceIsNotFilledBeforeItWasRead) {
    const auto backend = backends().front();
    const CsrMatrix cells = even_rows(300, 300, 50);
    const auto lane = backend->lane(0);
    const auto loss = [&](std::int64_t budget) {
        auto factors = backend->array<float>(600 * 2);
        backend->fill_factors(*lane, {factors.data(), 600, 2, 2}, 1, backend::Table::items, 1);
        const backend::DenseView customers = {factors.data(), 300, 2, 2};
        const backend::DenseView items = {factors.data() + 600, 300, 2, 2};
        return backend->als_loss(*lane, *backend->make_rows(cells, budget), customers, items, {}, {});
    };
    const double resident = loss(std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(loss(0), resident);
    emulation::set_eager_copies(true);
    EXPECT_EQ(loss(0), resident);
    emulation::set_eager_copies(false);
}

/// Operations take no more than they were counted for.
TEST(MemoryPlan, WorkingMemoryIsCountedInFull) {
    const auto backend = backends().front();
    using Operation = backend::Workload::Operation;
    const auto lane = backend->lane(0);
    const auto taken_by = [&](const std::function<void()>& run) {
        const std::int64_t before = memory_in_use();
        run();
        lane->wait();
        return emulation::most_memory_used() - before;
    };
    const CsrMatrix cells = even_rows(90, 60, 12);
    const auto rows = backend->make_rows(cells);
    for (const std::int64_t d : {5, 130}) {
        auto memory = backend->array<float>((90 + 60 + d) * d);
        const backend::DenseSpan customers = {memory.data(), 90, d, d};
        const backend::DenseSpan items = {memory.data() + 90 * d, 60, d, d};
        const backend::DenseSpan gram = {memory.data() + 150 * d, d, d, d};
        backend->fill_factors(*lane, items, 1, backend::Table::items, 1);
        EXPECT_LE(taken_by([&] { backend->gram(*lane, items, gram); }),
                  backend->scratch_bytes({Operation::als_solve, 90, 60, 1080, d, 0, 0}));
        for (const int steps : d == 5 ? std::vector{0, 1} : std::vector{1}) {
            backend::AlsStep step;
            step.regularization = 1;
            step.cg_steps = steps;
            EXPECT_LE(taken_by([&] { backend->als_solve(*lane, *rows, items, gram, step, customers); }),
                      backend->scratch_bytes({Operation::als_solve, 90, 60, 1080, d, steps, 0}))
                << d << " " << steps;
        }
        EXPECT_LE(taken_by([&] { backend->als_loss(*lane, *rows, customers, items, {}, {}); }),
                  backend->scratch_bytes({Operation::als_loss, 90, 60, 1080, d, 0, 0}));
    }
    auto matrix = backend->array<float>(60 * 60);
    const backend::DenseSpan square = {matrix.data(), 60, 60, 60};
    const std::vector<float> weights(90, 1.0F), diagonal(80, 9.0F);
    EXPECT_LE(taken_by([&] { backend->item_gram(*lane, *rows, weights, square); }),
              backend->scratch_bytes({Operation::item_gram, 90, 60, 1080, 0, 0, 0}));
    auto zeros = backend->array<float>(80 * 80);
    const backend::DenseSpan larger = {zeros.data(), 80, 80, 80};
    backend->set_diagonal(*lane, diagonal, larger);
    EXPECT_LE(taken_by([&] { backend->invert_spd(*lane, larger, {}); }),
              backend->scratch_bytes({Operation::invert_spd, 80, 80, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace crosslift::testing
