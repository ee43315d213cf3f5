#include "algorithms/als_plan.hpp"
#include "backend/backend.hpp"
#include "devices/devices.hpp"

#include <crosslift/als.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace crosslift {
namespace {

void require(bool good, const std::string& message) {
    if (!good) throw InvalidArgument(message);
}

void check_options(const AlsOptions& options) {
    const auto say = [](const char* name, double value, const std::string& wanted) {
        return "AlsOptions::" + std::string(name) + " is " + std::to_string(value) + "; give " + wanted;
    };
    require(options.factors >= 1 && options.factors <= 1024, say("factors", options.factors, "1 to 1024"));
    require(options.iterations >= 0, say("iterations", options.iterations, "0 or more"));
    require(options.regularization >= 0 && std::isfinite(options.regularization),
            say("regularization", static_cast<double>(options.regularization), "0 or a positive number"));
    require(options.alpha > 0 && std::isfinite(options.alpha),
            say("alpha", static_cast<double>(options.alpha), "a positive number"));
    require(options.unobserved_weight > 0 && std::isfinite(options.unobserved_weight),
            say("unobserved_weight", static_cast<double>(options.unobserved_weight), "a positive number"));
    require(options.nu >= 0 && options.nu <= 1, say("nu", static_cast<double>(options.nu), "a number from 0 to 1"));
    require(options.cg_steps >= 1, say("cg_steps", options.cg_steps, "1 or more"));
    require(options.block_size >= 1 && options.block_size <= backend::most_block,
            say("block_size", options.block_size, "1 to " + std::to_string(backend::most_block)));
    require(options.threads >= 0, say("threads", options.threads, "0 (all) or a positive number"));
}

void check_values(const CsrView& matrix) {
    check(matrix);
    for (std::size_t cell = 0; cell < matrix.values.size(); ++cell)
        require(matrix.values[cell] > 0 && std::isfinite(matrix.values[cell]),
                "value number " + std::to_string(cell) + " of the matrix is " + std::to_string(matrix.values[cell]) +
                    "; confidences must be positive and finite: leave such cells out");
}

/// The half step of one side, whose rows have as many unseen cells as the other side has rows.
backend::AlsStep half_step(const AlsOptions& options, std::int64_t other_rows) {
    backend::AlsStep step;
    step.alpha = options.alpha;
    step.regularization = options.regularization;
    if (options.objective == AlsObjective::rendle) {
        step.background = options.unobserved_weight;
        step.target_offset = 0;
        step.frequency_offset = options.unobserved_weight * static_cast<float>(other_rows);
        step.nu = options.nu;
    }
    if (options.solver == AlsSolver::cg) step.cg_steps = options.cg_steps;
    if (options.solver == AlsSolver::ials_pp) step.block = options.block_size;
    step.mixed = options.precision == AlsPrecision::mixed;
    return step;
}

/// One side's factors where they are trained, and the last whole sweep's beside them if a stop may come. Factors in 16
/// bits are widened into a workspace, which both sides share, while a half step changes them.
class Side {
public:
    Side(const backend::Backend& backend, backend::Lane& lane, const CsrView& cells, std::int64_t budget,
         const AlsOptions& options, backend::Table table, bool may_stop, backend::Array<float>& workspace)
        : backend_(backend),
          lane_(lane),
          rows_(backend.make_rows(cells, budget)),
          factors_(options.factors),
          halves_(options.factor_dtype == DType::f16),
          workspace_(workspace),
          now_(backend.array<std::byte>(bytes())),
          step_(half_step(options, cells.cols)) {
        if (may_stop) kept_ = backend.array<std::byte>(bytes());
        // Uniform with the standard deviation 0.1 / sqrt(factors).
        const float scale = 0.1F * std::sqrt(3.0F / static_cast<float>(factors_));
        backend.fill_factors(lane, wide(), options.seed, table, scale);
        clear_empty_rows(cells);
        round();
    }

    backend::FactorView view() {
        if (halves_) return {halves(), scale_};
        return wide();
    }
    const backend::Rows& rows() const { return *rows_; }
    const backend::AlsStep& step() const { return step_; }

    void solve(const backend::FactorView& fixed, backend::DenseView gram, const std::stop_token& stop) {
        backend::AlsStep step = step_;
        step.stop = stop;
        const bool begins_from_last = step.cg_steps > 0 || step.block > 0;
        if (halves_ && begins_from_last) backend_.widen(lane_, view(), wide());
        backend_.als_solve(lane_, *rows_, fixed, gram, step, wide());
        round();
    }
    void keep() {
        backend_.copy(lane_, kept_.data(), now_.data(), bytes());
        kept_scale_ = scale_;
    }
    void restore() {
        backend_.copy(lane_, now_.data(), kept_.data(), bytes());
        scale_ = kept_scale_;
    }

    Matrix finish() {
        const backend::FactorView all = view();
        return {now_.data(), all.rows, all.cols, all.stride, all.dtype, all.scale, backend_.device(), now_.memory()};
    }

private:
    std::int64_t bytes() const { return rows_->rows() * factors_ * (halves_ ? 2 : 4); }
    backend::HalfSpan halves() {
        return {reinterpret_cast<std::uint16_t*>(now_.data()), rows_->rows(), factors_, factors_};
    }
    /// The factors in 32 bits: their own memory, or the workspace.
    backend::DenseSpan wide() {
        float* data = halves_ ? workspace_.data() : reinterpret_cast<float*>(now_.data());
        return {data, rows_->rows(), factors_, factors_};
    }
    void round() {
        if (halves_) scale_ = backend_.narrow(lane_, wide(), halves());
    }

    /// Zeroes the rows without cells, run by run.
    void clear_empty_rows(const CsrView& cells) {
        std::vector<float> zeros;
        for (std::int64_t row = 0; row < cells.rows; ++row) {
            std::int64_t end = row;
            while (end < cells.rows && cells.begin(end) == cells.end(end)) ++end;
            if (end == row) continue;
            zeros.resize(static_cast<std::size_t>((end - row) * factors_), 0.0F);
            backend_.copy_in(lane_, wide().row(row), zeros.data(),
                             (end - row) * factors_ * static_cast<std::int64_t>(sizeof(float)));
            row = end;
        }
    }

    const backend::Backend& backend_;
    backend::Lane& lane_;
    std::shared_ptr<const backend::Rows> rows_;
    std::int64_t factors_;
    bool halves_;
    backend::Array<float>& workspace_;
    backend::Array<std::byte> now_;
    backend::Array<std::byte> kept_;
    float scale_ = 1;
    float kept_scale_ = 1;
    backend::AlsStep step_;
};

class AlsFit {
public:
    AlsFit(const CsrView& by_customer, const CsrView& by_item, const AlsOptions& options, const Progress& progress)
        : options_(options),
          progress_(progress),
          backend_(open_backend(options.device)),
          lane_(backend_->lane(options.threads)),
          may_stop_(progress.stop.stop_possible()),
          budget_(
              algorithms::plan_als(*backend_, options,
                                   {by_customer.rows, by_item.rows, by_customer.nnz(),
                                    backend_->rows_memory(by_customer), backend_->rows_memory(by_item), may_stop_})),
          workspace_(backend_->array<float>(
              options.factor_dtype == DType::f16 ? std::max(by_customer.rows, by_item.rows) * options.factors : 0)),
          customers_(*backend_, *lane_, by_customer, budget_.customers, options, backend::Table::customers, may_stop_,
                     workspace_),
          items_(*backend_, *lane_, by_item, budget_.items, options, backend::Table::items, may_stop_, workspace_),
          gram_(backend_->array<float>(std::int64_t{options.factors} * options.factors)) {}

    AlsModel run() {
        AlsModel model;
        model.options = options_;
        while (model.sweeps < options_.iterations && !model.stopped_early) {
            if (sweep()) {
                ++model.sweeps;
                report(model);
            } else {
                model.stopped_early = true;
            }
        }
        update_gram(items_);  // checks the last numbers
        lane_->wait();
        model.customer_factors = customers_.finish();
        model.item_factors = items_.finish();
        return model;
    }

private:
    /// One sweep over customers, then items. False if a stop was asked for: then both are as before.
    bool sweep() {
        if (progress_.stop.stop_requested()) return false;
        if (may_stop_) {
            customers_.keep();
            items_.keep();
        }
        half(customers_, items_);
        if (!progress_.stop.stop_requested()) half(items_, customers_);
        if (!progress_.stop.stop_requested()) return true;
        customers_.restore();
        items_.restore();
        return false;
    }

    void half(Side& solved, Side& fixed) { solved.solve(fixed.view(), update_gram(fixed), progress_.stop); }

    /// The gram matrix of one side. A number that is not finite anywhere in the factors shows on its diagonal.
    backend::DenseView update_gram(Side& side) {
        const std::int64_t d = options_.factors;
        const backend::DenseSpan gram = {gram_.data(), d, d, d};
        backend_->gram(*lane_, side.view(), gram);
        std::vector<float> host(static_cast<std::size_t>(d * d));
        backend_->copy_out(*lane_, host.data(), gram.data, gram_.size() * static_cast<std::int64_t>(sizeof(float)));
        for (std::int64_t i = 0; i < d; ++i)
            if (!std::isfinite(host[static_cast<std::size_t>(i * d + i)]))
                throw Error(
                    "ALS diverged: a factor is not finite; give smaller confidences (alpha or values) or a "
                    "larger regularization");
        return gram;
    }

    void report(AlsModel& model) {
        double loss = std::numeric_limits<double>::quiet_NaN();
        if (options_.calculate_loss) {
            loss = backend_->als_loss(*lane_, customers_.rows(), customers_.view(), items_.view(), customers_.step(),
                                      items_.step());
            model.loss.push_back(loss);
        }
        if (!progress_.on_step) return;
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began_;
        progress_.on_step({"als", model.sweeps, options_.iterations, seconds.count(), loss});
    }

    const AlsOptions& options_;
    const Progress& progress_;
    std::shared_ptr<const backend::Backend> backend_;
    std::unique_ptr<backend::Lane> lane_;
    bool may_stop_;
    algorithms::RowsBudget budget_;
    backend::Array<float> workspace_;
    Side customers_;
    Side items_;
    backend::Array<float> gram_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

/// For one pass over the rows: half of the memory that is free is theirs, else they are streamed.
std::shared_ptr<const backend::Rows> make_rows_that_fit(const backend::Backend& backend, const CsrView& rows) {
    return backend.make_rows(rows, backend.memory().available / 2);
}

}  // namespace

AlsModel fit_als(const CsrView& customer_items, const AlsOptions& options, const Progress& progress) {
    check_options(options);
    check_values(customer_items);
    return AlsFit(customer_items, transpose(customer_items), options, progress).run();
}

Matrix fold_in(const AlsModel& model, const CsrView& rows) {
    check_values(rows);
    const backend::FactorView items(model.item_factors);
    require(rows.cols == items.rows, "the rows to fold in have " + std::to_string(rows.cols) +
                                         " columns, but the model was trained on " + std::to_string(items.rows) +
                                         " items; give one column per item");
    const auto backend = open_backend(model.item_factors.device());
    const auto lane = backend->lane(model.options.threads);
    const std::int64_t d = items.cols;
    auto gram = backend->array<float>(d * d);
    auto out = backend->array<float>(rows.rows * d);
    backend->gram(*lane, items, {gram.data(), d, d, d});
    backend::AlsStep step = half_step(model.options, items.rows);
    step.cg_steps = 0;
    step.block = 0;
    backend->als_solve(*lane, *make_rows_that_fit(*backend, rows), items, {gram.data(), d, d, d}, step,
                       {out.data(), rows.rows, d, d});
    lane->wait();
    return {out.data(), rows.rows, d, d, DType::f32, 1.0F, backend->device(), out.memory()};
}

double als_loss(const AlsModel& model, const CsrView& customer_items) {
    check_values(customer_items);
    const backend::FactorView customers(model.customer_factors);
    const backend::FactorView items(model.item_factors);
    require(customer_items.rows == customers.rows && customer_items.cols == items.rows,
            "the matrix is " + std::to_string(customer_items.rows) + " x " + std::to_string(customer_items.cols) +
                ", but the model has " + std::to_string(customers.rows) + " customers and " +
                std::to_string(items.rows) + " items");
    require(model.customer_factors.device() == model.item_factors.device(),
            "customer and item factors lie on two devices; bring both to one, for instance with to_host()");
    const auto backend = open_backend(model.item_factors.device());
    const auto lane = backend->lane(model.options.threads);
    return backend->als_loss(*lane, *make_rows_that_fit(*backend, customer_items), customers, items,
                             half_step(model.options, items.rows), half_step(model.options, customers.rows));
}

}  // namespace crosslift
