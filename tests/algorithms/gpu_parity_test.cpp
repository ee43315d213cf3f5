// Whole trainings on a GPU beside the same trainings on the CPU: the tolerances that docs/cuda.md promises.
#include "support/gpu.hpp"

#include <crosslift/als.hpp>
#include <crosslift/complement.hpp>
#include <crosslift/ease.hpp>
#include <crosslift/retrieval.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

namespace crosslift {
namespace {

/// Customers who share one of a few tastes: rows of power-law lengths, some of them empty.
CsrMatrix purchases(std::int64_t customers, std::int64_t items, double mean, std::uint32_t seed) {
    std::mt19937 generator(seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    CsrMatrix matrix;
    matrix.rows = customers;
    matrix.cols = items;
    std::vector<std::int32_t> row;
    for (std::int64_t customer = 0; customer < customers; ++customer) {
        row.clear();
        const auto length = static_cast<int>(
            customer % 11 == 10 ? 0.0 : std::min(static_cast<double>(items), mean / 2 / std::sqrt(uniform(generator))));
        const double taste = static_cast<double>(customer % 4) / 4;
        for (int cell = 0; cell < length; ++cell) {
            const double at = uniform(generator) * uniform(generator) / 4 + taste;
            row.push_back(static_cast<std::int32_t>(at * static_cast<double>(items)) %
                          static_cast<std::int32_t>(items));
        }
        std::sort(row.begin(), row.end());
        row.erase(std::unique(row.begin(), row.end()), row.end());
        for (const std::int32_t item : row) {
            matrix.indices.push_back(item);
            matrix.values.push_back(1.0F + static_cast<float>(generator() % 4));
        }
        matrix.indptr.push_back(static_cast<std::int64_t>(matrix.indices.size()));
    }
    return matrix;
}

bool same_bits(const Matrix& a, const Matrix& b) {
    const Matrix left = a.to_host(), right = b.to_host();
    return left.rows() == right.rows() && left.cols() == right.cols() &&
           std::memcmp(left.data(), right.data(), static_cast<std::size_t>(left.rows() * left.cols()) * 4) == 0;
}

/// Of factors in host memory.
std::vector<float> scores_of(const Matrix& customers, const Matrix& items, std::int64_t customer) {
    std::vector<float> scores;
    for (std::int64_t item = 0; item < items.rows(); ++item)
        scores.push_back(
            std::inner_product(items.row(item).begin(), items.row(item).end(), customers.row(customer).begin(), 0.0F));
    return scores;
}

std::vector<std::int32_t> best_ten(const std::vector<float>& scores) {
    std::vector<std::int32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, [&](std::int32_t a, std::int32_t b) {
        return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
    });
    order.resize(std::min<std::size_t>(10, order.size()));
    return order;
}

class GpuParity : public testing::OnGpu {
protected:
    CsrMatrix matrix() const {
        return purchases(sized(5000, 24), sized(1500, 14), static_cast<double>(sized(40, 5)), 7);
    }

    AlsOptions options(AlsObjective objective, AlsSolver solver) const {
        AlsOptions chosen;
        chosen.factors = static_cast<int>(sized(48, 6));
        chosen.iterations = 10;
        chosen.objective = objective;
        chosen.solver = solver;
        chosen.regularization = 0.5F;
        chosen.alpha = objective == AlsObjective::rendle ? 1.0F : 4.0F;
        chosen.calculate_loss = true;
        return chosen;
    }

    void expect_the_same_model(AlsOptions chosen) const {
        const CsrMatrix cells = matrix();
        const AlsModel cpu = fit_als(cells, chosen);
        chosen.device = gpu();
        const AlsModel other = fit_als(cells, chosen);
        ASSERT_EQ(cpu.loss.size(), other.loss.size());
        for (std::size_t sweep = 0; sweep < cpu.loss.size(); ++sweep)
            EXPECT_NEAR(other.loss[sweep], cpu.loss[sweep], 1e-5 * cpu.loss[sweep]) << "sweep " << sweep;
        const Matrix customers = other.customer_factors.to_host(), items = other.item_factors.to_host();
        const std::int64_t looked_at = std::min<std::int64_t>(cells.rows, 400);
        std::int64_t same = 0;
        for (std::int64_t customer = 0; customer < looked_at; ++customer) {
            const std::vector<float> wanted = scores_of(cpu.customer_factors, cpu.item_factors, customer);
            const std::vector<float> got = scores_of(customers, items, customer);
            const auto [low, high] = std::ranges::minmax(wanted);
            for (std::size_t item = 0; item < wanted.size(); ++item)
                ASSERT_NEAR(got[item], wanted[item], 1e-3F * (high - low)) << customer << " " << item;
            same += best_ten(wanted) == best_ten(got) ? 1 : 0;
        }
        EXPECT_GE(static_cast<double>(same), 0.99 * static_cast<double>(looked_at));
    }
};

TEST_F(GpuParity, InitialFactorsHaveTheCpusBits) {
    AlsOptions chosen = options(AlsObjective::hu_koren_volinsky, AlsSolver::cholesky);
    chosen.iterations = 0;
    const CsrMatrix cells = matrix();
    const AlsModel cpu = fit_als(cells, chosen);
    chosen.device = gpu();
    const AlsModel other = fit_als(cells, chosen);
    EXPECT_TRUE(same_bits(cpu.customer_factors, other.customer_factors));
    EXPECT_TRUE(same_bits(cpu.item_factors, other.item_factors));
    EXPECT_EQ(other.item_factors.device(), gpu());
}

TEST_F(GpuParity, TenExactSweeps) {
    expect_the_same_model(options(AlsObjective::hu_koren_volinsky, AlsSolver::cholesky));
}

TEST_F(GpuParity, TenExactSweepsOfRendlesObjective) {
    expect_the_same_model(options(AlsObjective::rendle, AlsSolver::cholesky));
}

TEST_F(GpuParity, TenSweepsOfConjugateGradients) {
    expect_the_same_model(options(AlsObjective::hu_koren_volinsky, AlsSolver::cg));
}

TEST_F(GpuParity, TwoTrainingsHaveTheSameBits) {
    AlsOptions chosen = options(AlsObjective::hu_koren_volinsky, AlsSolver::cholesky);
    chosen.iterations = 3;
    chosen.device = gpu();
    const CsrMatrix cells = matrix();
    const AlsModel one = fit_als(cells, chosen), other = fit_als(cells, chosen);
    EXPECT_TRUE(same_bits(one.customer_factors, other.customer_factors));
    EXPECT_TRUE(same_bits(one.item_factors, other.item_factors));
    EXPECT_EQ(one.loss, other.loss);
}

TEST_F(GpuParity, Ease) {
    const CsrMatrix baskets = purchases(sized(20000, 120), sized(1200, 25), 6, 5);
    EaseOptions chosen;
    chosen.regularization = 20;
    chosen.size_exponent = 0.5;
    chosen.intercept = true;
    chosen.damping = 0.2;
    const EaseModel cpu = fit_ease(baskets, {}, chosen);
    chosen.device = gpu();
    const EaseModel other = fit_ease(baskets, {}, chosen);
    float largest = 0;
    for (std::int64_t item = 0; item < baskets.cols; ++item)
        for (const float weight : cpu.weights.row(item)) largest = std::max(largest, std::abs(weight));
    for (std::int64_t item = 0; item < baskets.cols; ++item)
        for (std::size_t j = 0; j < static_cast<std::size_t>(baskets.cols); ++j)
            ASSERT_NEAR(other.weights.row(item)[j], cpu.weights.row(item)[j], 1e-4F * largest) << item << " " << j;
    for (std::size_t item = 0; item < cpu.intercept.size(); ++item)
        EXPECT_NEAR(other.intercept[item], cpu.intercept[item], 1e-4F) << item;
}

TEST_F(GpuParity, ComplementModel) {
    const CsrMatrix baskets = purchases(sized(20000, 150), sized(800, 20), 6, 6);
    ComplementOptions chosen;
    chosen.tune = false;
    chosen.ease.regularization = 20;
    chosen.factors = static_cast<int>(sized(32, 3));
    chosen.residuals = static_cast<double>(sized(16, 2));
    const ComplementModel cpu = fit_complement(baskets, {}, {}, chosen);
    chosen.ease.device = gpu();
    const ComplementModel other = fit_complement(baskets, {}, {}, chosen);
    const auto items = static_cast<std::size_t>(baskets.cols);
    for (std::int32_t item = 0; item < static_cast<std::int32_t>(items); item += 3) {
        std::vector<float> wanted(items, 0.0F), got(items, 0.0F);
        add_basket_scores(cpu, std::vector{item}, wanted);
        add_basket_scores(other, std::vector{item}, got);
        const auto [low, high] = std::ranges::minmax(wanted);
        for (std::size_t j = 0; j < items; ++j)
            ASSERT_NEAR(got[j], wanted[j], 2e-3F * (high - low) + 1e-6F) << item << " " << j;
    }
}

TEST_F(GpuParity, SeveralThreadsShareOneGpu) {
    AlsOptions chosen = options(AlsObjective::hu_koren_volinsky, AlsSolver::cholesky);
    chosen.iterations = 2;
    chosen.device = gpu();
    const CsrMatrix cells = matrix();
    const AlsModel alone = fit_als(cells, chosen);
    std::vector<AlsModel> models(3);
    {
        std::vector<std::jthread> threads;
        for (AlsModel& model : models) threads.emplace_back([&] { model = fit_als(cells, chosen); });
    }
    for (const AlsModel& model : models) {
        EXPECT_TRUE(same_bits(model.item_factors, alone.item_factors));
        EXPECT_TRUE(same_bits(model.customer_factors, alone.customer_factors));
    }
}

TEST_F(GpuParity, FoldInAndLossRunWhereTheModelIs) {
    AlsOptions chosen = options(AlsObjective::hu_koren_volinsky, AlsSolver::cholesky);
    chosen.iterations = 2;
    const CsrMatrix cells = matrix();
    const AlsModel cpu = fit_als(cells, chosen);
    chosen.device = gpu();
    const AlsModel other = fit_als(cells, chosen);
    EXPECT_NEAR(als_loss(other, cells), als_loss(cpu, cells), 1e-5 * als_loss(cpu, cells));
    const Matrix folded = fold_in(other, cells);
    EXPECT_EQ(folded.device(), gpu());
    const Matrix wanted = fold_in(cpu, cells), got = folded.to_host();
    for (std::int64_t row = 0; row < wanted.rows(); ++row)
        for (std::size_t f = 0; f < static_cast<std::size_t>(wanted.cols()); ++f)
            ASSERT_NEAR(got.row(row)[f], wanted.row(row)[f], 1e-3F) << row << " " << f;
}

}  // namespace
}  // namespace crosslift
