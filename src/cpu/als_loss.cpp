#include "cpu/cpu_backend.hpp"
#include "cpu/half.hpp"
#include "cpu/scratch.hpp"
#include "cpu/threads.hpp"
#include "formulas/als.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace crosslift::cpu {
namespace {

double dot(const float* a, const float* b, std::int64_t size) {
    double sum = 0;
    for (std::int64_t i = 0; i < size; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

double ridge_term(const backend::AlsStep& step, std::int64_t cells, const float* factors, std::int64_t size) {
    const float ridge = formulas::als_ridge(step.regularization, step.frequency_offset, step.nu, cells);
    return static_cast<double>(ridge) * dot(factors, factors, size);
}

}  // namespace

double CpuBackend::als_loss(backend::Lane& lane, const backend::Rows& rows, const backend::FactorView& stored_customers,
                            const backend::FactorView& stored_items, const backend::AlsStep& customer_step,
                            const backend::AlsStep& item_step) const {
    const CsrView& matrix = cpu_rows(rows).view();
    const std::int64_t d = stored_items.cols;
    check_shape(stored_customers, matrix.rows, d, "the customer factors of als_loss");
    check_shape(stored_items, matrix.cols, d, "the item factors of als_loss");
    const WideFactors wide_customers(threads_of(lane), stored_customers);
    const WideFactors wide_items(threads_of(lane), stored_items);
    const backend::DenseView customers = wide_customers.view();
    const backend::DenseView items = wide_items.view();
    constexpr std::int64_t rows_per_task = 256;
    const std::int64_t tasks = (matrix.rows + rows_per_task - 1) / rows_per_task;
    std::vector<double> sums(static_cast<std::size_t>(tasks));
    parallel_for(threads_of(lane), tasks, [&](std::int64_t task, int) {
        double sum = 0;
        for (std::int64_t row = task * rows_per_task; row < std::min(matrix.rows, (task + 1) * rows_per_task); ++row) {
            const auto cells = matrix.row(row);
            const auto values = matrix.row_values(row);
            for (std::size_t cell = 0; cell < cells.size(); ++cell) {
                const float r = values.empty() ? 1.0F : values[cell];
                const float w = formulas::als_weight(customer_step.alpha, r);
                const float t = formulas::als_target(customer_step.target_offset, customer_step.alpha, r);
                sum += formulas::als_cell_loss(static_cast<double>(w), static_cast<double>(t),
                                               dot(customers.row(row), items.row(cells[cell]), d));
            }
            sum += ridge_term(customer_step, static_cast<std::int64_t>(cells.size()), customers.row(row), d);
        }
        sums[static_cast<std::size_t>(task)] = sum;
    });
    double loss = std::accumulate(sums.begin(), sums.end(), 0.0);

    std::vector<std::int64_t> sold(static_cast<std::size_t>(matrix.cols), 0);
    for (const std::int32_t item : matrix.indices) ++sold[static_cast<std::size_t>(item)];
    for (std::int64_t item = 0; item < matrix.cols; ++item)
        loss += ridge_term(item_step, sold[static_cast<std::size_t>(item)], items.row(item), d);

    // sum over all cells of (x.y)^2 = <X'X, Y'Y>
    const Scratch<float> grams(2 * d * d);
    gram(lane, customers, {grams.data(), d, d, d});
    gram(lane, items, {grams.data() + d * d, d, d, d});
    return loss + static_cast<double>(customer_step.background) * dot(grams.data(), grams.data() + d * d, d * d);
}

}  // namespace crosslift::cpu
