#include "offers/logistic.hpp"

#include "offers/solve_spd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace crosslift {
namespace {

constexpr int max_steps = 50;
constexpr double small_step = 1e-8;  // of a weight on a fact of unit spread
constexpr double rounding = 1e-11;   // relative error of a log-likelihood's sum

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t n = 0; n < a.size(); ++n) sum += a[n] * b[n];
    return sum;
}

double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

/// ln(1 + exp(x)) without overflow.
double softplus(double x) {
    return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

/// Facts less their mean, over their spread, with a 1 behind them for the intercept.
struct Scaled {
    explicit Scaled(const LogisticRows& rows) : width(rows.features + 1), mean(rows.features), spread(rows.features) {
        const auto count = static_cast<double>(rows.size());
        for (std::size_t n = 0; n < rows.size(); ++n)
            for (std::size_t f = 0; f < rows.features; ++f) mean[f] += rows.row(n)[f] / count;
        for (std::size_t n = 0; n < rows.size(); ++n)
            for (std::size_t f = 0; f < rows.features; ++f) {
                const double off = rows.row(n)[f] - mean[f];
                spread[f] += off * off / count;
            }
        for (std::size_t f = 0; f < rows.features; ++f)
            spread[f] = spread[f] > 1e-18 * (1 + mean[f] * mean[f]) ? std::sqrt(spread[f]) : 0;
        values.reserve(rows.size() * width);
        for (std::size_t n = 0; n < rows.size(); ++n) {
            for (std::size_t f = 0; f < rows.features; ++f)
                values.push_back(spread[f] > 0 ? (rows.row(n)[f] - mean[f]) / spread[f] : 0);
            values.push_back(1);
        }
    }

    std::span<const double> row(std::size_t n) const { return std::span(values).subspan(n * width, width); }

    std::size_t width;
    std::vector<double> mean, spread, values;
};

double log_likelihood(const Scaled& rows, std::span<const double> outcome, std::span<const double> weights, double l2) {
    const auto penalised = weights.first(weights.size() - 1);
    double value = -0.5 * l2 * dot(penalised, penalised);
    for (std::size_t n = 0; n < outcome.size(); ++n) {
        const double odds = dot(rows.row(n), weights);
        value += outcome[n] * odds - softplus(odds);
    }
    return value;
}

/// The step of Newton's method from `weights`.
std::vector<double> newton_step(const Scaled& rows, std::span<const double> outcome, std::span<const double> weights,
                                double l2) {
    const std::size_t size = rows.width;
    std::vector<double> gradient(size), hessian(size * size);
    for (std::size_t f = 0; f < size; ++f) {
        const double penalty = f + 1 < size ? l2 : 1e-9;
        gradient[f] = f + 1 < size ? -l2 * weights[f] : 0;
        hessian[f * size + f] = penalty;
    }
    for (std::size_t n = 0; n < outcome.size(); ++n) {
        const auto x = rows.row(n);
        const double p = sigmoid(dot(x, weights));
        const double curvature = p * (1 - p);
        for (std::size_t f = 0; f < size; ++f) {
            gradient[f] += (outcome[n] - p) * x[f];
            const double cx = curvature * x[f];
            for (std::size_t g = 0; g <= f; ++g) hessian[f * size + g] += cx * x[g];
        }
    }
    return solve_spd(std::move(hessian), std::move(gradient));
}

}  // namespace

void LogisticRows::add(std::span<const double> facts, bool yes) {
    values.insert(values.end(), facts.begin(), facts.end());
    outcome.push_back(yes ? 1 : 0);
}

void LogisticRows::append(const LogisticRows& other) {
    values.insert(values.end(), other.values.begin(), other.values.end());
    outcome.insert(outcome.end(), other.outcome.begin(), other.outcome.end());
}

double Logistic::log_odds(std::span<const double> facts) const {
    return intercept + dot(facts, weights);
}

double Logistic::probability(std::span<const double> facts) const {
    return sigmoid(log_odds(facts));
}

Logistic fit_logistic(const LogisticRows& rows, double l2) {
    const Scaled scaled(rows);
    std::vector<double> weights(scaled.width), next(scaled.width);
    double here = log_likelihood(scaled, rows.outcome, weights, l2);
    for (int step = 0; step < max_steps; ++step) {
        const auto move = newton_step(scaled, rows.outcome, weights, l2);
        double length = 1;
        double there = 0;
        do {
            for (std::size_t f = 0; f < next.size(); ++f) next[f] = weights[f] + length * move[f];
            there = log_likelihood(scaled, rows.outcome, next, l2);
            length /= 2;
        } while (there < here - rounding * std::abs(here) && length > small_step);
        weights = next;
        here = there;
        if (std::ranges::all_of(move, [](double m) { return std::abs(m) < small_step; })) break;
    }
    Logistic model{weights.back(), {}};
    for (std::size_t f = 0; f < rows.features; ++f) {
        model.weights.push_back(scaled.spread[f] > 0 ? weights[f] / scaled.spread[f] : 0);
        model.intercept -= model.weights[f] * scaled.mean[f];
    }
    return model;
}

double roc_area(std::span<const double> scores, std::span<const double> outcome) {
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    double yes = 0, no = 0, pairs = 0;
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        double new_yes = 0;
        for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) new_yes += outcome[order[end]];
        const double new_no = static_cast<double>(end - begin) - new_yes;
        pairs += new_no * (yes + 0.5 * new_yes);
        yes += new_yes;
        no += new_no;
    }
    return yes > 0 && no > 0 ? pairs / (yes * no) : std::numeric_limits<double>::quiet_NaN();
}

double average_precision(std::span<const double> scores, std::span<const double> outcome) {
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    double yes = 0, area = 0;
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        double new_yes = 0;
        for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) new_yes += outcome[order[end]];
        yes += new_yes;
        area += new_yes * yes / static_cast<double>(end);
    }
    return yes > 0 ? area / yes : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace crosslift
