#include <crosslift/als.hpp>
#include <crosslift/error.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace crosslift {
namespace {

/// Purchases by a few tastes, with some customers and items that nothing is known of.
CsrMatrix purchases(std::int64_t customers, std::int64_t items, std::uint32_t seed, bool with_values = true) {
    std::mt19937 generator(seed);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    CsrMatrix matrix;
    matrix.rows = customers;
    matrix.cols = items;
    for (std::int64_t customer = 0; customer < customers; ++customer) {
        for (std::int32_t item = 0; item < items; ++item) {
            const bool unknown = customer % 10 == 9 || item % 8 == 7;
            if (unknown || uniform(generator) > (customer % 3 == item % 3 ? 0.4 : 0.05)) continue;
            matrix.indices.push_back(item);
            if (with_values) matrix.values.push_back(static_cast<float>(0.5 + 3 * uniform(generator)));
        }
        matrix.indptr.push_back(static_cast<std::int64_t>(matrix.indices.size()));
    }
    return matrix;
}

using Table = std::vector<std::vector<double>>;

Table table_of(const Matrix& factors) {
    const Matrix host = factors.to_host();
    Table table;
    for (std::int64_t r = 0; r < host.rows(); ++r) table.emplace_back(host.row(r).begin(), host.row(r).end());
    return table;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

/// The objective over a dense table of all cells, cell by cell as als.hpp writes it.
class DenseObjective {
public:
    DenseObjective(const CsrMatrix& matrix, const AlsOptions& options)
        : options_(options), r_(matrix.rows, std::vector<double>(matrix.cols, 0.0)), n_item_(matrix.cols, 0.0) {
        for (std::int64_t u = 0; u < matrix.rows; ++u) {
            const auto cells = matrix.view().row(u);
            n_customer_.push_back(static_cast<double>(cells.size()));
            for (std::size_t c = 0; c < cells.size(); ++c) {
                r_[u][cells[c]] = matrix.values.empty() ? 1.0 : matrix.view().row_values(u)[c];
                n_item_[cells[c]] += 1;
            }
        }
    }

    /// Weight and target of a cell: weight (target - x.y)^2, up to a constant of the objective's own.
    std::pair<double, double> cell(std::size_t u, std::size_t i) const {
        const double strength = options_.alpha * r_[u][i];
        if (options_.objective == AlsObjective::hu_koren_volinsky) return {1 + strength, strength > 0 ? 1.0 : 0.0};
        const double weight = strength + options_.unobserved_weight;
        return {weight, strength / weight};
    }

    double ridge(double own_cells, std::size_t others) const {
        if (options_.objective == AlsObjective::hu_koren_volinsky) return options_.regularization;
        return options_.regularization *
               std::pow(own_cells + static_cast<double>(options_.unobserved_weight) * static_cast<double>(others),
                        options_.nu);
    }
    double customer_ridge(std::size_t u) const { return ridge(n_customer_[u], n_item_.size()); }

    double loss(const Table& x, const Table& y) const {
        double sum = 0;
        for (std::size_t u = 0; u < x.size(); ++u) {
            for (std::size_t i = 0; i < y.size(); ++i) {
                const double s = dot(x[u], y[i]);
                const double strength = options_.alpha * r_[u][i];
                if (options_.objective == AlsObjective::hu_koren_volinsky)
                    sum += (1 + strength) * std::pow((strength > 0 ? 1 : 0) - s, 2);
                else
                    sum += strength * (1 - s) * (1 - s) + options_.unobserved_weight * s * s;
            }
            sum += customer_ridge(u) * dot(x[u], x[u]);
        }
        for (std::size_t i = 0; i < y.size(); ++i) sum += ridge(n_item_[i], x.size()) * dot(y[i], y[i]);
        return sum;
    }

    /// The best factors of customer u for given items, by Gauss-Jordan elimination on the dense normal equations.
    std::vector<double> best_customer(std::size_t u, const Table& y) const {
        const std::size_t d = y[0].size();
        Table system(d, std::vector<double>(d + 1, 0.0));
        for (std::size_t i = 0; i < y.size(); ++i) {
            const auto [weight, target] = cell(u, i);
            for (std::size_t a = 0; a < d; ++a) {
                for (std::size_t b = 0; b < d; ++b) system[a][b] += weight * y[i][a] * y[i][b];
                system[a][d] += weight * target * y[i][a];
            }
        }
        for (std::size_t a = 0; a < d; ++a) system[a][a] += customer_ridge(u);
        for (std::size_t p = 0; p < d; ++p)
            for (std::size_t a = 0; a < d; ++a) {
                if (a == p) continue;
                const double factor = system[a][p] / system[p][p];
                for (std::size_t b = p; b <= d; ++b) system[a][b] -= factor * system[p][b];
            }
        std::vector<double> solution(d);
        for (std::size_t a = 0; a < d; ++a) solution[a] = system[a][d] / system[a][a];
        return solution;
    }

private:
    AlsOptions options_;
    Table r_;
    std::vector<double> n_customer_;
    std::vector<double> n_item_;
};

AlsOptions options_of(AlsObjective objective, int factors) {
    AlsOptions options;
    options.objective = objective;
    options.factors = factors;
    options.iterations = 4;
    options.regularization = objective == AlsObjective::rendle ? 0.02F : 0.5F;
    options.alpha = 2;
    options.unobserved_weight = 0.2F;
    options.nu = 0.7F;
    options.seed = 3;
    return options;
}

class Als : public ::testing::TestWithParam<AlsObjective> {};

TEST_P(Als, LossIsTheDenseObjectiveAndFallsWithEachSweep) {
    for (const bool with_values : {true, false}) {
        const CsrMatrix matrix = purchases(60, 40, 1, with_values);
        AlsOptions options = options_of(GetParam(), 9);
        options.calculate_loss = true;
        options.iterations = 6;
        const AlsModel model = fit_als(matrix, options);
        ASSERT_EQ(model.loss.size(), 6U);
        ASSERT_EQ(model.sweeps, 6);
        for (std::size_t sweep = 1; sweep < 6; ++sweep)
            EXPECT_LE(model.loss[sweep], model.loss[sweep - 1] * (1 + 1e-6));
        const double wanted =
            DenseObjective(matrix, options).loss(table_of(model.customer_factors), table_of(model.item_factors));
        EXPECT_NEAR(model.loss.back(), wanted, 1e-4 * wanted);
        EXPECT_NEAR(als_loss(model, matrix), wanted, 1e-4 * wanted);
    }
}

TEST_P(Als, FoldInIsTheBestAnswerToTheItems) {
    const CsrMatrix matrix = purchases(50, 45, 2);
    const AlsOptions options = options_of(GetParam(), 17);
    const AlsModel model = fit_als(matrix, options);
    const Table items = table_of(model.item_factors);
    const Table folded = table_of(fold_in(model, matrix));
    const DenseObjective objective(matrix, options);
    for (std::size_t u = 0; u < folded.size(); ++u) {
        const auto wanted = objective.best_customer(u, items);
        for (std::size_t f = 0; f < wanted.size(); ++f) ASSERT_NEAR(folded[u][f], wanted[f], 2e-5) << u << " " << f;
    }
}

TEST_P(Als, TrainedCustomersAreWhatTheLastItemsAskedFor) {
    // After one more half step against the final items, a converged customer hardly moves.
    const CsrMatrix matrix = purchases(50, 45, 2);
    AlsOptions options = options_of(GetParam(), 5);
    options.iterations = 400;
    const AlsModel model = fit_als(matrix, options);
    const Table trained = table_of(model.customer_factors);
    const Table folded = table_of(fold_in(model, matrix));
    for (std::size_t u = 0; u < folded.size(); ++u)
        for (std::size_t f = 0; f < 5; ++f) ASSERT_NEAR(folded[u][f], trained[u][f], 2e-3);
}

TEST_P(Als, ManyGradientStepsReachTheExactSolution) {
    const CsrMatrix matrix = purchases(50, 45, 4);
    AlsOptions options = options_of(GetParam(), 12);
    options.iterations = 2;
    const Table exact = table_of(fit_als(matrix, options).item_factors);
    options.solver = AlsSolver::cg;
    options.cg_steps = 40;
    const Table steps = table_of(fit_als(matrix, options).item_factors);
    for (std::size_t i = 0; i < exact.size(); ++i)
        for (std::size_t f = 0; f < 12; ++f) ASSERT_NEAR(exact[i][f], steps[i][f], 1e-3);
}

TEST_P(Als, BlocksOfFactorsReachTheLossOfTheExactSolver) {
    const CsrMatrix matrix = purchases(80, 50, 5);
    AlsOptions options = options_of(GetParam(), 20);
    options.iterations = 60;
    options.calculate_loss = true;
    const double exact = fit_als(matrix, options).loss.back();
    options.solver = AlsSolver::ials_pp;
    for (const int block : {1, 7, 20}) {
        options.block_size = block;
        const AlsModel model = fit_als(matrix, options);
        for (std::size_t sweep = 1; sweep < model.loss.size(); ++sweep)
            ASSERT_LE(model.loss[sweep], model.loss[sweep - 1] * (1 + 1e-6)) << block;
        EXPECT_LE(model.loss.back(), exact * 1.005) << block;
    }
}

TEST_P(Als, OneBlockOfAllFactorsIsTheExactSolver) {
    const CsrMatrix matrix = purchases(50, 45, 4);
    AlsOptions options = options_of(GetParam(), 12);
    options.iterations = 2;
    const Table exact = table_of(fit_als(matrix, options).item_factors);
    options.solver = AlsSolver::ials_pp;
    options.block_size = 12;
    const Table blocks = table_of(fit_als(matrix, options).item_factors);
    for (std::size_t i = 0; i < exact.size(); ++i)
        for (std::size_t f = 0; f < 12; ++f) ASSERT_NEAR(exact[i][f], blocks[i][f], 1e-4);
}

TEST_P(Als, SixteenBitsKeepTheLoss) {
    const CsrMatrix matrix = purchases(80, 50, 5);
    AlsOptions options = options_of(GetParam(), 16);
    options.iterations = 10;
    options.calculate_loss = true;
    const double strict = fit_als(matrix, options).loss.back();
    for (const auto& [precision, dtype] : {std::pair{AlsPrecision::mixed, DType::f32},
                                           {AlsPrecision::strict, DType::f16},
                                           {AlsPrecision::mixed, DType::f16}})
        for (const AlsSolver solver : {AlsSolver::cholesky, AlsSolver::cg, AlsSolver::ials_pp}) {
            options.precision = precision;
            options.factor_dtype = dtype;
            options.solver = solver;
            options.block_size = 16;
            options.cg_steps = 16;
            const AlsModel model = fit_als(matrix, options);
            EXPECT_EQ(model.item_factors.dtype(), dtype);
            EXPECT_NEAR(model.loss.back(), strict, 2e-3 * strict);
            EXPECT_EQ(als_loss(model, matrix), model.loss.back());
            const Table folded = table_of(fold_in(model, matrix));
            ASSERT_TRUE(std::isfinite(folded[0][0]));
        }
}

TEST_P(Als, FewGradientStepsLowerTheLossToo) {
    const CsrMatrix matrix = purchases(80, 50, 5);
    AlsOptions options = options_of(GetParam(), 16);
    options.solver = AlsSolver::cg;
    options.cg_steps = 3;
    options.iterations = 8;
    options.calculate_loss = true;
    const AlsModel model = fit_als(matrix, options);
    EXPECT_LT(model.loss.back(), model.loss.front());
}

TEST_P(Als, SameBitsForAnyNumberOfThreadsAndAgainForTheSameSeed) {
    const CsrMatrix matrix = purchases(400, 120, 6);
    AlsOptions options = options_of(GetParam(), 33);
    for (const AlsSolver solver : {AlsSolver::cholesky, AlsSolver::cg, AlsSolver::ials_pp}) {
        options.solver = solver;
        options.block_size = 8;
        options.threads = 1;
        const Table one = table_of(fit_als(matrix, options).item_factors);
        for (const int threads : {2, 3}) {
            options.threads = threads;
            EXPECT_EQ(one, table_of(fit_als(matrix, options).item_factors));
        }
    }
    const Table first = table_of(fit_als(matrix, options).item_factors);
    options.seed = 99;
    EXPECT_NE(first, table_of(fit_als(matrix, options).item_factors));
}

TEST_P(Als, RowsAndColumnsWithoutCellsAreZero) {
    const CsrMatrix matrix = purchases(40, 30, 7);
    for (const int iterations : {0, 3}) {
        AlsOptions options = options_of(GetParam(), 8);
        options.iterations = iterations;
        const AlsModel model = fit_als(matrix, options);
        EXPECT_EQ(table_of(model.customer_factors)[9], std::vector<double>(8, 0.0));
        EXPECT_EQ(table_of(model.item_factors)[7], std::vector<double>(8, 0.0));
        EXPECT_NE(table_of(model.item_factors)[6], std::vector<double>(8, 0.0));
    }
}

TEST_P(Als, MoreFactorsThanDataStayFinite) {
    AlsOptions options = options_of(GetParam(), 40);
    options.regularization = 0;
    const AlsModel model = fit_als(purchases(6, 5, 8), options);
    for (const auto& row : table_of(model.item_factors))
        for (const double number : row) ASSERT_TRUE(std::isfinite(number));
}

INSTANTIATE_TEST_SUITE_P(Objectives, Als, ::testing::Values(AlsObjective::hu_koren_volinsky, AlsObjective::rendle));

TEST(AlsStop, KeepsTheLastWholeSweep) {
    const CsrMatrix matrix = purchases(60, 40, 1);
    AlsOptions options = options_of(AlsObjective::hu_koren_volinsky, 8);
    options.iterations = 3;
    const Table three = table_of(fit_als(matrix, options).item_factors);
    options.iterations = 100;
    std::stop_source source;
    Progress progress;
    progress.stop = source.get_token();
    std::vector<int> steps;
    progress.on_step = [&](const ProgressEvent& event) {
        EXPECT_EQ(event.stage, "als");
        EXPECT_EQ(event.steps, 100);
        EXPECT_TRUE(std::isnan(event.loss));
        steps.push_back(event.step);
        if (event.step == 3) source.request_stop();
    };
    const AlsModel stopped = fit_als(matrix, options, progress);
    EXPECT_TRUE(stopped.stopped_early);
    EXPECT_EQ(stopped.sweeps, 3);
    EXPECT_EQ(steps, (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(table_of(stopped.item_factors), three);
}

TEST(AlsArguments, AreCheckedAtTheDoor) {
    const CsrMatrix matrix = purchases(10, 10, 1);
    const auto refuse = [&](auto change) {
        AlsOptions options;
        change(options);
        EXPECT_THROW(fit_als(matrix, options), InvalidArgument);
    };
    refuse([](AlsOptions& o) { o.factors = 0; });
    refuse([](AlsOptions& o) { o.factors = 1025; });
    refuse([](AlsOptions& o) { o.iterations = -1; });
    refuse([](AlsOptions& o) { o.regularization = -1; });
    refuse([](AlsOptions& o) { o.block_size = 0; });
    refuse([](AlsOptions& o) { o.block_size = 129; });
    refuse([](AlsOptions& o) { o.regularization = std::nanf(""); });
    refuse([](AlsOptions& o) { o.alpha = 0; });
    refuse([](AlsOptions& o) { o.unobserved_weight = 0; });
    refuse([](AlsOptions& o) { o.nu = 1.5F; });
    refuse([](AlsOptions& o) { o.cg_steps = 0; });
    refuse([](AlsOptions& o) { o.threads = -1; });
    CsrMatrix broken = purchases(10, 10, 1);
    for (const float value : {0.0F, -1.0F, std::nanf(""), std::numeric_limits<float>::infinity()}) {
        broken.values[0] = value;
        EXPECT_THROW(fit_als(broken), InvalidArgument);
    }
    const AlsModel model = fit_als(matrix);
    EXPECT_THROW(fold_in(model, purchases(3, 9, 1)), InvalidArgument);
    EXPECT_THROW(als_loss(model, purchases(3, 10, 1)), InvalidArgument);
}

TEST(AlsArguments, NothingBoughtIsFine) {
    CsrMatrix none;
    none.rows = 3;
    none.cols = 2;
    none.indptr = {0, 0, 0, 0};
    EXPECT_EQ(fit_als(none).item_factors.rows(), 2);
    EXPECT_EQ(fit_als(CsrMatrix{}).item_factors.rows(), 0);
}

}  // namespace
}  // namespace crosslift
