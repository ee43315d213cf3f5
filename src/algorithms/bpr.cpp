#include "algorithms/memory_plan.hpp"
#include "backend/backend.hpp"
#include "devices/devices.hpp"
#include "formulas/philox.hpp"

#include <crosslift/bpr.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace crosslift {
namespace {

constexpr std::int64_t batches = 16;
constexpr std::uint32_t draw_table = 2;  // of Philox, beside those of backend::Table
constexpr auto float_size = static_cast<std::int64_t>(sizeof(float));

void require(bool good, const std::string& message) {
    if (!good) throw InvalidArgument(message);
}

void check_options(const BprOptions& options) {
    const auto say = [](const char* name, double value, const char* wanted) {
        return "BprOptions::" + std::string(name) + " is " + std::to_string(value) + "; give " + wanted;
    };
    require(options.factors >= 1 && options.factors <= 1024, say("factors", options.factors, "1 to 1024"));
    require(options.iterations >= 0, say("iterations", options.iterations, "0 or more"));
    require(options.learning_rate > 0 && std::isfinite(options.learning_rate),
            say("learning_rate", static_cast<double>(options.learning_rate), "a positive number"));
    require(options.regularization >= 0 && std::isfinite(options.regularization),
            say("regularization", static_cast<double>(options.regularization), "0 or a positive number"));
    require(options.threads >= 0, say("threads", options.threads, "0 (all) or a positive number"));
}

void check_values(const CsrView& matrix) {
    check(matrix);
    for (std::size_t cell = 0; cell < matrix.values.size(); ++cell)
        require(matrix.values[cell] > 0, "value number " + std::to_string(cell) + " of the matrix is " +
                                             std::to_string(matrix.values[cell]) +
                                             "; stored cells are purchases, whose values must be positive: leave "
                                             "others out");
}

backend::PairCells pair_cells(const CsrView& matrix) {
    backend::PairCells cells;
    cells.items = matrix.cols;
    cells.indptr.assign(matrix.indptr.begin(), matrix.indptr.end());
    cells.item.assign(matrix.indices.begin(), matrix.indices.end());
    cells.customer.reserve(cells.item.size());
    for (std::int64_t row = 0; row < matrix.rows; ++row)
        cells.customer.insert(cells.customer.end(), matrix.row(row).size(), static_cast<std::int32_t>(row));
    cells.item_indptr.assign(static_cast<std::size_t>(matrix.cols) + 1, 0);
    for (const std::int32_t item : cells.item) ++cells.item_indptr[static_cast<std::size_t>(item) + 1];
    std::partial_sum(cells.item_indptr.begin(), cells.item_indptr.end(), cells.item_indptr.begin());
    cells.item_cells.resize(cells.item.size());
    std::vector<std::int64_t> next(cells.item_indptr.begin(), cells.item_indptr.end() - 1);
    for (std::size_t cell = 0; cell < cells.item.size(); ++cell) {
        std::int64_t& place = next[static_cast<std::size_t>(cells.item[cell])];
        cells.item_cells[static_cast<std::size_t>(place++)] = static_cast<std::int64_t>(cell);
    }
    return cells;
}

/// Customers where each batch begins, and the end: about equally many cells each.
std::vector<std::int64_t> batch_begins(const CsrView& matrix) {
    std::vector<std::int64_t> begins = {0};
    for (std::int64_t batch = 1; batch < batches; ++batch) {
        const auto at = std::lower_bound(matrix.indptr.begin(), matrix.indptr.end(), matrix.nnz() * batch / batches);
        begins.push_back(std::max<std::int64_t>(begins.back(), at - matrix.indptr.begin()));
    }
    begins.push_back(matrix.rows);
    return begins;
}

/// What a training holds at its peak.
algorithms::MemoryPlan plan_of(const backend::Backend& backend, const CsrView& matrix, std::int64_t factors,
                               bool may_stop) {
    const bool host = backend.device().kind == Device::Kind::cpu;
    const std::int64_t cells = (matrix.rows + matrix.cols + 2) * 8 + matrix.nnz() * 16;
    algorithms::MemoryPlan plan;
    plan.add("the factors", (matrix.rows + matrix.cols) * factors * float_size * (may_stop ? 2 : 1));
    plan.add("the purchases from both sides", host ? 2 * cells : cells);  // the host also holds what is copied
    plan.add("the items after a batch", matrix.cols * (factors * float_size + 1) + matrix.nnz() / 4);
    return plan;
}

/// The backend of the options. Throws DeviceError, naming what would fit, where the training does not.
std::shared_ptr<const backend::Backend> backend_for(const CsrView& matrix, const BprOptions& options, bool may_stop) {
    auto backend = open_backend(options.device);
    const algorithms::MemoryPlan plan = plan_of(*backend, matrix, options.factors, may_stop);
    if (plan.fits(*backend)) return backend;
    const auto fewer = algorithms::largest_that_fits(options.factors, 1, [&](std::int64_t factors) {
        return plan_of(*backend, matrix, factors, may_stop).fits(*backend);
    });
    plan.require(*backend, "BPR with " + std::to_string(options.factors) + " factors",
                 fewer ? "factors=" + std::to_string(*fewer) + " would fit"
                       : "no number of factors would fit: train on fewer customers or items");
    return backend;
}

/// Throws unless all numbers of a table are finite: one that is not shows on the diagonal of its gram matrix.
void check_finite(const backend::Backend& backend, backend::Lane& lane, backend::DenseView factors) {
    const std::int64_t d = factors.cols;
    auto gram = backend.array<float>(d * d);
    backend.gram(lane, factors, {gram.data(), d, d, d});
    std::vector<float> host(static_cast<std::size_t>(d * d));
    backend.copy_out(lane, host.data(), gram.data(), d * d * float_size);
    for (std::int64_t i = 0; i < d; ++i)
        if (!std::isfinite(host[static_cast<std::size_t>(i * d + i)]))
            throw Error("BPR diverged: a factor is not finite; give a smaller learning_rate");
}

/// A table of factors where it is trained, and that of the last whole epoch beside it if a stop may come.
struct Table {
    Table(const backend::Backend& backend, std::int64_t rows, std::int64_t cols, bool may_stop)
        : now(backend.array<float>(rows * cols)), view{now.data(), rows, cols, cols} {
        if (may_stop) kept = backend.array<float>(rows * cols);
    }
    Matrix finish(Device device) {
        return {now.data(), view.rows, view.cols, view.cols, DType::f32, 1.0F, device, now.memory()};
    }

    backend::Array<float> now;
    backend::Array<float> kept;
    backend::DenseSpan view;
};

class BprFit {
public:
    BprFit(const CsrView& customer_items, const BprOptions& options, const Progress& progress)
        : options_(options),
          progress_(progress),
          may_stop_(progress.stop.stop_possible()),
          backend_(backend_for(customer_items, options, may_stop_)),
          lane_(backend_->lane(options.threads)),
          begins_(batch_begins(customer_items)),
          pairs_(backend_->make_pairs(pair_cells(customer_items))),
          customers_(*backend_, customer_items.rows, options.factors, may_stop_),
          items_(*backend_, customer_items.cols, options.factors, may_stop_) {
        // Uniform with the standard deviation 0.1 / sqrt(factors), as in ALS.
        const float scale = 0.1F * std::sqrt(3.0F / static_cast<float>(options.factors));
        backend_->fill_factors(*lane_, customers_.view, options.seed, backend::Table::customers, scale);
        backend_->fill_factors(*lane_, items_.view, options.seed, backend::Table::items, scale);
        clear_unknown_customers(customer_items);
    }

    BprModel run() {
        BprModel model;
        model.options = options_;
        while (model.epochs < options_.iterations && !model.stopped_early) {
            backend::BprCounts counts;
            if (epoch(model.epochs, counts)) {
                ++model.epochs;
                model.train_auc.push_back(static_cast<double>(counts.ordered) /
                                          static_cast<double>(std::max<std::int64_t>(counts.pairs, 1)));
                report(model);
            } else {
                model.stopped_early = true;
            }
        }
        check_finite(*backend_, *lane_, customers_.view);
        check_finite(*backend_, *lane_, items_.view);
        lane_->wait();
        model.customer_factors = customers_.finish(backend_->device());
        model.item_factors = items_.finish(backend_->device());
        return model;
    }

private:
    /// All batches once, in shuffled order. False if a stop was asked for: then the factors are as before.
    bool epoch(std::int64_t number, backend::BprCounts& counts) {
        if (progress_.stop.stop_requested()) return false;
        if (may_stop_) {
            copy(customers_.kept, customers_.now);
            copy(items_.kept, items_.now);
        }
        for (const std::int64_t batch : shuffled(number)) {
            backend::BprStep step;
            step.first = begins_[static_cast<std::size_t>(batch)];
            step.last = begins_[static_cast<std::size_t>(batch) + 1];
            step.key = formulas::random_words(options_.seed, draw_table, number * batches + batch, 1);
            step.learning_rate = options_.learning_rate;
            step.regularization = options_.regularization;
            step.stop = progress_.stop;
            const backend::BprCounts some = backend_->bpr_batch(*lane_, *pairs_, step, customers_.view, items_.view);
            counts.pairs += some.pairs;
            counts.ordered += some.ordered;
            if (!progress_.stop.stop_requested()) continue;
            copy(customers_.now, customers_.kept);
            copy(items_.now, items_.kept);
            return false;
        }
        return true;
    }

    std::vector<std::int64_t> shuffled(std::int64_t number) const {
        std::vector<std::pair<std::uint32_t, std::int64_t>> drawn;
        for (std::int64_t batch = 0; batch < batches; ++batch)
            drawn.emplace_back(formulas::random_words(options_.seed, draw_table, number * batches + batch, 0).word[0],
                               batch);
        std::sort(drawn.begin(), drawn.end());
        std::vector<std::int64_t> order;
        order.reserve(drawn.size());
        for (const auto& [word, batch] : drawn) order.push_back(batch);
        return order;
    }

    void copy(backend::Array<float>& to, const backend::Array<float>& from) {
        backend_->copy(*lane_, to.data(), from.data(), from.size() * float_size);
    }

    void clear_unknown_customers(const CsrView& cells) {
        const std::vector<float> zeros(static_cast<std::size_t>(options_.factors), 0.0F);
        for (std::int64_t row = 0; row < cells.rows; ++row)
            if (cells.begin(row) == cells.end(row))
                backend_->copy_in(*lane_, customers_.view.row(row), zeros.data(), options_.factors * float_size);
    }

    void report(const BprModel& model) {
        if (!progress_.on_step) return;
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began_;
        progress_.on_step(
            {"bpr", model.epochs, options_.iterations, seconds.count(), std::numeric_limits<double>::quiet_NaN()});
    }

    const BprOptions& options_;
    const Progress& progress_;
    bool may_stop_;
    std::shared_ptr<const backend::Backend> backend_;
    std::unique_ptr<backend::Lane> lane_;
    std::vector<std::int64_t> begins_;
    std::shared_ptr<const backend::Pairs> pairs_;
    Table customers_;
    Table items_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace

BprModel fit_bpr(const CsrView& customer_items, const BprOptions& options, const Progress& progress) {
    check_options(options);
    check_values(customer_items);
    require(customer_items.rows > 0 && customer_items.cols > 0, "the matrix is " + std::to_string(customer_items.rows) +
                                                                    " x " + std::to_string(customer_items.cols) +
                                                                    "; BPR needs customers and items");
    return BprFit(customer_items, options, progress).run();
}

Matrix fold_in(const BprModel& model, const CsrView& rows) {
    check_options(model.options);
    check_values(rows);
    const Matrix& items = model.item_factors;
    require(rows.cols == items.rows(), "the rows have " + std::to_string(rows.cols) + " columns, but the model has " +
                                           std::to_string(items.rows()) + " items");
    require(items.dtype() == DType::f32 && items.scale() == 1.0F,
            "the item factors must be 32-bit floats with scale 1; convert them with to_host()");
    const auto backend = open_backend(items.device());
    const auto lane = backend->lane(model.options.threads);
    const auto pairs = backend->make_pairs(pair_cells(rows));
    auto out = backend->array<float>(rows.rows * items.cols());
    const backend::DenseSpan customers = {out.data(), rows.rows, items.cols(), items.cols()};
    // The items are only read, as update_items is false.
    const backend::DenseSpan fixed = {static_cast<float*>(const_cast<void*>(items.data())), items.rows(), items.cols(),
                                      items.stride()};
    for (std::int64_t epoch = 0; epoch < model.options.iterations && rows.nnz() > 0; ++epoch) {
        backend::BprStep step;
        step.last = rows.rows;
        step.key = formulas::random_words(model.options.seed, draw_table, epoch * batches, 1);
        step.learning_rate = model.options.learning_rate;
        step.regularization = model.options.regularization;
        step.update_items = false;
        backend->bpr_batch(*lane, *pairs, step, customers, fixed);
    }
    check_finite(*backend, *lane, customers);
    lane->wait();
    return {out.data(), rows.rows, items.cols(), items.cols(), DType::f32, 1.0F, backend->device(), out.memory()};
}

}  // namespace crosslift
