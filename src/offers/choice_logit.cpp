#include "offers/choice_logit.hpp"

#include "offers/solve_spd.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift {
namespace {

constexpr int max_steps = 50;
constexpr double small_step = 1e-7;  // of a weight on a feature of unit spread
constexpr double rounding = 1e-11;   // relative error of a log-likelihood's sum

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t n = 0; n < a.size(); ++n) sum += a[n] * b[n];
    return sum;
}

/// Log-likelihood with penalty, and its gradient and negated Hessian (lower triangle) where wanted.
struct Slope {
    double value = 0;
    std::vector<double> gradient, hessian;
};

Slope slope(const ChoiceSets& choices, std::span<const double> weights, double l2, bool derivatives) {
    const std::size_t size = choices.features;
    Slope result{-0.5 * l2 * dot(weights, weights), {}, {}};
    if (derivatives) {
        result.hessian.assign(size * size, 0);
        for (std::size_t f = 0; f < size; ++f) {
            result.gradient.push_back(-l2 * weights[f]);
            result.hessian[f * size + f] = l2;
        }
    }
    std::vector<double> share, mean(size);
    for (std::size_t choice = 0; choice < choices.size(); ++choice) {
        const std::int64_t begin = choices.indptr[choice];
        const std::int64_t end = choices.indptr[choice + 1];
        share.clear();
        for (auto row = begin; row < end; ++row) share.push_back(dot(choices.row(row), weights));
        const double top = *std::ranges::max_element(share);
        const double taken = share[idx(choices.chosen[choice] - begin)];
        double sum = 0;
        for (double& utility : share) sum += utility = std::exp(utility - top);
        result.value += taken - top - std::log(sum);
        if (!derivatives) continue;
        std::ranges::fill(mean, 0);
        for (auto row = begin; row < end; ++row) {
            const auto x = choices.row(row);
            const double p = share[idx(row - begin)] / sum;
            for (std::size_t f = 0; f < size; ++f) {
                const double px = p * x[f];
                mean[f] += px;
                for (std::size_t g = 0; g <= f; ++g) result.hessian[f * size + g] += px * x[g];
            }
        }
        const auto x = choices.row(choices.chosen[choice]);
        for (std::size_t f = 0; f < size; ++f) {
            result.gradient[f] += x[f] - mean[f];
            for (std::size_t g = 0; g <= f; ++g) result.hessian[f * size + g] -= mean[f] * mean[g];
        }
    }
    return result;
}

/// Divides each feature by its spread over all alternatives (their mean is 0); returns the spreads, 0 for a constant.
std::vector<double> scale_to_unit(ChoiceSets& choices) {
    std::vector<double> spread(choices.features);
    const auto rows = static_cast<double>(choices.indptr.back());
    for (std::size_t n = 0; n < choices.values.size(); ++n)
        spread[n % choices.features] += choices.values[n] * choices.values[n] / rows;
    for (double& s : spread) s = s > 1e-18 ? std::sqrt(s) : 0;
    for (std::size_t n = 0; n < choices.values.size(); ++n) {
        const double s = spread[n % choices.features];
        choices.values[n] = s > 0 ? choices.values[n] / s : 0;
    }
    return spread;
}

}  // namespace

void centre(std::span<double> alternatives, std::size_t features) {
    for (std::size_t f = 0; f < features; ++f) {
        double sum = 0;
        double known = 0;
        for (std::size_t n = f; n < alternatives.size(); n += features) {
            if (std::isnan(alternatives[n])) continue;
            sum += alternatives[n];
            known += 1;
        }
        for (std::size_t n = f; n < alternatives.size(); n += features)
            alternatives[n] = std::isnan(alternatives[n]) ? 0 : alternatives[n] - sum / known;
    }
}

void ChoiceSets::add(std::vector<double> alternatives, std::int64_t taken) {
    centre(alternatives, features);
    chosen.push_back(indptr.back() + taken);
    values.insert(values.end(), alternatives.begin(), alternatives.end());
    indptr.push_back(static_cast<std::int64_t>(values.size() / features));
}

void ChoiceSets::append(const ChoiceSets& other) {
    const std::int64_t before = indptr.back();
    values.insert(values.end(), other.values.begin(), other.values.end());
    for (const std::int64_t row : other.chosen) chosen.push_back(before + row);
    for (std::size_t choice = 0; choice < other.size(); ++choice) indptr.push_back(before + other.indptr[choice + 1]);
}

std::vector<double> fit_choice_logit(const ChoiceSets& choices, double l2) {
    ChoiceSets scaled = choices;
    const std::vector<double> spread = scale_to_unit(scaled);
    std::vector<double> weights(choices.features);
    std::vector<double> next(choices.features);
    for (int step = 0; step < max_steps; ++step) {
        Slope here = slope(scaled, weights, l2, true);
        const auto move = solve_spd(std::move(here.hessian), std::move(here.gradient));
        double length = 1;
        do {
            for (std::size_t f = 0; f < next.size(); ++f) next[f] = weights[f] + length * move[f];
            length /= 2;
        } while (slope(scaled, next, l2, false).value < here.value - rounding * std::abs(here.value) &&
                 length > small_step);
        weights = next;
        if (std::ranges::all_of(move, [](double m) { return std::abs(m) < small_step; })) break;
    }
    for (std::size_t f = 0; f < weights.size(); ++f) weights[f] = spread[f] > 0 ? weights[f] / spread[f] : 0;
    return weights;
}

double mean_reciprocal_rank(const ChoiceSets& choices, std::span<const double> weights) {
    if (choices.size() == 0) return 0;
    double sum = 0;
    for (std::size_t choice = 0; choice < choices.size(); ++choice) {
        const double taken = dot(choices.row(choices.chosen[choice]), weights);
        double rank = 0.5;
        for (auto row = choices.indptr[choice]; row < choices.indptr[choice + 1]; ++row) {
            const double utility = dot(choices.row(row), weights);
            rank += utility > taken ? 1 : utility == taken ? 0.5 : 0;
        }
        sum += 1 / rank;
    }
    return sum / static_cast<double>(choices.size());
}

}  // namespace crosslift
