// Pointwise mutual information of baskets, factorised.
#include "evaluation/ease_scorer.hpp"

#include <crosslift/sppmi.hpp>

#include <algorithm>
#include <limits>

namespace crosslift::evaluation {
namespace {

class SppmiScorer : public SingleScorer {
public:
    SppmiScorer(const TrainingSet& set, const SppmiOptions& options)
        : items_(ease_items(set)), model_(fit_sppmi(baskets_over(set, items_), {}, options, {{}, set.stop})) {}

private:
    void score_one(const Query& query, std::span<double> scores) const override {
        std::vector<std::int32_t> basket;
        for (const std::int32_t item : query.items) {
            const std::int32_t row = items_.row_of[static_cast<std::size_t>(item)];
            if (row >= 0) basket.push_back(row);
        }
        std::vector<float> sums(items_.items.size(), 0.0F);
        add_basket_scores(model_, basket, sums);
        std::ranges::fill(scores, -std::numeric_limits<double>::infinity());
        for (std::size_t j = 0; j < sums.size(); ++j) scores[static_cast<std::size_t>(items_.items[j])] = sums[j];
    }

    EaseItems items_;
    SppmiModel model_;
};

}  // namespace

std::vector<Baseline> sppmi_baselines() {
    return {{"SPPMI", all_settings({{"factors", {256, 64}}, {"popularity", {0.25, 0, 0.5, 0.75, 1}}}),
             [](const TrainingSet& set, const Setting& setting) -> std::unique_ptr<Scorer> {
                 SppmiOptions options;
                 options.factors = static_cast<int>(setting["factors"]);
                 options.popularity = setting["popularity"];
                 options.threads = set.threads;
                 return std::make_unique<SppmiScorer>(set, options);
             }}};
}

}  // namespace crosslift::evaluation
