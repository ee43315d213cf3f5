#include "algorithms/basket_slices.hpp"
#include "algorithms/co_purchases.hpp"
#include "algorithms/memory_plan.hpp"
#include "algorithms/randomized_svd.hpp"
#include "devices/devices.hpp"

#include <crosslift/error.hpp>
#include <crosslift/sppmi.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace crosslift {
namespace {

using namespace algorithms;

void check_arguments(const CsrView& baskets, std::span<const float> age_days, const SppmiOptions& options) {
    check(baskets);
    const auto want = [](bool holds, const std::string& message) {
        if (!holds) throw InvalidArgument("fit_sppmi: " + message);
    };
    const auto number = [&](bool holds, const char* name, double value, const char* wanted) {
        want(holds, std::string(name) + " is " + std::to_string(value) + "; give " + wanted);
    };
    want(options.factors > 0, "factors is " + std::to_string(options.factors) + "; give 1 or more");
    number(options.shift > 0 && std::isfinite(options.shift), "shift", options.shift, "a positive number");
    number(options.smoothing >= 0 && options.smoothing <= 1, "smoothing", options.smoothing, "a number from 0 to 1");
    number(options.popularity >= 0 && options.popularity <= 1, "popularity", options.popularity,
           "a number from 0 to 1");
    number(options.half_life_days >= 0 && std::isfinite(options.half_life_days), "half_life_days",
           options.half_life_days, "0 (no decay) or a positive number");
    want(age_days.empty() || age_days.size() == idx(baskets.rows), "age_days holds " + std::to_string(age_days.size()) +
                                                                       " values; give none, or one for each of the " +
                                                                       std::to_string(baskets.rows) + " baskets");
    want(options.half_life_days == 0 || !age_days.empty() || baskets.rows == 0,
         "half_life_days needs the age of each basket; give age_days, or half_life_days 0");
    for (std::size_t basket = 0; basket < age_days.size(); ++basket)
        want(std::isfinite(age_days[basket]),
             "age_days of basket " + std::to_string(basket) + " is not a finite number; give an age in days");
}

std::vector<float> weights_of(const CsrView& baskets, std::span<const float> age_days, const SppmiOptions& options) {
    std::vector<float> weights(idx(baskets.rows), 0.0F);
    for (std::int64_t row = 0; row < baskets.rows; ++row) {
        const std::size_t size = baskets.row(row).size();
        if (size < 2) continue;
        const double age = options.half_life_days > 0 ? static_cast<double>(age_days[idx(row)]) : 0.0;
        const double decay = options.half_life_days > 0 ? std::exp2(-age / options.half_life_days) : 1.0;
        weights[idx(row)] = static_cast<float>(decay / static_cast<double>(size - 1));
    }
    return weights;
}

// n_i: the weights of an item's baskets, times what else they hold.
std::vector<double> totals_of(const CsrView& baskets, std::span<const float> weights) {
    std::vector<double> totals(idx(baskets.cols), 0.0);
    for (std::int64_t row = 0; row < baskets.rows; ++row) {
        const auto items = baskets.row(row);
        for (const std::int32_t item : items)
            totals[idx(item)] += static_cast<double>(weights[idx(row)]) * (static_cast<double>(items.size()) - 1);
    }
    return totals;
}

class SppmiFit {
public:
    SppmiFit(const CsrView& baskets, std::span<const float> age_days, const SppmiOptions& options,
             const Progress& progress)
        : options_(options),
          progress_(progress),
          weights_(weights_of(baskets, age_days, options)),
          totals_(totals_of(baskets, weights_)),
          pairs_(baskets, weights_),
          items_(baskets.cols) {}

    SppmiModel run() {
        SppmiModel model;
        model.options = options_;
        model.popularity = popularity();
        model.in_factors = model.out_factors = Matrix(items_, options_.factors);
        if (items_ > 0) factorise(model);
        report(2);
        return model;
    }

private:
    void factorise(SppmiModel& model) {
        const auto machine = open_backend(options_.device);
        const auto lane = machine->lane(options_.threads);
        const auto bytes = items_ * items_ * static_cast<std::int64_t>(sizeof(float));
        MemoryPlan plan;
        plan.add("the items' matrix", bytes);
        if (machine->device().kind == Device::Kind::cpu) plan.add("their copy", bytes);
        plan.add("its factors",
                 6 * items_ * (options_.factors + svd_oversampling) * static_cast<std::int64_t>(sizeof(float)));
        plan.require(*machine, "SPPMI over " + std::to_string(items_) + " items",
                     "give baskets over fewer items, such as the best sellers");
        const std::vector<float> information = this->information();
        auto square = machine->array<float>(items_ * items_);
        machine->copy_in(*lane, square.data(), information.data(), bytes);
        report(1);
        BalancedSvd svd = randomized_svd(*machine, *lane, {square.data(), items_, items_, items_}, options_.factors,
                                         options_.seed, progress_.stop);
        model.in_factors = std::move(svd.left);
        model.out_factors = std::move(svd.right);
    }

    // M, rows of items in the basket.
    std::vector<float> information() {
        double smoothed = 0;
        for (const double total : totals_)
            if (total > 0) smoothed += std::pow(total, options_.smoothing);
        std::vector<float> matrix(idx(items_ * items_), 0.0F);
        for (std::int32_t item = 0; item < items_; ++item) {
            if (progress_.stop.stop_requested()) throw Stopped("SPPMI was stopped before its pairs were counted");
            for (const auto& [other, together] : pairs_.of(item)) {
                if (other == item) continue;
                const double chance = totals_[idx(item)] * std::pow(totals_[idx(other)], options_.smoothing) / smoothed;
                const double beyond = std::log(together / chance) - std::log(options_.shift);
                matrix[idx(item * items_ + other)] = static_cast<float>(std::max(beyond, 0.0));
            }
        }
        return matrix;
    }

    std::vector<float> popularity() const {
        double all = 0;
        for (const double total : totals_) all += total;
        std::vector<float> result;
        for (const double total : totals_)
            result.push_back(
                total > 0 ? static_cast<float>((options_.popularity + options_.smoothing - 1) * std::log(total / all))
                          : -std::numeric_limits<float>::infinity());
        return result;
    }

    void report(int step) const {
        if (!progress_.on_step) return;
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began_;
        progress_.on_step({"sppmi", step, 2, seconds.count(), std::numeric_limits<double>::quiet_NaN()});
    }

    const SppmiOptions& options_;
    const Progress& progress_;
    std::vector<float> weights_;
    std::vector<double> totals_;
    CoPurchases pairs_;
    std::int64_t items_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace

SppmiModel fit_sppmi(const CsrView& baskets, std::span<const float> age_days, const SppmiOptions& options,
                     const Progress& progress) {
    check_arguments(baskets, age_days, options);
    return SppmiFit(baskets, age_days, options, progress).run();
}

void add_basket_scores(const SppmiModel& model, std::span<const std::int32_t> basket, std::span<float> scores) {
    const std::int64_t items = model.in_factors.rows();
    if (scores.size() != idx(items))
        throw InvalidArgument("add_basket_scores: scores holds " + std::to_string(scores.size()) +
                              " numbers; give one for each of the " + std::to_string(items) + " items");
    std::vector<float> mean(idx(model.in_factors.cols()), 0.0F);
    for (const std::int32_t item : basket) {
        if (item < 0 || item >= items)
            throw InvalidArgument("add_basket_scores: the basket holds item row " + std::to_string(item) +
                                  "; rows go from 0 to " + std::to_string(items - 1));
        const auto in = model.in_factors.row(item);
        for (std::size_t f = 0; f < mean.size(); ++f) mean[f] += in[f] / static_cast<float>(basket.size());
    }
    for (std::int64_t item = 0; item < items; ++item) {
        const auto out = model.out_factors.row(item);
        float sum = model.popularity[idx(item)];
        for (std::size_t f = 0; f < mean.size(); ++f) sum += mean[f] * out[f];
        scores[idx(item)] += sum;
    }
}

}  // namespace crosslift
