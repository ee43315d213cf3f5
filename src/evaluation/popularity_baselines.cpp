// What sells, what sells in the basket's categories, and what this customer buys.
#include "evaluation/baselines.hpp"

#include <algorithm>

namespace crosslift::evaluation {
namespace {

std::vector<double> weighted_counts(const TrainingSet& set, double half_life) {
    const std::vector<double> weight = basket_weights(set, 0, half_life);
    std::vector<double> count(static_cast<std::size_t>(set.items()));
    const CsrView baskets = set.baskets;
    for (std::int64_t b = 0; b < baskets.rows; ++b) {
        for (const std::int32_t item : baskets.row(b)) {
            count[static_cast<std::size_t>(item)] += weight[static_cast<std::size_t>(b)];
        }
    }
    return count;
}

class Popularity : public SingleScorer {
public:
    Popularity(const TrainingSet& set, const Setting& setting) : count_(weighted_counts(set, setting["half_life"])) {}

private:
    void score_one(const Query&, std::span<double> scores) const override { std::ranges::copy(count_, scores.begin()); }

    std::vector<double> count_;
};

/// n_j * (floor + share of the basket's items that lie in j's leaf).
class LeafPopularity : public SingleScorer {
public:
    LeafPopularity(const TrainingSet& set, const Setting& setting)
        : count_(set.count), leaf_(set.leaf), leaves_(set.leaves), floor_(setting["floor"]) {}

private:
    void score_one(const Query& query, std::span<double> scores) const override {
        std::vector<double> share(static_cast<std::size_t>(leaves_));
        for (const std::int32_t item : query.items) {
            const std::int32_t leaf = leaf_[static_cast<std::size_t>(item)];
            if (leaf >= 0) share[static_cast<std::size_t>(leaf)] += 1 / static_cast<double>(query.items.size());
        }
        for (std::size_t j = 0; j < scores.size(); ++j) {
            scores[j] = count_[j] * (floor_ + (leaf_[j] < 0 ? 0 : share[static_cast<std::size_t>(leaf_[j])]));
        }
    }

    std::vector<double> count_;
    std::vector<std::int32_t> leaf_;
    std::int32_t leaves_;
    double floor_;
};

/// sum over the customer's baskets with j of decay^(baskets since); popularity breaks ties and stands in for customers
/// without a past.
class OwnFrequency : public SingleScorer {
public:
    OwnFrequency(const TrainingSet& set, const Setting& setting)
        : baskets_(set.history.baskets),
          customer_baskets_(set.history.customer_baskets),
          count_(set.count),
          decay_(setting["decay"]) {
        const double most = *std::max_element(count_.begin(), count_.end());
        for (double& count : count_) count *= 1e-6 / std::max(most, 1.0);
    }

private:
    void score_one(const Query& query, std::span<double> scores) const override {
        std::ranges::copy(count_, scores.begin());
        if (query.customer == IdMap::unknown) return;
        const CsrView baskets = baskets_;
        const auto own = customer_baskets_.view().row(query.customer);
        double weight = 1;
        for (std::size_t n = own.size(); n-- > 0; weight *= decay_) {
            for (const std::int32_t item : baskets.row(own[n])) scores[static_cast<std::size_t>(item)] += weight;
        }
    }

    CsrMatrix baskets_, customer_baskets_;
    std::vector<double> count_;
    double decay_;
};

template <class Model>
std::unique_ptr<Scorer> fit(const TrainingSet& set, const Setting& setting) {
    return std::make_unique<Model>(set, setting);
}

}  // namespace

std::vector<Baseline> popularity_baselines() {
    return {{"popularity", all_settings({{"half_life", {0, 1, 0.5, 0.25, 0.125, 0.06, 0.03, 0.015}}}), fit<Popularity>},
            {"leaf popularity", all_settings({{"floor", {0.1, 0, 0.01, 0.03, 0.3, 1, 3, 10}}}), fit<LeafPopularity>,
             false, true},
            {"own frequency", all_settings({{"decay", {1, 0.98, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5}}}), fit<OwnFrequency>,
             true}};
}

}  // namespace crosslift::evaluation
