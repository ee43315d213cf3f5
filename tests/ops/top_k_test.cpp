#include "every_backend.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <limits>

namespace crosslift::testing {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

class TopKOperation : public EveryBackend {
protected:
    struct Answer {
        std::vector<std::int32_t> rows;
        std::vector<float> scores;
        bool operator==(const Answer&) const = default;
    };

    Answer search(const backend::Items& items, const HostMatrix& queries, int k,
                  std::span<const backend::QueryFilter> filters, int threads) {
        const auto size = static_cast<std::size_t>(queries.rows * k);
        Answer answer = {std::vector<std::int32_t>(size), std::vector<float>(size)};
        backend().top_k(lane(threads), items, on_device(queries, 1), k, filters, answer.rows.data(),
                        answer.scores.data());
        return answer;
    }

    std::shared_ptr<const backend::Items> make(const HostMatrix& factors, const backend::ItemColumns& columns) {
        return backend().make_items(on_device(factors, 2), nullptr, columns);
    }
};

/// Small whole numbers, so that scores are exact and many are equal.
HostMatrix whole_numbers(std::int64_t rows, std::int64_t cols, std::uint32_t seed) {
    HostMatrix matrix = random_matrix(rows, cols, seed);
    for (float& number : matrix.numbers) number = std::round(number * 2);
    return matrix;
}

TEST_P(TopKOperation, SortsAllItemsWithTiesByRowAndPadsWhatIsMissing) {
    for (const std::int64_t n : {1, 17, 64, 700})
        for (const std::int64_t d : {1, 16, 33}) {
            const HostMatrix factors = whole_numbers(n, d, 1);
            const HostMatrix queries = whole_numbers(20, d, 2);
            std::vector<float> bias(static_cast<std::size_t>(n));
            for (std::size_t i = 0; i < bias.size(); ++i) bias[i] = static_cast<float>(i % 3) - 1;
            const int k = 60;
            const Answer got = search(*make(factors, {{}, {}, bias}), queries, k, {}, 2);
            for (std::int64_t q = 0; q < 20; ++q) {
                std::vector<std::pair<double, std::int32_t>> all;
                for (std::int32_t i = 0; i < n; ++i) {
                    double score = static_cast<double>(bias[static_cast<std::size_t>(i)]);
                    for (std::int64_t f = 0; f < d; ++f) score += queries.at(q, f) * factors.at(i, f);
                    all.emplace_back(-score, i);
                }
                std::sort(all.begin(), all.end());
                for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i) {
                    const std::size_t at = static_cast<std::size_t>(q) * k + i;
                    ASSERT_EQ(got.rows[at], i < all.size() ? all[i].second : -1) << n << " items, query " << q;
                    ASSERT_EQ(static_cast<double>(got.scores[at]),
                              i < all.size() ? -all[i].first : -static_cast<double>(infinity));
                }
            }
        }
}

TEST_P(TopKOperation, EachQueryHasItsFilter) {
    const std::int64_t n = 900;
    const HostMatrix factors = random_matrix(n, 12, 3);
    const HostMatrix queries = random_matrix(6, 12, 4);
    std::vector<std::int32_t> category(static_cast<std::size_t>(n));
    std::vector<float> price(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < category.size(); ++i) {
        category[i] = static_cast<std::int32_t>(i % 4) - 1;
        price[i] = i % 7 == 0 ? std::nanf("") : static_cast<float>(i % 10);
    }
    const auto items = make(factors, {category, price, {}});
    const std::vector<std::int32_t> few = {850, 2, 2, 30, -5, 5000};
    const std::vector<std::int32_t> one = {1};
    std::vector<std::uint32_t> bitmap((static_cast<std::size_t>(n) + 31) / 32);
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i)
        if (i * i % 5 == 1) bitmap[i / 32] |= 1U << i % 32;
    std::vector<backend::QueryFilter> filters(6);
    filters[0].allow = few;
    filters[0].use_allow = true;
    filters[1].categories = one;
    filters[2].exclude_categories = one;
    filters[3].min_price = 3;
    filters[3].max_price = 4;
    const Answer all = search(*items, queries, static_cast<int>(n), {}, 1);
    filters[4].exclude = {all.rows.data() + 4 * n, 3};
    filters[5].allow_bitmap = bitmap;
    filters[5].categories = one;
    const Answer got = search(*items, queries, static_cast<int>(n), filters, 2);
    const auto allowed = [&](std::int64_t q, std::int32_t row) {
        const auto i = static_cast<std::size_t>(row);
        if (q == 0) return row == 850 || row == 2 || row == 30;
        if (q == 1) return category[i] == 1;
        if (q == 2) return category[i] != 1;
        if (q == 3) return price[i] >= 3 && price[i] <= 4;
        if (q == 5) return i * i % 5 == 1 && category[i] == 1;
        return std::find(filters[4].exclude.begin(), filters[4].exclude.end(), row) == filters[4].exclude.end();
    };
    for (std::int64_t q = 0; q < 6; ++q) {
        std::size_t next = static_cast<std::size_t>(q * n);
        for (std::size_t at = next; at < static_cast<std::size_t>((q + 1) * n); ++at) {
            if (!allowed(q, all.rows[at])) continue;
            ASSERT_EQ(got.rows[next], all.rows[at]) << "query " << q;
            ASSERT_EQ(got.scores[next++], all.scores[at]) << "a filter must not change a score";
        }
        for (; next < static_cast<std::size_t>((q + 1) * n); ++next) ASSERT_EQ(got.rows[next], -1);
    }
}

TEST_P(TopKOperation, SameBitsForAnyBatchAndAnyNumberOfThreads) {
    const HostMatrix factors = random_matrix(sized(9000, 700), 40, 5);
    const HostMatrix queries = random_matrix(130, 40, 6);
    const auto items = make(factors, {});
    const Answer one = search(*items, queries, 30, {}, 1);
    EXPECT_EQ(one, search(*items, queries, 30, {}, 2));
    EXPECT_EQ(one, search(*items, queries, 30, {}, 3));
    for (const std::int64_t q : {0, 57, 129}) {
        HostMatrix single(1, 40);
        std::copy_n(queries.numbers.begin() + q * 40, 40, single.numbers.begin());
        for (const int threads : {1, 3}) {
            const Answer alone = search(*items, single, 30, {}, threads);
            EXPECT_TRUE(std::equal(alone.rows.begin(), alone.rows.end(), one.rows.begin() + q * 30));
            EXPECT_TRUE(std::equal(alone.scores.begin(), alone.scores.end(), one.scores.begin() + q * 30));
        }
    }
}

TEST_P(TopKOperation, WhatIsNotANumberIsNeverAnAnswerAndHidesNone) {
    HostMatrix factors(40, 2);
    for (std::int64_t i = 0; i < 40; ++i) factors.at(i, 0) = static_cast<float>(i);
    factors.at(0, 0) = std::nanf("");
    HostMatrix queries(1, 2);
    queries.at(0, 0) = queries.at(0, 1) = 10;
    const Answer got = search(*make(factors, {}), queries, 40, {}, 1);
    EXPECT_EQ(got.rows[0], 39);
    EXPECT_EQ(got.rows[38], 1);
    EXPECT_EQ(got.rows[39], -1);
}

TEST_P(TopKOperation, RefusesQueriesOfAnotherLength) {
    const auto items = make(HostMatrix(5, 3), {});
    std::int32_t row = 0;
    float score = 0;
    EXPECT_THROW(backend().top_k(lane(), *items, on_device(HostMatrix(1, 4)), 1, {}, &row, &score), InvalidArgument);
}

CROSSLIFT_ON_EVERY_BACKEND(TopKOperation);

}  // namespace
}  // namespace crosslift::testing
