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
        Answer answer = {std::vector<std::int32_t>(size, -7), std::vector<float>(size, std::nanf(""))};
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

/// A catalog with categories (-1 unknown), prices (NaN unknown), biases, and scores of which many are equal.
struct Shop {
    HostMatrix factors;
    std::vector<std::int32_t> category;
    std::vector<float> price;
    std::vector<float> bias;

    Shop(std::int64_t items, std::int64_t d, int categories, std::uint32_t seed)
        : factors(whole_numbers(items, d, seed)) {
        std::mt19937 random(seed);
        for (std::int64_t i = 0; i < items; ++i) {
            category.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(categories)) - 1);
            price.push_back(random() % 6 == 0 ? std::nanf("") : static_cast<float>(random() % 20));
            bias.push_back(static_cast<float>(random() % 3));
        }
    }

    bool passes(const backend::QueryFilter& f, std::int32_t row) const {
        const auto i = static_cast<std::size_t>(row);
        const auto in = [](std::span<const std::int32_t> list, std::int32_t value) {
            return std::find(list.begin(), list.end(), value) != list.end();
        };
        if (in(f.exclude, row) || (f.use_allow && !in(f.allow, row))) return false;
        if (!f.allow_bitmap.empty() && (f.allow_bitmap[i / 32] >> i % 32 & 1U) == 0) return false;
        if (!f.categories.empty() && (category[i] < 0 || !in(f.categories, category[i]))) return false;
        if (category[i] >= 0 && in(f.exclude_categories, category[i])) return false;
        const bool bounded = f.min_price > -infinity || f.max_price < infinity;
        return !bounded || (price[i] >= f.min_price && price[i] <= f.max_price);
    }

    /// Rows of the k best and their scores, by sorting everything that passes.
    std::vector<std::pair<double, std::int32_t>> best(const HostMatrix& queries, std::int64_t q, int k,
                                                      const backend::QueryFilter& filter) const {
        std::vector<std::pair<double, std::int32_t>> all;
        for (std::int32_t i = 0; i < static_cast<std::int32_t>(factors.rows); ++i) {
            if (!passes(filter, i)) continue;
            double score = static_cast<double>(bias[static_cast<std::size_t>(i)]);
            for (std::int64_t f = 0; f < factors.cols; ++f) score += queries.at(q, f) * factors.at(i, f);
            all.emplace_back(-score, i);
        }
        std::sort(all.begin(), all.end());
        all.resize(std::min(all.size(), static_cast<std::size_t>(k)));
        return all;
    }
};

/// Filters of every kind, drawn; the lists live in `lists`, the bitmaps in `maps`.
std::vector<backend::QueryFilter> drawn_filters(std::int64_t count, std::int64_t items, std::int32_t categories,
                                                std::vector<std::vector<std::int32_t>>& lists,
                                                std::vector<std::vector<std::uint32_t>>& maps) {
    std::mt19937 random(11);
    const auto draw = [&](std::int64_t below) {
        return static_cast<std::int32_t>(random() % static_cast<unsigned>(below));
    };
    const auto list = [&](std::int32_t length, std::int64_t below) {
        lists.emplace_back();
        for (std::int32_t n = 0; n < length; ++n) lists.back().push_back(draw(below + 2) - 1);
        return std::span<const std::int32_t>(lists.back());
    };
    lists.reserve(static_cast<std::size_t>(4 * count));
    maps.reserve(static_cast<std::size_t>(count));
    std::vector<backend::QueryFilter> filters(static_cast<std::size_t>(count));
    for (backend::QueryFilter& filter : filters) {
        if (draw(2) == 0) filter.exclude = list(draw(40), items);
        if (draw(2) == 0) filter.categories = list(1 + draw(3), categories);
        if (draw(3) == 0) filter.exclude_categories = list(1 + draw(3), categories);
        if (draw(2) == 0) filter.min_price = static_cast<float>(draw(15));
        if (draw(2) == 0) filter.max_price = static_cast<float>(draw(22)) - 1;
        if (draw(5) == 0) {
            filter.use_allow = true;
            filter.allow = list(draw(3) == 0 ? 0 : draw(items), items);
        }
        if (draw(4) != 0) continue;
        maps.emplace_back((static_cast<std::size_t>(items) + 31) / 32);
        for (std::uint32_t& word : maps.back()) word = static_cast<std::uint32_t>(random());
        filter.allow_bitmap = maps.back();
    }
    return filters;
}

TEST_P(TopKOperation, SegmentsOfCategoriesAndPricesGiveWhatBruteForceGives) {
    const std::int64_t n = sized(3000, 700);
    for (const int categories : {2, 9, 400}) {
        const Shop shop(n, 5, categories, 8);
        const auto items = make(shop.factors, {shop.category, shop.price, shop.bias});
        for (const std::int64_t count : {1, 9, 90}) {
            const HostMatrix queries = whole_numbers(count, 5, 9);
            std::vector<std::vector<std::int32_t>> lists;
            std::vector<std::vector<std::uint32_t>> maps;
            const auto filters = drawn_filters(count, n, categories, lists, maps);
            for (const int k : {1, 7}) {
                const Answer got = search(*items, queries, k, filters, 2);
                for (std::int64_t q = 0; q < count; ++q) {
                    const auto wanted = shop.best(queries, q, k, filters[static_cast<std::size_t>(q)]);
                    for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i) {
                        const std::size_t at = static_cast<std::size_t>(q * k) + i;
                        ASSERT_EQ(got.rows[at], i < wanted.size() ? wanted[i].second : -1)
                            << categories << " categories, query " << q << " of " << count;
                        if (i < wanted.size()) {
                            ASSERT_EQ(static_cast<double>(got.scores[at]), -wanted[i].first);
                        }
                    }
                }
            }
        }
    }
}

TEST_P(TopKOperation, LargeCatalogsGiveWhatBruteForceGives) {
    // So large that a GPU looks at a part of the items first, for each number of queries that it takes another way.
    const std::int64_t n = sized(120000, 17000);
    const Shop shop(n, 4, 6, 21);
    const auto items = make(shop.factors, {shop.category, shop.price, shop.bias});
    std::vector<std::uint32_t> some((static_cast<std::size_t>(n) + 31) / 32);
    for (std::size_t word = 0; word < some.size(); ++word) some[word] = word % 3 == 0 ? 0x80010401U : 0U;
    const std::vector<std::int32_t> categories = {2, 4};
    std::vector<std::int32_t> excluded;
    for (std::int32_t row = 0; row < 300; ++row) excluded.push_back(row * 37);
    for (const std::int64_t count : {2, 40, 70}) {
        const HostMatrix queries = whole_numbers(count, 4, 22);
        std::vector<backend::QueryFilter> filters(static_cast<std::size_t>(count));
        for (std::size_t q = 0; q < filters.size(); ++q) {
            if (q % 5 == 1) filters[q].exclude = excluded;
            if (q % 5 == 2) filters[q].allow_bitmap = some;
            if (q % 5 == 3) filters[q].categories = categories;
            if (q % 5 >= 3) filters[q].max_price = 7;
        }
        for (const int k : {9, 130}) {
            const Answer got = search(*items, queries, k, filters, 2);
            for (std::int64_t q = 0; q < count; q += k == 9 ? 3 : 11) {
                const auto wanted = shop.best(queries, q, k, filters[static_cast<std::size_t>(q)]);
                ASSERT_EQ(static_cast<int>(wanted.size()), k);
                for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i) {
                    const std::size_t at = static_cast<std::size_t>(q * k) + i;
                    ASSERT_EQ(got.rows[at], wanted[i].second) << "query " << q << " of " << count << ", place " << i;
                    ASSERT_EQ(static_cast<double>(got.scores[at]), -wanted[i].first);
                }
            }
        }
    }
}

TEST_P(TopKOperation, EverythingFilteredAndMoreThanEverythingAsked) {
    const std::int64_t n = 90;
    const Shop shop(n, 3, 4, 12);
    const auto items = make(shop.factors, {shop.category, shop.price, shop.bias});
    const HostMatrix queries = whole_numbers(3, 3, 13);
    const std::vector<std::int32_t> absent = {77};
    const std::vector<std::uint32_t> nothing(3, 0);
    std::vector<backend::QueryFilter> filters(3);
    filters[0].categories = absent;
    filters[1].allow_bitmap = nothing;
    filters[2].min_price = 1000;
    const Answer none = search(*items, queries, 4, filters, 1);
    for (const std::int32_t row : none.rows) EXPECT_EQ(row, -1);
    for (const float score : none.scores) EXPECT_EQ(score, -infinity);
    const Answer all = search(*items, queries, 200, {}, 1);
    for (std::int64_t q = 0; q < 3; ++q) {
        const auto wanted = shop.best(queries, q, 200, {});
        for (std::size_t i = 0; i < 200; ++i)
            ASSERT_EQ(all.rows[static_cast<std::size_t>(q) * 200 + i], i < wanted.size() ? wanted[i].second : -1);
    }
}

TEST_P(TopKOperation, ColumnsChangeTheOrderOfTheCatalogAndNoBit) {
    const std::int64_t n = sized(5000, 600);
    const HostMatrix factors = random_matrix(n, 24, 14);
    const HostMatrix queries = random_matrix(20, 24, 15);
    const Shop columns(n, 1, 30, 16);
    const Answer plain = search(*make(factors, {{}, {}, columns.bias}), queries, 25, {}, 2);
    const Answer sorted = search(*make(factors, {columns.category, columns.price, columns.bias}), queries, 25, {}, 2);
    EXPECT_EQ(plain, sorted);
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
