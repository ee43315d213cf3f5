// Rows whose cells stay on the host and are streamed give the bits of resident ones, in every operation that reads
// them.
#include "every_backend.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

namespace crosslift::testing {
namespace {

/// Rows of power-law lengths with empty rows between them, one longer than a block of a GPU works on alone.
CsrMatrix power_law_rows(std::int64_t rows, std::int64_t cols, std::int64_t longest, bool with_values,
                         double shortest = 2) {
    std::mt19937 generator(17);
    std::vector<std::int32_t> all(static_cast<std::size_t>(cols));
    std::iota(all.begin(), all.end(), 0);
    CsrMatrix cells;
    cells.rows = rows;
    cells.cols = cols;
    for (std::int64_t row = 0; row < rows; ++row) {
        const double uniform = 1.0 - static_cast<double>(generator() % 1000) / 1000.0;
        std::int64_t length = row % 5 == 4 ? 0 : static_cast<std::int64_t>(shortest / uniform);
        length = row == rows / 2 ? longest : std::min(length, cols / 2);
        std::shuffle(all.begin(), all.end(), generator);
        const auto begin = static_cast<std::ptrdiff_t>(cells.indices.size());
        cells.indices.insert(cells.indices.end(), all.begin(), all.begin() + length);
        std::sort(cells.indices.begin() + begin, cells.indices.end());
        cells.indptr.push_back(static_cast<std::int64_t>(cells.indices.size()));
    }
    if (with_values)
        for (std::size_t cell = 0; cell < cells.indices.size(); ++cell)
            cells.values.push_back(0.5F + static_cast<float>(generator() % 16) / 8.0F);
    return cells;
}

class StreamedRows : public EveryBackend {
protected:
    std::shared_ptr<const backend::Rows> streamed(const CsrMatrix& cells) {
        // Rows whose blocks would take as much as the whole are not streamed at all.
        const backend::RowsMemory bytes = backend().rows_memory(cells);
        if (backend().device().kind == Device::Kind::cuda && !cells.indices.empty()) {
            EXPECT_LT(bytes.streamed, bytes.resident);
        }
        return backend().make_rows(cells, 0);
    }
    std::shared_ptr<const backend::Rows> resident(const CsrMatrix& cells) { return backend().make_rows(cells); }

    HostMatrix solve(const backend::Rows& rows, const HostMatrix& fixed, int cg_steps) {
        backend::AlsStep step;
        step.alpha = 1.5F;
        step.regularization = 0.3F;
        step.cg_steps = cg_steps;
        const backend::DenseSpan gram = on_device(HostMatrix(fixed.cols, fixed.cols));
        const backend::DenseSpan view = on_device(fixed);
        backend().gram(lane(), view, gram);
        const backend::DenseSpan out = on_device(random_matrix(rows.rows(), fixed.cols, 3));
        backend().als_solve(lane(), rows, view, gram, step, out);
        return from_device(out);
    }

    static bool same_bits(const HostMatrix& a, const HostMatrix& b) {
        return a.numbers.size() == b.numbers.size() &&
               std::memcmp(a.numbers.data(), b.numbers.data(), a.numbers.size() * sizeof(float)) == 0;
    }
};

TEST_P(StreamedRows, GiveTheSameFactors) {
    const std::int64_t cols = 2400;
    const CsrMatrix cells = power_law_rows(sized(500, 160), cols, 2100, true, 20);
    for (const std::int64_t d : {std::int64_t{8}, sized(70, 20)})
        for (const int cg_steps : {0, 2}) {
            const HostMatrix fixed = random_matrix(cols, d, 5);
            EXPECT_TRUE(same_bits(solve(*resident(cells), fixed, cg_steps), solve(*streamed(cells), fixed, cg_steps)))
                << "d " << d << ", steps " << cg_steps;
        }
}

TEST_P(StreamedRows, GiveTheSameLoss) {
    const std::int64_t cols = 2400;
    for (const bool with_values : {false, true}) {
        const CsrMatrix cells = power_law_rows(sized(4000, 400), cols, 2100, with_values, 10);
        const backend::DenseSpan customers = on_device(random_matrix(cells.rows, 9, 1));
        const backend::DenseSpan items = on_device(random_matrix(cols, 9, 2));
        backend::AlsStep step;
        step.regularization = 0.1F;
        const double whole = backend().als_loss(lane(), *resident(cells), customers, items, step, step);
        EXPECT_EQ(whole, backend().als_loss(lane(), *streamed(cells), customers, items, step, step));
        EXPECT_GT(whole, 0);
    }
}

TEST_P(StreamedRows, GiveTheSameItemGram) {
    const std::int64_t cols = sized(700, 300);
    const CsrMatrix cells = power_law_rows(sized(3000, 600), cols, cols / 2, false);
    std::vector<float> weights;
    for (std::int64_t row = 0; row < cells.rows; ++row) weights.push_back(1.0F / static_cast<float>(1 + row % 7));
    const backend::DenseSpan one = on_device(HostMatrix(cols, cols));
    const backend::DenseSpan other = on_device(HostMatrix(cols, cols));
    backend().item_gram(lane(), *resident(cells), weights, one);
    backend().item_gram(lane(), *streamed(cells), weights, other);
    EXPECT_TRUE(same_bits(from_device(one), from_device(other)));
}

TEST_P(StreamedRows, MatricesWithoutCellsOrRowsStreamToo) {
    CsrMatrix empty;
    empty.rows = 3;
    empty.cols = 4;
    empty.indptr = {0, 0, 0, 0};
    const HostMatrix solved = solve(*streamed(empty), random_matrix(4, 6, 1), 0);
    EXPECT_EQ(solved.numbers, std::vector<float>(18, 0.0F));
    CsrMatrix none;
    none.cols = 4;
    EXPECT_EQ(streamed(none)->rows(), 0);
}

TEST_P(StreamedRows, AreCountedBeforeTheyAreMade) {
    const CsrMatrix cells = power_law_rows(2000, 2400, 2100, true);
    const backend::RowsMemory bytes = backend().rows_memory(cells);
    EXPECT_GE(bytes.resident, cells.view().nnz() * 8);
    EXPECT_LE(bytes.streamed, bytes.resident);
    EXPECT_GT(backend().memory().available, 0);
    EXPECT_GE(backend().memory().total, backend().memory().available);
}

CROSSLIFT_ON_EVERY_BACKEND(StreamedRows);

class Diagonal : public EveryBackend {};

TEST_P(Diagonal, IsSetAndNothingElse) {
    const std::int64_t n = sized(700, 70);
    const HostMatrix before = random_matrix(n, n, 4);
    const backend::DenseSpan matrix = on_device(before, 3);
    std::vector<float> values(static_cast<std::size_t>(n));
    std::iota(values.begin(), values.end(), 5.0F);
    backend().set_diagonal(lane(), values, matrix);
    const HostMatrix after = from_device(matrix);
    for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < n; ++j)
            ASSERT_EQ(after.at(i, j), i == j ? static_cast<double>(i + 5) : before.at(i, j)) << i << " " << j;
    EXPECT_THROW(backend().set_diagonal(lane(), std::span(values).first(3), matrix), InvalidArgument);
}

CROSSLIFT_ON_EVERY_BACKEND(Diagonal);

}  // namespace
}  // namespace crosslift::testing
