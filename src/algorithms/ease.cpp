#include "algorithms/basket_slices.hpp"
#include "algorithms/ease_rows.hpp"
#include "algorithms/memory_plan.hpp"
#include "backend/backend.hpp"
#include "devices/devices.hpp"

#include <crosslift/ease.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace crosslift {
namespace {

using algorithms::WeightedBaskets;

void require(bool good, const std::string& message) {
    if (!good) throw InvalidArgument(message);
}

/// w_b = (|b| - 1)^-size_exponent, rescaled so that sum w_b |b| = sum |b|, then times 2^(-age / half life).
std::vector<float> basket_weights(const CsrView& baskets, std::span<const float> age_days, const EaseOptions& options) {
    std::vector<double> weights(static_cast<std::size_t>(baskets.rows), 0.0);
    double cells = 0;
    double weighted_cells = 0;
    for (std::int64_t basket = 0; basket < baskets.rows; ++basket) {
        const double size = static_cast<double>(baskets.end(basket) - baskets.begin(basket));
        if (size < 2) continue;
        const double weight = std::pow(size - 1, -options.size_exponent);
        weights[static_cast<std::size_t>(basket)] = weight;
        cells += size;
        weighted_cells += weight * size;
    }
    std::vector<float> rescaled(weights.size(), 0.0F);
    for (std::size_t basket = 0; basket < weights.size(); ++basket) {
        if (weights[basket] == 0) continue;
        const double decay =
            options.half_life_days > 0 ? std::exp2(-static_cast<double>(age_days[basket]) / options.half_life_days) : 1;
        rescaled[basket] = static_cast<float>(weights[basket] * cells / weighted_cells * decay);
    }
    return rescaled;
}

/// Of the rows' Gram matrix: per item G_jj, which is also the constant row's G_1j because cells are 1, and G_11.
struct RowSums {
    std::vector<double> items;
    double total = 0;
};

RowSums row_sums(const CsrView& rows, std::span<const float> weights) {
    RowSums sums = {std::vector<double>(static_cast<std::size_t>(rows.cols), 0.0), 0.0};
    for (std::int64_t row = 0; row < rows.rows; ++row) {
        const auto weight = static_cast<double>(weights[static_cast<std::size_t>(row)]);
        sums.total += weight;
        for (const std::int32_t item : rows.row(row)) sums.items[static_cast<std::size_t>(item)] += weight;
    }
    return sums;
}

/// Rows of the matrix start on whole cache lines.
std::int64_t stride_of(std::int64_t size) {
    return (size + 15) / 16 * 16;
}

/// What the closed form of `size` items holds at its peak.
algorithms::MemoryPlan plan_of(const backend::Backend& backend, std::int64_t size, const CsrView& baskets,
                               std::int64_t rows_bytes, int threads) {
    using Operation = backend::Workload::Operation;
    algorithms::MemoryPlan plan;
    plan.add("the items' matrix", size * stride_of(size) * static_cast<std::int64_t>(sizeof(float)));
    // The baskets are gone when the matrix is inverted.
    const std::int64_t counting =
        rows_bytes + backend.scratch_bytes({Operation::item_gram, baskets.rows, size, baskets.nnz(), 0, 0, threads});
    const std::int64_t inverting = backend.scratch_bytes({Operation::invert_spd, size, size, 0, 0, 0, threads});
    plan.add("working memory", std::max(counting, inverting));
    // On the CPU the answer lies beside the matrix; elsewhere the answer is the host's.
    if (backend.device().kind == Device::Kind::cpu) plan.add("the answer", size * size * 4);
    return plan;
}

/// Bytes for the baskets: whole if they fit, else streamed. Throws DeviceError if they do not fit either, naming the
/// number of items that would.
std::int64_t plan_rows(const backend::Backend& backend, std::int64_t size, const CsrView& baskets, int threads) {
    const backend::RowsMemory rows = backend.rows_memory(baskets);
    if (plan_of(backend, size, baskets, rows.resident, threads).fits(backend)) return rows.resident;
    const algorithms::MemoryPlan plan = plan_of(backend, size, baskets, rows.streamed, threads);
    if (plan.fits(backend)) return rows.streamed;
    std::int64_t fitting = 0;
    for (std::int64_t step = size; step > 0; step /= 2)
        while (plan_of(backend, fitting + step, baskets, rows.streamed, threads).fits(backend)) fitting += step;
    plan.require(backend, "EASE over " + std::to_string(size) + " items",
                 fitting > 0 ? "the " + std::to_string(fitting) +
                                   " best-selling items would fit (ComplementOptions::max_items chooses them)"
                             : std::string("not even one item would fit"));
    return rows.streamed;
}

class EaseFit {
public:
    /// The rows are `baskets`, or `owned` where that holds any.
    EaseFit(const CsrView& baskets, WeightedBaskets owned, std::vector<std::int64_t> counts, const EaseOptions& options,
            const Progress& progress)
        : baskets_(baskets),
          owned_(std::move(owned)),
          counts_(std::move(counts)),
          options_(options),
          progress_(progress),
          backend_(open_backend(options.device)),
          lane_(backend_->lane(options.threads)),
          sums_(row_sums(rows(), owned_.weights)),
          items_(rows().cols),
          size_(items_ + (options.intercept ? 1 : 0)),
          stride_(stride_of(size_)),
          rows_bytes_(plan_rows(*backend_, size_, rows(), options.threads)),
          memory_(backend_->array<float>(size_ * stride_)) {}

    EaseModel run() {
        require_not_stopped();
        add_up_pairs();
        regularize();
        report(1);
        require_not_stopped();
        backend_->invert_spd(*lane_, {memory_.data(), size_, size_, stride_}, progress_.stop);
        EaseModel model = weights_of_inverse();
        report(2);
        return model;
    }

private:
    void require_not_stopped() const {
        if (progress_.stop.stop_requested()) throw Stopped("EASE was stopped before its matrix was ready");
    }

    void report(int step) const {
        if (!progress_.on_step) return;
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began_;
        progress_.on_step({"ease", step, 2, seconds.count(), std::numeric_limits<double>::quiet_NaN()});
    }

    CsrView rows() const { return owned_.baskets.rows > 0 ? CsrView(owned_.baskets) : baskets_; }

    void add_up_pairs() {
        const auto rows = backend_->make_rows(this->rows(), rows_bytes_);
        backend_->item_gram(*lane_, *rows, owned_.weights, {memory_.data(), items_, items_, stride_});
        owned_ = {};
    }

    /// Puts the ridge on the diagonal and, where asked, adds the constant row; the lower triangle counts.
    void regularize() {
        std::vector<float> diagonal(static_cast<std::size_t>(size_));
        std::vector<float> constant(static_cast<std::size_t>(size_));
        for (std::size_t item = 0; item < sums_.items.size(); ++item) {
            const double weight = sums_.items[item];
            constant[item] = static_cast<float>(weight);
            diagonal[item] =
                static_cast<float>(weight + options_.regularization + options_.popularity_regularization * weight);
        }
        if (options_.intercept) {
            diagonal.back() = static_cast<float>(sums_.total + 1.0);
            backend_->copy_in(*lane_, memory_.data() + items_ * stride_, constant.data(),
                              items_ * static_cast<std::int64_t>(sizeof(float)));
        }
        backend_->set_diagonal(*lane_, diagonal, {memory_.data(), size_, size_, stride_});
    }

    /// -1 / P_jj times the damping of item j; 0 for an item that no basket holds.
    float column_factor(std::int64_t item, float pivot) const {
        const auto count = counts_[static_cast<std::size_t>(item)];
        if (count == 0) return 0.0F;
        return static_cast<float>(-std::pow(static_cast<double>(count), -options_.damping) /
                                  static_cast<double>(pivot));
    }

    EaseModel weights_of_inverse() {
        const std::int64_t items = items_;
        EaseModel model = {Matrix(items, items), std::vector<float>(static_cast<std::size_t>(items), 0.0F),
                           std::vector<float>(static_cast<std::size_t>(size_)), options_};
        std::vector<float> factor(static_cast<std::size_t>(items));
        const auto copy_row = [&](std::int64_t row, float* to) {
            backend_->copy_out(*lane_, to, memory_.data() + row * stride_,
                               items * static_cast<std::int64_t>(sizeof(float)));
        };
        for (std::int64_t item = 0; item < items; ++item) {
            copy_row(item, model.weights.row(item).data());
            const float pivot = model.weights.row(item)[static_cast<std::size_t>(item)];
            model.inverse_diagonal[static_cast<std::size_t>(item)] = pivot;
            factor[static_cast<std::size_t>(item)] = column_factor(item, pivot);
        }
        if (options_.intercept) {
            copy_row(items, model.intercept.data());
            backend_->copy_out(*lane_, &model.inverse_diagonal.back(), memory_.data() + items * stride_ + items,
                               static_cast<std::int64_t>(sizeof(float)));
        }
        const auto scale_columns = [&](std::span<float> row) {
            float sum = 0;
            for (std::size_t col = 0; col < row.size(); ++col) {
                row[col] *= factor[col];
                sum += row[col] * 0.0F;  // stays 0 unless a number is infinite or not a number
            }
            if (sum != 0.0F)
                throw Error("EASE's inverse holds a number that is not finite; give a larger regularization");
        };
        for (std::int64_t item = 0; item < items; ++item) {
            const std::span<float> row = model.weights.row(item);
            scale_columns(row);
            row[static_cast<std::size_t>(item)] = 0;
            if (counts_[static_cast<std::size_t>(item)] == 0) std::fill(row.begin(), row.end(), 0.0F);
        }
        scale_columns(model.intercept);
        for (float& value : model.intercept) value *= static_cast<float>(options_.intercept_weight);
        return model;
    }

    CsrView baskets_;
    WeightedBaskets owned_;
    std::vector<std::int64_t> counts_;  // baskets with each item
    const EaseOptions& options_;
    const Progress& progress_;
    std::shared_ptr<const backend::Backend> backend_;
    std::unique_ptr<backend::Lane> lane_;
    RowSums sums_;
    std::int64_t items_;
    std::int64_t size_;
    std::int64_t stride_;
    std::int64_t rows_bytes_;
    backend::Array<float> memory_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace

namespace algorithms {

void check_ease_options(const CsrView& baskets, std::span<const float> age_days, std::span<const std::int32_t> lines,
                        const EaseOptions& options) {
    const auto say = [](const char* name, double value, const char* wanted) {
        return "EaseOptions::" + std::string(name) + " is " + std::to_string(value) + "; give " + wanted;
    };
    require(options.regularization > 0 && std::isfinite(options.regularization),
            say("regularization", options.regularization, "a positive number"));
    require(options.popularity_regularization >= 0 && std::isfinite(options.popularity_regularization),
            say("popularity_regularization", options.popularity_regularization, "0 or a positive number"));
    require(options.size_exponent >= 0 && options.size_exponent <= 1,
            say("size_exponent", options.size_exponent, "a number from 0 to 1"));
    require(options.half_life_days >= 0 && std::isfinite(options.half_life_days),
            say("half_life_days", options.half_life_days, "0 (no decay) or a positive number"));
    require(options.damping >= 0 && options.damping <= 1, say("damping", options.damping, "a number from 0 to 1"));
    require(options.intercept_weight >= 0 && options.intercept_weight <= 10,
            say("intercept_weight", options.intercept_weight, "a number from 0 to 10"));
    require(options.line_share >= 0 && options.line_share <= 1,
            say("line_share", options.line_share, "a number from 0 to 1"));
    require(lines.empty() || static_cast<std::int64_t>(lines.size()) == baskets.nnz(),
            "lines has " + std::to_string(lines.size()) + " numbers for " + std::to_string(baskets.nnz()) +
                " stored cells; give one per cell, or none");
    require(options.line_share == 0 || !lines.empty() || baskets.nnz() == 0,
            "EaseOptions::line_share needs the place of each item on its receipt; give lines, or line_share 0");
    require(age_days.empty() || static_cast<std::int64_t>(age_days.size()) == baskets.rows,
            "age_days has " + std::to_string(age_days.size()) + " numbers for " + std::to_string(baskets.rows) +
                " baskets; give one per basket, or none");
    for (std::size_t basket = 0; basket < age_days.size(); ++basket)
        require(std::isfinite(age_days[basket]),
                "age_days of basket " + std::to_string(basket) + " is not a finite number; give an age in days");
    require(options.half_life_days == 0 || !age_days.empty() || baskets.rows == 0,
            "EaseOptions::half_life_days needs the age of each basket; give age_days, or half_life_days 0");
}

WeightedBaskets ease_rows(const CsrView& baskets, std::span<const float> age_days, std::span<const std::int32_t> lines,
                          const EaseOptions& options) {
    std::vector<float> weights = basket_weights(baskets, age_days, options);
    if (options.line_share > 0) return with_line_windows(baskets, weights, lines, options.line_share);
    return {{baskets.rows,
             baskets.cols,
             {baskets.indptr.begin(), baskets.indptr.end()},
             {baskets.indices.begin(), baskets.indices.end()},
             {}},
            std::move(weights)};
}

EaseModel fit_ease_rows(WeightedBaskets rows, std::vector<std::int64_t> counts, const EaseOptions& options,
                        const Progress& progress) {
    return EaseFit({}, std::move(rows), std::move(counts), options, progress).run();
}

}  // namespace algorithms

EaseModel fit_ease(const CsrView& baskets, std::span<const float> age_days, const EaseOptions& options,
                   const Progress& progress, std::span<const std::int32_t> lines) {
    check(baskets);
    algorithms::check_ease_options(baskets, age_days, lines, options);
    WeightedBaskets rows;
    if (options.line_share > 0)
        rows = algorithms::ease_rows(baskets, age_days, lines, options);
    else
        rows.weights = basket_weights(baskets, age_days, options);
    return EaseFit(baskets, std::move(rows), algorithms::basket_counts(baskets), options, progress).run();
}

}  // namespace crosslift
