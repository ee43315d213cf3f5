// PerNIR (Ariannezhad et al., WSDM 2023): the customer's own baskets, those of similar customers, and what stood near
// the basket's items in both.
#include "evaluation/baselines.hpp"
#include "evaluation/customer_profiles.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift::evaluation {
namespace {

/// The mean of 1 / |p - q| over two places of a basket of `size` items in random order.
double mean_closeness(double size) {
    double sum = 0;
    for (double distance = 1; distance < size; ++distance) sum += (size - distance) / distance;
    return size < 2 ? 0 : 2 * sum / (size * (size - 1));
}

/// own(j) = sum over the customer's n baskets b = 0 .. n-1 of [j in b] / (n - b)
///          + ln|q| sum over i in q of 1 / (|q| - pos_i) * sum over b with i and j of 1 / ((n - b) |pos_i - pos_j|);
/// score(j) = own(j) + weight * mean over the nearest customers v of similarity(v) * own_v(j).
/// Where the order on the receipt is not known, its two factors are replaced by their means over random orders.
class PerNir : public SingleScorer {
public:
    PerNir(const TrainingSet& set, const Setting& setting)
        : ordered_(set.ordered),
          baskets_(set.ordered ? set.receipts : set.history.baskets),
          customer_baskets_(set.history.customer_baskets),
          popular_(set.count),
          weight_(setting["neighbour_weight"]) {
        for (double& count : popular_) count *= 1e-9;
        make_profiles();
        nearest_ = nearest_customers(profiles_, popular_.size(), static_cast<std::size_t>(setting["neighbours"]),
                                     Nearness::cosine, set.threads, set.stop);
    }

private:
    std::span<const std::int32_t> baskets_of(std::int32_t customer) const {
        return customer_baskets_.view().row(customer);
    }

    /// Per customer: sum over baskets of 1 / (n - b) per item, kept sparse.
    void make_profiles() {
        const std::int64_t customers = customer_baskets_.rows;
        profiles_.resize(static_cast<std::size_t>(customers));
        std::vector<double> dense(popular_.size());
        std::vector<std::int32_t> touched;
        for (std::int32_t c = 0; c < customers; ++c) {
            const auto own = baskets_of(c);
            for (std::size_t b = 0; b < own.size(); ++b) {
                for (const std::int32_t item : baskets_.view().row(own[b])) {
                    double& sum = dense[static_cast<std::size_t>(item)];
                    if (sum == 0) touched.push_back(item);
                    sum += 1 / static_cast<double>(own.size() - b);
                }
            }
            std::sort(touched.begin(), touched.end());
            for (const std::int32_t item : touched) {
                profiles_[static_cast<std::size_t>(c)].emplace_back(item, dense[static_cast<std::size_t>(item)]);
                dense[static_cast<std::size_t>(item)] = 0;
            }
            touched.clear();
        }
    }

    /// Weight of each item of the query: ln|q| / (|q| - pos), or its mean over orders.
    std::vector<double> query_weights(const Query& query) const {
        std::vector<double> weight(popular_.size());
        const auto size = static_cast<double>(query.items.size());
        double harmonic = 0;
        for (double n = 1; n <= size; ++n) harmonic += 1 / n;
        for (std::size_t pos = 0; pos < query.items.size(); ++pos) {
            const double near = ordered_ ? 1 / (size - static_cast<double>(pos)) : harmonic / size;
            weight[static_cast<std::size_t>(query.items[pos])] = std::log(size) * near;
        }
        return weight;
    }

    void add_customer(std::int32_t customer, double factor, const std::vector<double>& query,
                      std::span<double> scores) const {
        for (const auto& [item, value] : profiles_[static_cast<std::size_t>(customer)]) {
            scores[static_cast<std::size_t>(item)] += factor * value;
        }
        const auto own = baskets_of(customer);
        for (std::size_t b = 0; b < own.size(); ++b) {
            const auto items = baskets_.view().row(own[b]);
            const double recent = factor / static_cast<double>(own.size() - b);
            for (std::size_t p = 0; p < items.size(); ++p) {
                const double weight = query[static_cast<std::size_t>(items[p])];
                if (weight == 0) continue;
                const double mean = ordered_ ? 0 : mean_closeness(static_cast<double>(items.size()));
                for (std::size_t s = 0; s < items.size(); ++s) {
                    if (s == p) continue;
                    const double close =
                        ordered_ ? 1 / std::abs(static_cast<double>(s) - static_cast<double>(p)) : mean;
                    scores[static_cast<std::size_t>(items[s])] += recent * weight * close;
                }
            }
        }
    }

    void score_one(const Query& query, std::span<double> scores) const override {
        std::ranges::copy(popular_, scores.begin());
        if (query.customer == IdMap::unknown) return;
        const std::vector<double> weights = query_weights(query);
        add_customer(query.customer, 1, weights, scores);
        const auto& nearest = nearest_[static_cast<std::size_t>(query.customer)];
        for (const Neighbour& other : nearest) {
            add_customer(other.customer, weight_ * other.nearness / static_cast<double>(nearest.size()), weights,
                         scores);
        }
    }

    bool ordered_;
    CsrMatrix baskets_, customer_baskets_;
    std::vector<double> popular_;
    double weight_;
    std::vector<Profile> profiles_;
    std::vector<std::vector<Neighbour>> nearest_;
};

}  // namespace

std::vector<Baseline> pernir_baselines() {
    return {{"PerNIR", all_settings({{"neighbours", {100, 50, 300}}, {"neighbour_weight", {1, 0.3, 3, 10}}}),
             [](const TrainingSet& set, const Setting& setting) -> std::unique_ptr<Scorer> {
                 return std::make_unique<PerNir>(set, setting);
             },
             true}};
}

}  // namespace crosslift::evaluation
