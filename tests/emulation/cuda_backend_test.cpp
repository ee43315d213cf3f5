// What only the CUDA backend has: its cuts by length and by number of factors, its memory, its refusals.
#include "backend/module.hpp"
#include "emulation/block.hpp"
#include "emulation/runtime.hpp"
#include "every_backend.hpp"
#include "formulas/philox.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

extern "C" crosslift::backend::Backend* crosslift_open_cuda_backend(std::uint32_t contract, const char* build,
                                                                    int device_index, char* error_text,
                                                                    std::size_t error_text_size);

namespace crosslift::testing {
namespace {

using backend::AlsStep;

/// Rows of the given numbers of cells at random columns.
CsrMatrix rows_of_lengths(const std::vector<std::int64_t>& lengths, std::int64_t cols, bool with_values) {
    std::mt19937 generator(11);
    CsrMatrix cells;
    cells.rows = static_cast<std::int64_t>(lengths.size());
    cells.cols = cols;
    std::vector<std::int32_t> all(static_cast<std::size_t>(cols));
    std::iota(all.begin(), all.end(), 0);
    for (const std::int64_t length : lengths) {
        std::shuffle(all.begin(), all.end(), generator);
        const auto begin = cells.indices.size();
        cells.indices.insert(cells.indices.end(), all.begin(), all.begin() + length);
        std::sort(cells.indices.begin() + static_cast<std::ptrdiff_t>(begin), cells.indices.end());
        cells.indptr.push_back(static_cast<std::int64_t>(cells.indices.size()));
    }
    if (with_values)
        for (std::size_t i = 0; i < cells.indices.size(); ++i)
            cells.values.push_back(0.25F + static_cast<float>(generator() % 64) / 16.0F);
    return cells;
}

AlsStep some_step() {
    AlsStep step;
    step.background = 0.5F;
    step.alpha = 1.3F;
    step.target_offset = 1;
    step.regularization = 0.2F;
    step.frequency_offset = 3;
    step.nu = 0.5F;
    return step;
}

double ridge_of(const AlsStep& step, std::int64_t cells) {
    return static_cast<double>(step.regularization) *
           std::pow(static_cast<double>(cells) + static_cast<double>(step.frequency_offset),
                    static_cast<double>(step.nu));
}

class CudaAls : public EveryBackend {
protected:
    HostMatrix solve(const CsrMatrix& cells, const HostMatrix& fixed, const AlsStep& step, const HostMatrix& before) {
        const backend::DenseSpan gram = on_device(HostMatrix(fixed.cols, fixed.cols), 1);
        const backend::DenseSpan view = on_device(fixed, 3);
        backend().gram(lane(), view, gram);
        const backend::DenseSpan out = on_device(before, 1);
        backend().als_solve(lane(), *backend().make_rows(cells), view, gram, step, out);
        return from_device(out);
    }

    /// |A x - b| / |b| of one row in double precision.
    static double residual(const CsrMatrix& cells, const HostMatrix& fixed, const AlsStep& step, std::int64_t row,
                           const HostMatrix& x) {
        const auto d = static_cast<std::size_t>(fixed.cols);
        std::vector<double> rest(d, 0.0);
        double right = 0;
        const auto score = [&](std::int64_t item) {
            double sum = 0;
            for (std::int64_t f = 0; f < fixed.cols; ++f) sum += fixed.at(item, f) * x.at(row, f);
            return sum;
        };
        const auto add = [&](std::int64_t item, double factor) {
            for (std::int64_t f = 0; f < fixed.cols; ++f)
                rest[static_cast<std::size_t>(f)] += factor * fixed.at(item, f);
        };
        for (std::int64_t item = 0; item < fixed.rows; ++item)
            add(item, static_cast<double>(step.background) * score(item));
        const auto columns = cells.view().row(row);
        std::vector<double> b(d, 0.0);
        for (std::size_t c = 0; c < columns.size(); ++c) {
            const double w = static_cast<double>(step.alpha) *
                             (cells.values.empty() ? 1.0 : static_cast<double>(cells.view().row_values(row)[c]));
            add(columns[c], w * score(columns[c]));
            for (std::int64_t f = 0; f < fixed.cols; ++f)
                b[static_cast<std::size_t>(f)] +=
                    (static_cast<double>(step.target_offset) + w) * fixed.at(columns[c], f);
        }
        double error = 0;
        for (std::size_t f = 0; f < d; ++f) {
            rest[f] +=
                ridge_of(step, static_cast<std::int64_t>(columns.size())) * x.at(row, static_cast<std::int64_t>(f));
            error += (rest[f] - b[f]) * (rest[f] - b[f]);
            right += b[f] * b[f];
        }
        return std::sqrt(error / right);
    }
};

TEST_P(CudaAls, SolvesAnyNumberOfFactors) {
    for (const std::int64_t d : {1, 7, 8, 31, 64, 100, 128, 200, 256, 511, 1024}) {
        const std::vector<std::int64_t> lengths =
            d > 256 ? std::vector<std::int64_t>{0, 40} : std::vector<std::int64_t>{0, 40, 3, 17};
        const CsrMatrix cells = rows_of_lengths(lengths, 60, d % 2 == 0);
        const HostMatrix fixed = random_matrix(60, d, 3);
        const HostMatrix x = solve(cells, fixed, some_step(), random_matrix(cells.rows, d, 8));
        for (std::int64_t row = 1; row < cells.rows; ++row)
            EXPECT_LT(residual(cells, fixed, some_step(), row, x), 2e-5) << d;
        for (std::int64_t f = 0; f < d; ++f) ASSERT_EQ(x.at(0, f), 0.0);
    }
}

TEST_P(CudaAls, GradientsReachTheSolutionForAnyNumberOfFactors) {
    for (const std::int64_t d : {1, 7, 31, 100, 200, 511, 1024}) {
        const CsrMatrix cells = rows_of_lengths({3, 0, 40, 17, 1, 5}, 60, true);
        const HostMatrix fixed = random_matrix(60, d, 4);
        AlsStep step = some_step();
        step.regularization = 20;
        step.cg_steps = static_cast<int>(sized(30, d > 200 ? 8 : 20));
        const HostMatrix x = solve(cells, fixed, step, HostMatrix(6, d));
        for (const std::int64_t row : {0, 2, 3, 4, 5})
            EXPECT_LT(residual(cells, fixed, step, row, x), d > 200 ? 0.05 : 1e-3) << d << " row " << row;
    }
}

TEST_P(CudaAls, LongRowsAreCutAndAddedInOrder) {
    const CsrMatrix cells = rows_of_lengths({2049, 2048, 5000, 0, 7}, 5200, true);
    for (const std::int64_t d : {12, 70}) {
        const HostMatrix fixed = random_matrix(5200, d, 5);
        const HostMatrix x = solve(cells, fixed, some_step(), HostMatrix(5, d));
        for (const std::int64_t row : {0, 1, 2, 4}) EXPECT_LT(residual(cells, fixed, some_step(), row, x), 3e-5) << row;
        AlsStep step = some_step();
        step.cg_steps = 25;
        const HostMatrix by_cg = solve(cells, fixed, step, HostMatrix(5, d));
        for (const std::int64_t row : {0, 2}) EXPECT_LT(residual(cells, fixed, step, row, by_cg), 1e-4) << row;
        EXPECT_EQ(x.numbers, solve(cells, fixed, some_step(), HostMatrix(5, d)).numbers);
    }
}

TEST_P(CudaAls, LongRowsInBlocksOfFactorsAndByTensorCores) {
    const CsrMatrix cells = rows_of_lengths({2500, 2049, 5}, 2600, false);
    HostMatrix fixed = random_matrix(2600, 12, 5);
    for (float& number : fixed.numbers) number = std::round(64 * number) / 64;  // nothing is lost in 16 bits
    for (const bool mixed : {false, true}) {
        AlsStep step = some_step();
        step.mixed = mixed;
        step.block = 16;  // all factors: exact from wherever it begins
        const HostMatrix x = solve(cells, fixed, step, random_matrix(3, 12, 6));
        for (std::int64_t row = 0; row < 3; ++row) EXPECT_LT(residual(cells, fixed, step, row, x), 3e-5) << row;
        step.block = 5;  // the solution is where every pass stays
        const HostMatrix same = solve(cells, fixed, step, x);
        for (std::int64_t row = 0; row < 3; ++row) EXPECT_LT(residual(cells, fixed, step, row, same), 5e-5) << row;
        const HostMatrix nearer = solve(cells, fixed, step, HostMatrix(3, 12));
        for (std::int64_t row = 0; row < 3; ++row) EXPECT_LT(residual(cells, fixed, step, row, nearer), 0.5) << row;
    }
}

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

TEST_P(CudaAls, LossAgreesWithDoublePrecision) {
    for (const bool with_values : {true, false}) {
        const CsrMatrix cells = rows_of_lengths({3, 0, 40, 17, 25, 1}, 70, with_values);
        const HostMatrix x = random_matrix(6, 37, 1);
        const HostMatrix y = random_matrix(70, 37, 2);
        AlsStep items = some_step();
        items.frequency_offset = 9;
        double wanted = 0;
        std::vector<std::int64_t> sold(70, 0);
        for (std::int64_t u = 0; u < 6; ++u) {
            std::vector<double> r(70, 0.0);
            const auto columns = cells.view().row(u);
            for (std::size_t c = 0; c < columns.size(); ++c) {
                r[static_cast<std::size_t>(columns[c])] =
                    with_values ? static_cast<double>(cells.view().row_values(u)[c]) : 1.0;
                ++sold[static_cast<std::size_t>(columns[c])];
            }
            for (std::int64_t i = 0; i < 70; ++i) {
                double s = 0;
                for (std::int64_t f = 0; f < 37; ++f) s += x.at(u, f) * y.at(i, f);
                wanted += 0.5 * s * s;
                if (const double w = static_cast<double>(1.3F) * r[static_cast<std::size_t>(i)]; w > 0)
                    wanted += w * s * s - 2 * (1 + w) * s + 1 + w;
            }
            for (std::int64_t f = 0; f < 37; ++f)
                wanted += ridge_of(some_step(), static_cast<std::int64_t>(columns.size())) * x.at(u, f) * x.at(u, f);
        }
        for (std::int64_t i = 0; i < 70; ++i)
            for (std::int64_t f = 0; f < 37; ++f)
                wanted += ridge_of(items, sold[static_cast<std::size_t>(i)]) * y.at(i, f) * y.at(i, f);
        const auto rows = backend().make_rows(cells);
        const double got = backend().als_loss(lane(), *rows, on_device(x, 1), on_device(y), some_step(), items);
        EXPECT_NEAR(got, wanted, 1e-6 * wanted);
        EXPECT_EQ(got, backend().als_loss(lane(), *rows, on_device(x, 1), on_device(y), some_step(), items));
    }
}

class CudaTopK : public EveryBackend {
protected:
    /// Compares with brute force: every answer scores what it should, in order, and nothing better was left out.
    void check(const HostMatrix& items, const HostMatrix& queries, int k, const backend::ItemColumns& columns,
               const std::vector<backend::QueryFilter>& filters) {
        const backend::DenseSpan device_items = on_device(items, 1);
        const auto catalog = backend().make_items(device_items, nullptr, columns);
        const auto n = static_cast<std::size_t>(queries.rows * k);
        std::vector<std::int32_t> rows(n, -7);
        std::vector<float> scores(n, -7);
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
            ASSERT_NEAR(static_cast<double>(scores[i]), wanted[place], 1e-5) << "query " << q << " place " << i;
            ASSERT_NEAR(static_cast<double>(scores[i]), all[static_cast<std::size_t>(rows[i])], 1e-5);
            if (i > 0) {
                ASSERT_TRUE(scores[i - 1] > scores[i] || (scores[i - 1] == scores[i] && rows[i - 1] < rows[i]));
            }
        }
    }
};

TEST_P(CudaTopK, AgreesWithBruteForceAloneAndInBatches) {
    for (const auto& [n, d, queries, k] : {std::array<int, 4>{1000, 33, 1, 10}, std::array<int, 4>{2500, 16, 9, 100},
                                           std::array<int, 4>{700, 20, 40, 5}, std::array<int, 4>{30, 7, 70, 50}})
        check(random_matrix(n, d, 1), random_matrix(queries, d, 2), k, {}, {});
}

TEST_P(CudaTopK, FiltersOfEveryKind) {
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

TEST_P(CudaTopK, TiesGoToTheLowerRow) {
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

TEST_P(CudaTopK, VeryLargeKSortsEverything) {
    check(random_matrix(1024 + 200, 5, 5), random_matrix(2, 5, 6), 1024, {}, {});
    check(random_matrix(2500, 5, 5), random_matrix(2, 5, 6), 1500, {}, {});
    check(random_matrix(4200, 5, 5), random_matrix(1, 5, 6), 5000, {}, {});
}

TEST_P(CudaTopK, ABatchGivesTheSameBitsAsEachQueryAlone) {
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
CROSSLIFT_ON_EVERY_BACKEND(CudaTopK);
CROSSLIFT_ON_EVERY_BACKEND(CudaBackend);

}  // namespace
}  // namespace crosslift::testing
