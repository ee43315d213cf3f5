#include <crosslift/error.hpp>
#include <crosslift/retrieval.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

namespace crosslift {
namespace {

Matrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint32_t seed) {
    Matrix matrix(rows, cols);
    std::mt19937 generator(seed);
    std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
    for (std::int64_t r = 0; r < rows; ++r)
        for (float& number : matrix.row(r)) number = uniform(generator);
    return matrix;
}

/// Small whole numbers: every score is exact and many are equal.
Matrix whole_numbers(std::int64_t rows, std::int64_t cols, std::uint32_t seed) {
    Matrix matrix = random_matrix(rows, cols, seed);
    for (std::int64_t r = 0; r < rows; ++r)
        for (float& number : matrix.row(r)) number = std::round(number * 2);
    return matrix;
}

struct Columns {
    std::vector<std::int32_t> category;
    std::vector<float> price;
    std::vector<float> bias;
};

Columns columns_of(std::int64_t items) {
    Columns columns;
    for (std::int64_t item = 0; item < items; ++item) {
        columns.category.push_back(item % 11 == 10 ? -1 : static_cast<std::int32_t>(item % 5));
        columns.price.push_back(item % 13 == 12 ? std::nanf("") : static_cast<float>(item % 20));
        columns.bias.push_back(static_cast<float>(item % 3));
    }
    return columns;
}

bool holds(std::span<const std::int32_t> list, std::int32_t value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

bool may_be_offered(const Filter& filter, const Columns& columns, std::int32_t row) {
    const std::int32_t category = columns.category[static_cast<std::size_t>(row)];
    const float price = columns.price[static_cast<std::size_t>(row)];
    if (holds(filter.exclude, row)) return false;
    if (filter.use_allow && !holds(filter.allow, row)) return false;
    if (!filter.categories.empty() && !holds(filter.categories, category)) return false;
    if (category >= 0 && holds(filter.exclude_categories, category)) return false;
    const bool bounded = std::isfinite(filter.min_price) || std::isfinite(filter.max_price);
    return !bounded || (price >= filter.min_price && price <= filter.max_price);
}

/// Every item scored in double precision and sorted: score descending, then row ascending.
TopK brute_force(const Matrix& items, std::span<const float> query, const Columns& columns, int k,
                 const Filter& filter) {
    std::vector<std::pair<double, std::int32_t>> found;
    for (std::int32_t row = 0; row < items.rows(); ++row) {
        if (!may_be_offered(filter, columns, row)) continue;
        double score = static_cast<double>(columns.bias[static_cast<std::size_t>(row)]);
        for (std::size_t f = 0; f < query.size(); ++f)
            score += static_cast<double>(query[f]) * static_cast<double>(items.row(row)[f]);
        found.emplace_back(-score, row);
    }
    std::sort(found.begin(), found.end());
    found.resize(std::min(found.size(), static_cast<std::size_t>(k)));
    TopK best;
    for (const auto& [minus_score, row] : found) {
        best.rows.push_back(row);
        best.scores.push_back(static_cast<float>(-minus_score));
    }
    return best;
}

RetrieverOptions options_with(const Columns& columns) {
    RetrieverOptions options;
    options.category = columns.category;
    options.price = columns.price;
    options.bias = columns.bias;
    return options;
}

TEST(Retriever, AgreesWithBruteForceUnderEveryFilterAndWithTies) {
    const std::vector<std::int32_t> some = {400, 3, 77, 5, 3, 129, 64};
    const std::vector<std::int32_t> two = {3, 1};
    const std::vector<std::int32_t> none;
    std::vector<Filter> filters(9);
    filters[1].exclude = some;
    filters[2].allow = some;
    filters[2].use_allow = true;
    filters[3].use_allow = true;  // and nothing allowed
    filters[4].categories = two;
    filters[5].exclude_categories = two;
    filters[6].min_price = 4;
    filters[6].max_price = 9;
    filters[7].max_price = 3;
    filters[8].exclude = some;
    filters[8].categories = two;
    filters[8].min_price = 10;
    for (const std::int64_t items : {1, 15, 16, 17, 33, 500})
        for (const std::int64_t factors : {1, 7, 16, 65}) {
            const Matrix matrix = whole_numbers(items, factors, 1);
            const Columns columns = columns_of(items);
            const Retriever retriever(matrix, options_with(columns));
            const Matrix queries = whole_numbers(9, factors, 2);
            for (const int k : {1, 5, 40, 1000}) {
                const auto answers = retriever.top_k(queries, k, filters);
                for (std::int64_t q = 0; q < 9; ++q) {
                    const auto i = static_cast<std::size_t>(q);
                    const TopK wanted = brute_force(matrix, queries.row(q), columns, k, filters[i]);
                    ASSERT_EQ(answers[i].rows, wanted.rows) << items << " items, filter " << q << ", k " << k;
                    ASSERT_EQ(answers[i].scores, wanted.scores);
                }
            }
        }
}

TEST(Retriever, OneQueryAtATimeGivesTheSameBitsAsABatchOnAnyThreads) {
    const Matrix items = random_matrix(3001, 50, 1);
    const Matrix queries = random_matrix(37, 50, 2);
    RetrieverOptions options;
    options.threads = 1;
    const auto batch = Retriever(items, options).top_k(queries, 25);
    for (const int threads : {1, 3}) {
        options.threads = threads;
        const Retriever retriever(items, options);
        const auto again = retriever.top_k(queries, 25);
        for (std::size_t q = 0; q < 37; ++q) {
            EXPECT_EQ(again[q].rows, batch[q].rows);
            EXPECT_EQ(again[q].scores, batch[q].scores);
            const TopK single = retriever.top_k(queries.row(static_cast<std::int64_t>(q)), 25);
            EXPECT_EQ(single.rows, batch[q].rows);
            EXPECT_EQ(single.scores, batch[q].scores);
        }
    }
}

TEST(Retriever, AFilterOrAnAllowListDoesNotChangeAScore) {
    const Matrix items = random_matrix(700, 33, 1);
    const Matrix query = random_matrix(1, 33, 2);
    const Retriever retriever(items);
    const TopK all = retriever.top_k(query.row(0), 700);
    Filter filter;
    std::vector<std::int32_t> allowed = {9, 100, 650};
    filter.allow = allowed;
    filter.use_allow = true;
    const TopK few = retriever.top_k(query.row(0), 10, filter);
    ASSERT_EQ(few.rows.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto place = std::find(all.rows.begin(), all.rows.end(), few.rows[i]) - all.rows.begin();
        EXPECT_EQ(few.scores[i], all.scores[static_cast<std::size_t>(place)]);
    }
}

TEST(Retriever, ABitmapAllowsWhatAListOfItsBitsAllows) {
    const Matrix items = random_matrix(70, 6, 3);
    const Retriever retriever(items);
    std::vector<std::uint32_t> bitmap(3, 0);
    std::vector<std::int32_t> list;
    for (std::int32_t row = 0; row < 70; row += 3) {
        bitmap[static_cast<std::size_t>(row / 32)] |= 1U << row % 32;
        list.push_back(row);
    }
    Filter by_bitmap;
    by_bitmap.allow_bitmap = bitmap;
    Filter by_list;
    by_list.allow = list;
    by_list.use_allow = true;
    for (const int k : {1, 10, 100}) {
        const TopK one = retriever.top_k(items.row(5), k, by_bitmap);
        const TopK other = retriever.top_k(items.row(5), k, by_list);
        EXPECT_EQ(one.rows, other.rows);
        EXPECT_EQ(one.scores, other.scores);
    }
    bitmap.pop_back();
    by_bitmap.allow_bitmap = bitmap;
    EXPECT_THROW(retriever.top_k(items.row(5), 1, by_bitmap), InvalidArgument);
}

TEST(Retriever, CosineIgnoresLengthAndAZeroRowScoresZero) {
    Matrix items(4, 2);
    const float rows[4][2] = {{10, 0}, {0.1F, 0.1F}, {0, 0}, {-3, 0}};
    for (std::int64_t r = 0; r < 4; ++r) std::copy_n(rows[r], 2, items.row(r).begin());
    RetrieverOptions options;
    options.cosine = true;
    const std::vector<float> query = {0.5F, 0.5F};
    const TopK best = Retriever(items, options).top_k(query, 4);
    EXPECT_EQ(best.rows, (std::vector<std::int32_t>{1, 0, 2, 3}));
    EXPECT_NEAR(best.scores[0], 1.0F, 1e-6F);
    EXPECT_NEAR(best.scores[1], std::sqrt(0.5F), 1e-6F);
    EXPECT_EQ(best.scores[2], 0.0F);
    EXPECT_EQ(items.row(0)[0], 10.0F) << "the caller's numbers stay as they are";
}

TEST(Retriever, HalfPrecisionAndScaledMatricesAreRead) {
    std::vector<std::uint16_t> halves = {0x3C00, 0x4000, 0xBC00, 0x3800};  // 1, 2, -1, 0.5
    const Matrix items(halves.data(), 2, 2, 2, DType::f16, 0.5F, Device{}, nullptr);
    const std::vector<float> query = {1, 1};
    const TopK best = Retriever(items).top_k(query, 2);
    EXPECT_EQ(best.rows, (std::vector<std::int32_t>{0, 1}));
    EXPECT_EQ(best.scores, (std::vector<float>{1.5F, -0.25F}));
}

TEST(Retriever, ManyThreadsMayAsk) {
    const Retriever retriever(random_matrix(2000, 24, 1));
    const Matrix queries = random_matrix(8, 24, 2);
    const auto wanted = retriever.top_k(queries, 10);
    std::vector<std::jthread> threads;
    for (std::size_t q = 0; q < 8; ++q)
        threads.emplace_back([&, q] {
            for (int turn = 0; turn < 20; ++turn)
                EXPECT_EQ(retriever.top_k(queries.row(static_cast<std::int64_t>(q)), 10).rows, wanted[q].rows);
        });
}

TEST(Retriever, RefusesBadArguments) {
    Matrix items = random_matrix(10, 4, 1);
    const Retriever retriever(items);
    const Matrix queries = random_matrix(3, 4, 1);
    EXPECT_THROW(retriever.top_k(queries, 0), InvalidArgument);
    EXPECT_THROW(retriever.top_k(random_matrix(3, 5, 1), 2), InvalidArgument);
    EXPECT_THROW(retriever.top_k(queries, 2, std::vector<Filter>(2)), InvalidArgument);
    std::vector<float> query = {1, 2, std::nanf(""), 4};
    EXPECT_THROW(retriever.top_k(query, 2), InvalidArgument);
    Filter filter;
    filter.min_price = std::nanf("");
    EXPECT_THROW(retriever.top_k(queries, 2, {&filter, 1}), InvalidArgument);
    RetrieverOptions options;
    const std::vector<float> nine(9);
    options.price = nine;
    EXPECT_THROW(Retriever(items, options), InvalidArgument);
    options.price = {};
    const std::vector<float> infinite(10, INFINITY);
    options.bias = infinite;
    EXPECT_THROW(Retriever(items, options), InvalidArgument);
    items.row(3)[2] = INFINITY;
    EXPECT_THROW(Retriever{items}, InvalidArgument);
    EXPECT_TRUE(retriever.top_k(Matrix(0, 4), 3).empty());
    EXPECT_TRUE(Retriever(Matrix(0, 4)).top_k(queries, 3)[0].rows.empty());
}

}  // namespace
}  // namespace crosslift
