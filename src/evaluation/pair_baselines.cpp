// Methods that add up a number per pair of items: co-count, lift, log-likelihood ratio, cosine.
#include "evaluation/baselines.hpp"
#include "evaluation/co_counts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace crosslift::evaluation {
namespace {

/// score_j = sum over i in the basket of links_ij.
class Links : public SingleScorer {
public:
    /// `value(both, n_i, n_j, n)` for each counted pair; 0 or less leaves the pair out. Of each row the `keep` largest
    /// stay (0: all).
    template <class Value>
    Links(CoCounts counts, std::size_t keep, Value value) : links_(std::move(counts)) {
        for (std::int64_t i = 0; i < links_.pairs.rows; ++i) {
            const auto columns = links_.pairs.view().row(i);
            const auto row = std::span(links_.values)
                                 .subspan(static_cast<std::size_t>(links_.pairs.view().begin(i)), columns.size());
            for (std::size_t n = 0; n < row.size(); ++n) {
                const double worth = value(row[n], links_.count[static_cast<std::size_t>(i)],
                                           links_.count[static_cast<std::size_t>(columns[n])], links_.baskets);
                row[n] = std::max(worth, 0.0);
            }
            if (keep > 0 && keep < row.size()) prune(row, keep);
        }
    }

private:
    static void prune(std::span<double> row, std::size_t keep) {
        std::vector<std::size_t> order(row.size());
        std::iota(order.begin(), order.end(), 0U);
        std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(keep), order.end(),
                         [&](std::size_t a, std::size_t b) { return row[a] != row[b] ? row[a] > row[b] : a < b; });
        for (std::size_t n = keep; n < order.size(); ++n) row[order[n]] = 0;
    }

    void score_one(const Query& query, std::span<double> scores) const override {
        std::ranges::fill(scores, 0.0);
        for (const std::int32_t i : query.items) {
            const auto columns = links_.pairs.view().row(i);
            const auto values = links_.row_values(i);
            for (std::size_t n = 0; n < columns.size(); ++n) scores[static_cast<std::size_t>(columns[n])] += values[n];
        }
    }

    CoCounts links_;
};

CoCounts counts_of(const TrainingSet& set, double size_exponent, double half_life) {
    return count_pairs(set.baskets, basket_weights(set, size_exponent, half_life), set.threads, set.stop);
}

std::unique_ptr<Scorer> co_count(const TrainingSet& set, const Setting& setting) {
    const double power = setting["source_power"];
    return std::make_unique<Links>(counts_of(set, setting["size_exponent"], setting["half_life"]), 0,
                                   [=](double both, double ni, double, double) { return both / std::pow(ni, power); });
}

std::unique_ptr<Scorer> lift(const TrainingSet& set, const Setting& setting) {
    const double support = setting["min_support"];
    const double shrink = setting["shrink"];
    return std::make_unique<Links>(counts_of(set, 0, 0), 0, [=](double both, double ni, double nj, double n) {
        return both < support ? 0 : both * n / (ni * nj) * both / (both + shrink);
    });
}

/// 2 sum of observed ln(observed / expected) over the 2 x 2 table (Dunning 1993); 0 for pairs rarer than by chance.
double log_likelihood_ratio(double both, double ni, double nj, double n) {
    if (both * n <= ni * nj) return 0;
    const auto cell = [](double seen, double expected) { return seen > 0 ? seen * std::log(seen / expected) : 0; };
    return 2 * (cell(both, ni * nj / n) + cell(ni - both, ni * (n - nj) / n) + cell(nj - both, (n - ni) * nj / n) +
                cell(n - ni - nj + both, (n - ni) * (n - nj) / n));
}

std::unique_ptr<Scorer> llr(const TrainingSet& set, const Setting& setting) {
    const double power = setting["power"];
    return std::make_unique<Links>(counts_of(set, 0, 0), static_cast<std::size_t>(setting["neighbours"]),
                                   [=](double both, double ni, double nj, double n) {
                                       const double g2 = log_likelihood_ratio(both, ni, nj, n);
                                       return g2 > 0 ? std::pow(g2, power) : 0;
                                   });
}

std::unique_ptr<Scorer> cosine(const TrainingSet& set, const Setting& setting) {
    const double shrink = setting["shrink"];
    return std::make_unique<Links>(
        counts_of(set, setting["size_exponent"], 0), static_cast<std::size_t>(setting["neighbours"]),
        [=](double both, double ni, double nj, double) { return both / (std::sqrt(ni) * std::sqrt(nj) + shrink); });
}

}  // namespace

std::vector<Baseline> pair_baselines() {
    return {
        {"co-count",
         all_settings({{"source_power", {1, 0.5}}, {"size_exponent", {0, 0.5, 1}}, {"half_life", {0, 1, 0.3}}}),
         co_count},
        {"lift", all_settings({{"shrink", {0, 10, 100}}, {"min_support", {3, 1, 10, 30, 100}}}), lift},
        {"LLR", all_settings({{"power", {1, 0.5, 0}}, {"neighbours", {0, 20, 50, 100, 200}}}), llr},
        {"cosine kNN",
         all_settings({{"neighbours", {0, 50, 100, 200}}, {"shrink", {0, 10, 100}}, {"size_exponent", {0, 0.5, 1}}}),
         cosine}};
}

}  // namespace crosslift::evaluation
