#include "every_backend.hpp"
#include "formulas/bpr.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <numeric>

namespace crosslift::testing {
namespace {

/// Purchases whose lengths follow a power law: customer 0 has most items, some have none.
backend::PairCells some_purchases(std::int64_t customers, std::int64_t items, std::uint32_t seed) {
    std::mt19937 random(seed);
    backend::PairCells cells;
    cells.items = items;
    std::vector<std::vector<std::int64_t>> of_item(static_cast<std::size_t>(items));
    for (std::int64_t u = 0; u < customers; ++u) {
        const std::int64_t wanted = u % 7 == 6 ? 0 : std::max<std::int64_t>(1, items / 2 / (u + 1));
        std::vector<std::int32_t> row(static_cast<std::size_t>(items));
        std::iota(row.begin(), row.end(), 0);
        std::shuffle(row.begin(), row.end(), random);
        row.resize(static_cast<std::size_t>(std::min(wanted, items)));
        std::sort(row.begin(), row.end());
        for (const std::int32_t item : row) {
            of_item[static_cast<std::size_t>(item)].push_back(static_cast<std::int64_t>(cells.item.size()));
            cells.item.push_back(item);
            cells.customer.push_back(static_cast<std::int32_t>(u));
        }
        cells.indptr.push_back(static_cast<std::int64_t>(cells.item.size()));
    }
    for (const auto& some : of_item) {
        cells.item_cells.insert(cells.item_cells.end(), some.begin(), some.end());
        cells.item_indptr.push_back(static_cast<std::int64_t>(cells.item_cells.size()));
    }
    return cells;
}

using Row = std::vector<double>;
using TableOfRows = std::vector<Row>;

TableOfRows table_of(const HostMatrix& matrix) {
    TableOfRows table;
    for (std::int64_t r = 0; r < matrix.rows; ++r) {
        table.emplace_back();
        for (std::int64_t c = 0; c < matrix.cols; ++c) table.back().push_back(matrix.at(r, c));
    }
    return table;
}

/// The batch once more, pair by pair, in float64.
struct PlainBatch {
    struct Pair {
        std::size_t customer, bought, other;
    };

    PlainBatch(const backend::PairCells& cells, const backend::BprStep& wanted, TableOfRows x, TableOfRows y)
        : step(wanted), customers(std::move(x)), items(std::move(y)) {
        const std::int64_t begin = cells.indptr[static_cast<std::size_t>(step.first)];
        const std::int64_t end = cells.indptr[static_cast<std::size_t>(step.last)];
        const auto draw = formulas::bpr_draw(end - begin, cells.items, step.key);
        std::vector<std::pair<std::int64_t, Pair>> drawn;  // with the place of the draw
        for (std::int64_t cell = begin; cell < end; ++cell) {
            const auto c = static_cast<std::size_t>(cell);
            const std::int64_t place = formulas::place_of(draw, cell - begin);
            const Pair pair = {static_cast<std::size_t>(cells.customer[c]), static_cast<std::size_t>(cells.item[c]),
                               static_cast<std::size_t>(place % cells.items)};
            const auto first = cells.item.begin() + cells.indptr[pair.customer];
            const auto last = cells.item.begin() + cells.indptr[pair.customer + 1];
            if (std::find(first, last, static_cast<std::int32_t>(pair.other)) == last) drawn.emplace_back(place, pair);
        }
        counts.pairs = static_cast<std::int64_t>(drawn.size());
        for (const auto& [place, p] : drawn) {
            Row slope = items[p.bought];
            for (std::size_t k = 0; k < slope.size(); ++k) slope[k] -= items[p.other][k];
            const double z = dot(customers[p.customer], slope);
            if (z > 0) ++counts.ordered;
            move(customers[p.customer], slope, z);
        }
        if (!step.update_items) return;
        const TableOfRows before = items;
        for (const auto& [place, p] : drawn) {
            const double z = dot(customers[p.customer], items[p.bought]) - dot(customers[p.customer], before[p.other]);
            move(items[p.bought], customers[p.customer], z);
        }
        std::sort(drawn.begin(), drawn.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        for (const auto& [place, p] : drawn) {
            const double z = dot(customers[p.customer], before[p.bought]) - dot(customers[p.customer], items[p.other]);
            Row slope = customers[p.customer];
            for (double& number : slope) number = -number;
            move(items[p.other], slope, z);
        }
    }

    static double dot(const Row& a, const Row& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

    void move(Row& theta, const Row& slope, double z) const {
        const double rate = static_cast<double>(step.learning_rate);
        for (std::size_t k = 0; k < theta.size(); ++k)
            theta[k] += rate * (slope[k] / (1 + std::exp(z)) - static_cast<double>(step.regularization) * theta[k]);
    }

    backend::BprStep step;
    TableOfRows customers;
    TableOfRows items;
    backend::BprCounts counts;
};

class BprOperation : public EveryBackend {
protected:
    void expect_near(const HostMatrix& got, const TableOfRows& wanted, const char* what) {
        for (std::int64_t r = 0; r < got.rows; ++r)
            for (std::int64_t c = 0; c < got.cols; ++c)
                ASSERT_NEAR(got.at(r, c), wanted[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)], 2e-5)
                    << what << ", row " << r << ", column " << c << " of " << got.cols;
    }
};

backend::BprStep step_of(std::int64_t first, std::int64_t last) {
    backend::BprStep step;
    step.first = first;
    step.last = last;
    step.key = formulas::random_words(5, 2, 3, 1);
    step.learning_rate = 0.1F;
    step.regularization = 0.02F;
    return step;
}

TEST_P(BprOperation, EachRowStepsThroughItsPairs) {
    for (const std::int64_t d : {1, 7, 8, 31, 64, 100, 128, 200, 256, 511, 1024}) {
        const bool wide = d > 128;
        const std::int64_t n = sized(90, wide ? 12 : 25);
        const std::int64_t m = sized(70, wide ? 20 : 40);
        const backend::PairCells cells = some_purchases(n, m, 1);
        const auto pairs = backend().make_pairs(cells);
        EXPECT_EQ(pairs->customers(), n);
        EXPECT_EQ(pairs->items(), m);
        HostMatrix x = random_matrix(n, d, 2);
        HostMatrix y = random_matrix(m, d, 3);
        // A sum of few numbers in the middle of the curve, so that an error in a margin shows.
        for (float& number : x.numbers) number /= std::sqrt(static_cast<float>(d));
        for (const bool update_items : {true, false}) {
            backend::BprStep step = step_of(0, n - 3);
            step.update_items = update_items;
            const PlainBatch wanted(cells, step, table_of(x), table_of(y));
            const backend::DenseSpan customers = on_device(x, 3);
            const backend::DenseSpan items = on_device(y, 1);
            const backend::BprCounts got = backend().bpr_batch(lane(), *pairs, step, customers, items);
            EXPECT_EQ(got.pairs, wanted.counts.pairs);
            EXPECT_EQ(got.ordered, wanted.counts.ordered);
            EXPECT_LT(got.ordered, got.pairs);
            expect_near(from_device(customers), wanted.customers, "customers");
            expect_near(from_device(items), wanted.items, "items");
        }
    }
}

TEST_P(BprOperation, FewerCellsThanItemsAndCustomersInTheMiddle) {
    const std::int64_t n = 12;
    const std::int64_t m = sized(900, 150);
    backend::PairCells cells = some_purchases(n, 20, 4);
    cells.items = m;  // items that nobody bought
    cells.item_indptr.resize(static_cast<std::size_t>(m) + 1, cells.item_indptr.back());
    const auto pairs = backend().make_pairs(cells);
    const HostMatrix x = random_matrix(n, 9, 5);
    const HostMatrix y = random_matrix(m, 9, 6);
    const backend::BprStep step = step_of(2, 9);
    const PlainBatch wanted(cells, step, table_of(x), table_of(y));
    const backend::DenseSpan customers = on_device(x);
    const backend::DenseSpan items = on_device(y);
    const backend::BprCounts got = backend().bpr_batch(lane(), *pairs, step, customers, items);
    EXPECT_EQ(got.pairs, wanted.counts.pairs);
    expect_near(from_device(customers), wanted.customers, "customers");
    expect_near(from_device(items), wanted.items, "items");
}

TEST_P(BprOperation, SameBitsAtAnyNumberOfThreads) {
    const std::int64_t n = sized(400, 30);
    const std::int64_t m = sized(300, 40);
    const auto pairs = backend().make_pairs(some_purchases(n, m, 7));
    std::vector<std::vector<float>> found;
    for (const int threads : {1, 2, 3}) {
        const backend::DenseSpan customers = on_device(random_matrix(n, 20, 8));
        const backend::DenseSpan items = on_device(random_matrix(m, 20, 9));
        backend().bpr_batch(lane(threads), *pairs, step_of(0, n), customers, items);
        found.push_back(from_device(customers).numbers);
        const auto more = from_device(items).numbers;
        found.back().insert(found.back().end(), more.begin(), more.end());
    }
    EXPECT_EQ(found[0], found[1]);
    EXPECT_EQ(found[0], found[2]);
}

TEST_P(BprOperation, OneWhoBoughtEverythingTeachesNothing) {
    backend::PairCells cells;
    cells.items = 5;
    cells.indptr = {0, 5};
    cells.item = {0, 1, 2, 3, 4};
    cells.customer = {0, 0, 0, 0, 0};
    cells.item_indptr = {0, 1, 2, 3, 4, 5};
    cells.item_cells = {0, 1, 2, 3, 4};
    const auto pairs = backend().make_pairs(cells);
    const HostMatrix x = random_matrix(1, 4, 1);
    const HostMatrix y = random_matrix(5, 4, 2);
    const backend::DenseSpan customers = on_device(x);
    const backend::DenseSpan items = on_device(y);
    EXPECT_EQ(backend().bpr_batch(lane(), *pairs, step_of(0, 1), customers, items).pairs, 0);
    EXPECT_EQ(from_device(customers).numbers, x.numbers);
    EXPECT_EQ(from_device(items).numbers, y.numbers);
}

TEST_P(BprOperation, RefusesTablesOfAnotherShape) {
    const auto pairs = backend().make_pairs(some_purchases(4, 6, 1));
    const backend::DenseSpan customers = on_device(HostMatrix(4, 3));
    EXPECT_THROW(backend().bpr_batch(lane(), *pairs, step_of(0, 4), customers, on_device(HostMatrix(5, 3))),
                 InvalidArgument);
    EXPECT_THROW(
        backend().bpr_batch(lane(), *pairs, step_of(0, 4), on_device(HostMatrix(4, 2)), on_device(HostMatrix(6, 3))),
        InvalidArgument);
}

CROSSLIFT_ON_EVERY_BACKEND(BprOperation);

TEST(Permutation, IsOneAndGoesBothWays) {
    for (const std::int64_t size : {1, 2, 3, 4, 5, 17, 64, 1000, 4097}) {
        const auto p = formulas::make_permutation(size, formulas::random_words(1, 2, size, 0));
        std::vector<char> hit(static_cast<std::size_t>(size), 0);
        for (std::int64_t i = 0; i < size; ++i) {
            const std::int64_t place = formulas::place_of(p, i);
            ASSERT_GE(place, 0);
            ASSERT_LT(place, size);
            ASSERT_EQ(hit[static_cast<std::size_t>(place)]++, 0);
            ASSERT_EQ(formulas::number_at(p, place), i);
        }
    }
    const auto large = formulas::make_permutation(std::int64_t{1} << 40, formulas::random_words(1, 2, 0, 0));
    for (std::int64_t i = 0; i < 1000; ++i)
        ASSERT_EQ(formulas::number_at(large, formulas::place_of(large, i * 1000003)), i * 1000003);
}

TEST(Permutation, SpreadsNeighboursEvenly) {
    constexpr std::int64_t size = 100'000;
    constexpr std::size_t bins = 50;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const auto p = formulas::make_permutation(size, formulas::random_words(seed, 2, 0, 0));
        std::vector<double> hits(bins, 0);
        for (std::int64_t i = 0; i < 5000; ++i)
            ++hits[static_cast<std::size_t>(formulas::place_of(p, i)) * bins / size];
        double chi_square = 0;
        for (const double n : hits) chi_square += (n - 100) * (n - 100) / 100;
        EXPECT_LT(chi_square, 95) << "49 degrees of freedom, p = 0.0001";
    }
}

}  // namespace
}  // namespace crosslift::testing
