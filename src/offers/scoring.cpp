#include "offers/scoring.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift {
namespace {

double pair_score(const ComplementModel& model, std::int32_t from, std::int32_t to) {
    const auto in = model.in_factors.row(from);
    const auto out = model.out_factors.row(to);
    double sum = 0;
    for (std::size_t n = 0; n < in.size(); ++n) sum += static_cast<double>(in[n]) * out[n];
    const CsrView residuals = model.residuals;
    const auto columns = residuals.row(from);
    const auto at = std::lower_bound(columns.begin(), columns.end(), to);
    if (at != columns.end() && *at == to)
        sum += residuals.row_values(from)[static_cast<std::size_t>(at - columns.begin())];
    return sum;
}

double popularity_factor(const EngineState& state, std::int32_t item, double popularity) {
    if (popularity == 1) return 1;
    const auto most = static_cast<double>(state.most_baskets);
    const auto baskets =
        static_cast<double>(std::max<std::int64_t>(1, state.basket_counts[static_cast<std::size_t>(item)]));
    return std::pow(baskets / most, popularity - 1);
}

}  // namespace

BasketScores basket_scores(const EngineState& state, std::span<const std::int32_t> basket, std::int32_t customer,
                           std::int64_t as_of, const ScoreWeights& weights) {
    const OfferModels& models = state.models;
    BasketScores scores;
    scores.popularity = weights.popularity;
    scores.total.assign(static_cast<std::size_t>(state.items()), 0.0F);
    add_basket_scores(models.complement, basket, scores.total);
    if (customer != IdMap::unknown && weights.own_history > 0 && models.own_history.weight > 0) {
        scores.own_history.assign(scores.total.size(), 0.0F);
        add_own_history(models.own_history, models.history, customer, basket, as_of, weights.own_history,
                        scores.own_history);
        for (std::size_t item = 0; item < scores.total.size(); ++item) scores.total[item] += scores.own_history[item];
    }
    if (weights.popularity != 1) {
        // Few different counts stand behind many items: each count's power is taken once.
        std::vector<float> known(static_cast<std::size_t>(std::min<std::int64_t>(state.most_baskets + 1, 1 << 14)),
                                 0.0F);
        for (std::int32_t item = 0; item < state.items(); ++item) {
            const auto at = static_cast<std::size_t>(item);
            const auto count = static_cast<std::size_t>(state.basket_counts[at]);
            float factor = count < known.size() ? known[count] : 0.0F;
            if (factor == 0) factor = static_cast<float>(popularity_factor(state, item, weights.popularity));
            if (count < known.size()) known[count] = factor;
            scores.total[at] *= factor;
        }
    }
    return scores;
}

BasketShares basket_shares(const EngineState& state, const BasketScores& scores, std::span<const std::int32_t> basket,
                           std::int32_t item) {
    const ComplementModel& model = state.models.complement;
    const auto at = static_cast<std::size_t>(item);
    const double factor = popularity_factor(state, item, scores.popularity);
    BasketShares shares;
    for (const std::int32_t from : basket) shares.items.push_back(factor * pair_score(model, from, item));
    shares.intercept = factor * static_cast<double>(model.intercept[at]);
    if (!scores.own_history.empty()) shares.own_history = factor * static_cast<double>(scores.own_history[at]);
    return shares;
}

Ranking::Ranking(const std::vector<float>& scores, const std::vector<std::uint8_t>& may, float least) {
    for (std::size_t item = 0; item < scores.size(); ++item)
        if (scores[item] >= least && may[item] != 0) heap_.push_back({scores[item], static_cast<std::int32_t>(item)});
    std::ranges::make_heap(heap_, worse);
}

std::int32_t Ranking::next() {
    if (heap_.empty()) return IdMap::unknown;
    std::ranges::pop_heap(heap_, worse);
    const std::int32_t item = heap_.back().item;
    heap_.pop_back();
    return item;
}

}  // namespace crosslift
