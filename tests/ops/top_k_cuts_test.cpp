// Every way that top_k takes on a GPU: numbers of factors, queries and items around its tiles, and large k.
#include "every_backend.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace crosslift::testing {
namespace {

class TopKCuts : public EveryBackend {
protected:
    /// Compares with brute force: every answer scores what it should, in order, and nothing better was left out.
    void check(const HostMatrix& items, const HostMatrix& queries, int k, const backend::ItemColumns& columns,
               const std::vector<backend::QueryFilter>& filters) {
        const backend::DenseSpan device_items = on_device(items, 1);
        const auto catalog = backend().make_items(device_items, nullptr, columns);
        const auto n = static_cast<std::size_t>(queries.rows * k);
        std::vector<std::int32_t> rows(n, -7);
        std::vector<float> scores(n, std::nanf(""));
        backend().top_k(lane(), *catalog, on_device(queries, 2), k, filters, rows.data(), scores.data());
        for (std::int64_t q = 0; q < queries.rows; ++q) {
            const backend::QueryFilter filter = filters.empty()       ? backend::QueryFilter{}
                                                : filters.size() == 1 ? filters[0]
                                                                      : filters[static_cast<std::size_t>(q)];
            check_query(items, queries, q, k, columns, filter, rows.data() + q * k, scores.data() + q * k);
        }
    }

private:
    static bool contains(std::span<const std::int32_t> list, std::int64_t value) {
        return std::find(list.begin(), list.end(), value) != list.end();
    }

    static bool offered(const backend::ItemColumns& columns, const backend::QueryFilter& filter, std::int64_t item) {
        const auto i = static_cast<std::size_t>(item);
        const std::int32_t category = columns.category.empty() ? -1 : columns.category[i];
        const float price = columns.price.empty() ? std::nanf("") : columns.price[i];
        if (filter.use_allow && !contains(filter.allow, item)) return false;
        if (contains(filter.exclude, item)) return false;
        if (!filter.categories.empty() && (category < 0 || !contains(filter.categories, category))) return false;
        if (category >= 0 && contains(filter.exclude_categories, category)) return false;
        const bool bounded = std::isfinite(filter.min_price) || std::isfinite(filter.max_price);
        return !bounded || (price >= filter.min_price && price <= filter.max_price);
    }

    static void check_query(const HostMatrix& items, const HostMatrix& queries, std::int64_t q, int k,
                            const backend::ItemColumns& columns, const backend::QueryFilter& filter,
                            const std::int32_t* rows, const float* scores) {
        std::vector<double> wanted;
        std::vector<double> all(static_cast<std::size_t>(items.rows), -INFINITY);
        for (std::int64_t item = 0; item < items.rows; ++item) {
            if (!offered(columns, filter, item)) continue;
            const auto i = static_cast<std::size_t>(item);
            all[i] = columns.bias.empty() ? 0.0 : static_cast<double>(columns.bias[i]);
            for (std::int64_t f = 0; f < items.cols; ++f) all[i] += queries.at(q, f) * items.at(item, f);
            wanted.push_back(all[i]);
        }
        std::sort(wanted.rbegin(), wanted.rend());
        for (int i = 0; i < k; ++i) {
            const auto place = static_cast<std::size_t>(i);
            if (place >= wanted.size()) {
                ASSERT_EQ(rows[i], -1);
                ASSERT_EQ(scores[i], -INFINITY);
                continue;
            }
            ASSERT_GE(rows[i], 0) << "query " << q << " place " << i;
            ASSERT_NEAR(static_cast<double>(scores[i]), wanted[place], 1e-6 * static_cast<double>(10 + items.cols))
                << "query " << q << " place " << i;
            ASSERT_NEAR(static_cast<double>(scores[i]), all[static_cast<std::size_t>(rows[i])],
                        1e-6 * static_cast<double>(10 + items.cols));
            if (i > 0) {
                ASSERT_TRUE(scores[i - 1] > scores[i] || (scores[i - 1] == scores[i] && rows[i - 1] < rows[i]));
            }
        }
    }
};

TEST_P(TopKCuts, AgreesWithBruteForceAloneAndInBatches) {
    for (const auto& [n, d, queries, k] : {std::array<int, 4>{1000, 33, 1, 10}, std::array<int, 4>{2500, 16, 9, 100},
                                           std::array<int, 4>{700, 20, 40, 5}, std::array<int, 4>{30, 7, 70, 50}})
        check(random_matrix(n, d, 1), random_matrix(queries, d, 2), k, {}, {});
}

TEST_P(TopKCuts, AnyNumberOfFactors) {
    for (const std::int64_t d : {1, 7, 8, 31, 64, 100, 128, 200, 256, 511, 1024})
        for (const std::int64_t queries : {2, 18, 66})
            check(random_matrix(sized(3000, 140), d, 1), random_matrix(queries, d, 2), 12, {}, {});
}

TEST_P(TopKCuts, FiltersOfEveryKind) {
    const std::int64_t n = 900;
    std::vector<std::int32_t> category(900);
    std::vector<float> price(900);
    std::vector<float> bias(900);
    for (std::size_t i = 0; i < 900; ++i) {
        category[i] = static_cast<std::int32_t>(i % 7) - 1;
        price[i] = i % 5 == 0 ? std::nanf("") : static_cast<float>(i % 90);
        bias[i] = static_cast<float>(i % 3);
    }
    const backend::ItemColumns columns = {category, price, bias};
    std::vector<std::int32_t> odd;
    for (std::int32_t i = 899; i > 0; i -= 2) odd.push_back(i);
    const std::vector<std::int32_t> few = {5, 3, 800};
    const std::vector<std::int32_t> two = {4, 2};
    std::vector<backend::QueryFilter> filters(6);
    filters[1].exclude = odd;
    filters[2].allow = few;
    filters[2].use_allow = true;
    filters[3].categories = two;
    filters[3].exclude = odd;
    filters[4].exclude_categories = two;
    filters[4].min_price = 20;
    filters[4].max_price = 30;
    filters[5].use_allow = true;  // nothing passes
    check(random_matrix(n, 12, 3), random_matrix(6, 12, 4), 20, columns, filters);
    check(random_matrix(n, 12, 3), random_matrix(20, 12, 4), 20, columns, {filters[3]});
}

TEST_P(TopKCuts, TiesGoToTheLowerRow) {
    HostMatrix items(1300, 3);
    for (std::int64_t i = 0; i < 1300; ++i) items.at(i, 0) = static_cast<float>(i % 4);
    HostMatrix queries(18, 3);
    for (std::int64_t q = 0; q < 18; ++q) queries.at(q, 0) = 1;
    check(items, queries, 30, {}, {});
    std::vector<std::int32_t> rows(30);
    std::vector<float> scores(30);
    const auto catalog = backend().make_items(on_device(items), nullptr, {});
    backend().top_k(lane(), *catalog, on_device(HostMatrix(1, 3)), 30, {}, rows.data(), scores.data());
    for (int i = 0; i < 30; ++i) EXPECT_EQ(rows[static_cast<std::size_t>(i)], i);
}

TEST_P(TopKCuts, VeryLargeKSortsEverything) {
    check(random_matrix(1024 + 200, 5, 5), random_matrix(2, 5, 6), 1024, {}, {});
    check(random_matrix(2500, 5, 5), random_matrix(2, 5, 6), 1500, {}, {});
    check(random_matrix(4200, 5, 5), random_matrix(1, 5, 6), 5000, {}, {});
}

TEST_P(TopKCuts, ABatchGivesTheSameBitsAsEachQueryAlone) {
    const backend::DenseSpan items = on_device(random_matrix(1100, 30, 5));
    const backend::DenseSpan queries = on_device(random_matrix(40, 30, 6));
    const auto catalog = backend().make_items(items, nullptr, {});
    std::vector<std::int32_t> rows(400);
    std::vector<float> scores(400);
    backend().top_k(lane(), *catalog, queries, 10, {}, rows.data(), scores.data());
    for (const std::int64_t q : {0, 17, 39}) {
        std::vector<std::int32_t> own_rows(10);
        std::vector<float> own_scores(10);
        backend().top_k(lane(), *catalog, {queries.row(q), 1, 30, 30}, 10, {}, own_rows.data(), own_scores.data());
        EXPECT_TRUE(std::equal(own_rows.begin(), own_rows.end(), rows.begin() + q * 10));
        EXPECT_EQ(std::memcmp(own_scores.data(), scores.data() + q * 10, 40), 0);
    }
}

CROSSLIFT_ON_EVERY_BACKEND(TopKCuts);

}  // namespace
}  // namespace crosslift::testing
