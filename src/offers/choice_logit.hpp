// Conditional (softmax) logit: which of several alternatives was chosen, from what is known of each (McFadden 1974).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift {

/// Choices with alternatives of `features` numbers each, centred inside their choice.
struct ChoiceSets {
    std::size_t features = 0;
    std::vector<std::int64_t> indptr = {0};  ///< per choice: its alternatives
    std::vector<double> values;              ///< alternatives x features
    std::vector<std::int64_t> chosen;        ///< per choice: the alternative taken, a row of `values`

    std::size_t size() const { return chosen.size(); }
    std::span<const double> row(std::int64_t alternative) const {
        return std::span(values).subspan(static_cast<std::size_t>(alternative) * features, features);
    }
    /// Adds a choice of `alternatives` (one after the other, NaN = unknown), of which number `taken` was taken.
    void add(std::vector<double> alternatives, std::int64_t taken);
    void append(const ChoiceSets& other);
};

/// Takes from each feature its mean over the alternatives; a NaN is left out of the mean and becomes 0.
void centre(std::span<double> alternatives, std::size_t features);

/// Weights that maximise the log-likelihood - l2 / 2 * sum (weight * spread of the feature)^2, by Newton's method with
/// halved steps where a whole one does not improve. A feature that never differs gets weight 0.
std::vector<double> fit_choice_logit(const ChoiceSets& choices, double l2);

/// Mean reciprocal rank of the alternatives taken, ranked by sum of weight * feature; ties count half.
double mean_reciprocal_rank(const ChoiceSets& choices, std::span<const double> weights);

}  // namespace crosslift
