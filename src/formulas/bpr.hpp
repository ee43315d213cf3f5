// Bayesian personalised ranking (Rendle et al. 2009), one drawn pair at a time: customer u bought i and not j.
#pragma once

#include "formulas/permutation.hpp"

#include <cmath>
#include <cstdint>

namespace crosslift::formulas {

/// How strongly a pair pulls: sigma(-z) = 1 / (1 + e^z), z = x_u.(y_i - y_j).
CROSSLIFT_HD float bpr_pull(float z) {
    return 1.0F / (1.0F + expf(z));
}

/// One step of stochastic gradient ascent on ln sigma(z) - regularization/2 |theta|^2 for one number;
/// `slope` is dz/dtheta: y_i - y_j for x_u, x_u for y_i, -x_u for y_j.
CROSSLIFT_HD float bpr_step(float theta, float slope, float pull, float learning_rate, float regularization) {
    return theta + learning_rate * (pull * slope - regularization * theta);
}

/// The items that are set against the cells of a batch: each item the same number of times, in shuffled order. The cell
/// with number c of the batch is set against item place_of(draw, c) % items, so an item finds its cells again.
CROSSLIFT_HD Permutation bpr_draw(std::int64_t cells, std::int64_t items, Philox4 key) {
    return make_permutation((cells + items - 1) / items * items, key);
}

CROSSLIFT_HD std::int32_t bpr_opponent(const Permutation& draw, std::int64_t cell, std::int64_t items) {
    return static_cast<std::int32_t>(place_of(draw, cell) % items);
}

}  // namespace crosslift::formulas
