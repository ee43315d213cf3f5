#include "algorithms/als_plan.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace crosslift::algorithms {
namespace {

/// What it holds at its peak without the rows, which take what is left.
MemoryPlan plan_of(const backend::Backend& backend, const AlsOptions& options, const AlsShape& shape) {
    constexpr auto float_bytes = static_cast<std::int64_t>(sizeof(float));
    const std::int64_t d = options.factors;
    const bool halves = options.factor_dtype == DType::f16;
    const std::int64_t factors = (shape.customers + shape.items) * d * (halves ? 2 : float_bytes);
    MemoryPlan plan;
    plan.add("factors", factors);
    if (shape.may_stop) plan.add("the last whole sweep's factors", factors);
    if (halves) plan.add("one side's factors in 32 bits", std::max(shape.customers, shape.items) * d * float_bytes);
    plan.add("the gram matrix", d * d * float_bytes);
    using Operation = backend::Workload::Operation;
    const auto scratch = [&](Operation operation, std::int64_t rows, std::int64_t cols) {
        const int cg_steps = options.solver == AlsSolver::cg ? options.cg_steps : 0;
        const int block = options.solver == AlsSolver::ials_pp ? options.block_size : 0;
        return backend.scratch_bytes({operation, rows, cols, shape.cells, d, cg_steps, options.threads, block,
                                      options.precision == AlsPrecision::mixed});
    };
    std::int64_t most = std::max(scratch(Operation::als_solve, shape.customers, shape.items),
                                 scratch(Operation::als_solve, shape.items, shape.customers));
    if (options.calculate_loss) most = std::max(most, scratch(Operation::als_loss, shape.customers, shape.items));
    plan.add("working memory", most);
    return plan;
}

}  // namespace

RowsBudget plan_als(const backend::Backend& backend, const AlsOptions& options, const AlsShape& shape) {
    const auto whole_plan = [&](const AlsOptions& tried) {
        MemoryPlan plan = plan_of(backend, tried, shape);
        const RowsBudget rows =
            share_rows(shape.customer_rows, shape.item_rows, plan.available(backend) - plan.needed());
        plan.add("interactions", rows.customers + rows.items);
        return std::pair(plan, rows);
    };
    const auto [plan, rows] = whole_plan(options);
    if (plan.fits(backend)) return rows;
    const auto fewer = largest_that_fits(options.factors, 1, [&](std::int64_t factors) {
        AlsOptions tried = options;
        tried.factors = static_cast<int>(factors);
        return whole_plan(tried).first.fits(backend);
    });
    plan.require(backend, "ALS with factors=" + std::to_string(options.factors),
                 fewer
                     ? "factors=" + std::to_string(*fewer) + " would fit"
                     : std::string("no number of factors would fit; train on fewer customers or items, or elsewhere"));
    return rows;
}

}  // namespace crosslift::algorithms
