#include <crosslift/error.hpp>
#include <crosslift/sparse.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace crosslift {
namespace {

CsrMatrix small() {
    return {3, 4, {0, 2, 2, 5}, {1, 3, 0, 1, 2}, {1, 2, 3, 4, 5}};
}

CsrMatrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    CsrMatrix matrix;
    matrix.rows = rows;
    matrix.cols = cols;
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t col = 0; col < cols; ++col) {
            if (random() % 4 != 0) continue;
            matrix.indices.push_back(static_cast<std::int32_t>(col));
            matrix.values.push_back(static_cast<float>(random() % 1000));
        }
        matrix.indptr.push_back(static_cast<std::int64_t>(matrix.indices.size()));
    }
    return matrix;
}

std::vector<float> dense(const CsrView& matrix) {
    std::vector<float> out(static_cast<std::size_t>(matrix.rows * matrix.cols));
    for (std::int64_t row = 0; row < matrix.rows; ++row) {
        for (std::size_t n = 0; n < matrix.row(row).size(); ++n) {
            out[static_cast<std::size_t>(row * matrix.cols + matrix.row(row)[n])] = matrix.row_values(row)[n];
        }
    }
    return out;
}

TEST(Sparse, GoodMatricesPass) {
    EXPECT_NO_THROW(check(small()));
    EXPECT_NO_THROW(check(CsrMatrix{}));
    CsrMatrix pattern = small();
    pattern.values.clear();
    EXPECT_NO_THROW(check(pattern));
    EXPECT_EQ(pattern.view().nnz(), 5);
    EXPECT_TRUE(pattern.view().row_values(0).empty());
}

template <class Spoil>
void expect_refused(Spoil spoil) {
    CsrMatrix matrix = small();
    spoil(matrix);
    EXPECT_THROW(check(matrix), InvalidArgument);
}

TEST(Sparse, EachBrokenPromiseIsRefused) {
    expect_refused([](CsrMatrix& m) { m.rows = -1; });
    expect_refused([](CsrMatrix& m) { m.rows = 4; });
    expect_refused([](CsrMatrix& m) { m.cols = -1; });
    expect_refused([](CsrMatrix& m) { m.cols = 3; });
    expect_refused([](CsrMatrix& m) { m.cols = 1LL << 40; });
    expect_refused([](CsrMatrix& m) { m.indptr[0] = 1; });
    expect_refused([](CsrMatrix& m) { m.indptr = {}; });
    expect_refused([](CsrMatrix& m) { m.indptr[3] = 4; });
    expect_refused([](CsrMatrix& m) { m.indptr = {0, 3, 2, 5}; });
    expect_refused([](CsrMatrix& m) { m.indptr = {0, 1000, 2, 5}; });
    expect_refused([](CsrMatrix& m) { m.indptr = {0, -5, 2, 5}; });
    expect_refused([](CsrMatrix& m) { m.indices[0] = 3; });  // not increasing
    expect_refused([](CsrMatrix& m) { m.indices[0] = 5; });
    expect_refused([](CsrMatrix& m) { m.indices[0] = -1; });
    expect_refused([](CsrMatrix& m) { m.values.pop_back(); });
    expect_refused([](CsrMatrix& m) { m.values[4] = std::numeric_limits<float>::quiet_NaN(); });
    expect_refused([](CsrMatrix& m) { m.values[4] = std::numeric_limits<float>::infinity(); });
}

TEST(Sparse, TheMessageNamesTheRow) {
    CsrMatrix matrix = small();
    matrix.indices[3] = 0;
    try {
        check(matrix);
        FAIL();
    } catch (const InvalidArgument& error) {
        EXPECT_NE(std::string(error.what()).find("row 2"), std::string::npos) << error.what();
    }
}

TEST(Sparse, TransposeAgreesWithTheDenseOne) {
    for (const auto& [rows, cols] : std::vector<std::pair<int, int>>{{1, 1}, {7, 13}, {40, 3}, {0, 5}, {5, 0}}) {
        const CsrMatrix matrix = random_matrix(rows, cols, 11);
        const CsrMatrix flipped = transpose(matrix);
        EXPECT_NO_THROW(check(flipped));
        const auto a = dense(matrix);
        const auto b = dense(flipped);
        for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
            for (std::size_t c = 0; c < static_cast<std::size_t>(cols); ++c) {
                EXPECT_EQ(a[r * static_cast<std::size_t>(cols) + c], b[c * static_cast<std::size_t>(rows) + r]);
            }
        }
        const CsrMatrix back = transpose(flipped);
        EXPECT_EQ(back.indptr, matrix.indptr);
        EXPECT_EQ(back.indices, matrix.indices);
        EXPECT_EQ(back.values, matrix.values);
    }
}

TEST(Sparse, TransposeOfAPatternIsAPattern) {
    CsrMatrix pattern = small();
    pattern.values.clear();
    EXPECT_TRUE(transpose(pattern).values.empty());
}

}  // namespace
}  // namespace crosslift
