#include "offers/scoring.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace crosslift {
namespace {

constexpr std::size_t lanes = 8;  // basket items that are worked on side by side

double residual(const CsrView& residuals, std::int32_t from, std::int32_t to) {
    const auto columns = residuals.row(from);
    const auto at = std::lower_bound(columns.begin(), columns.end(), to);
    if (at == columns.end() || *at != to) return 0;
    return residuals.row_values(from)[static_cast<std::size_t>(at - columns.begin())];
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

BasketSplit::BasketSplit(const EngineState& state, const BasketScores& scores, std::span<const std::int32_t> basket)
    : state_(state), scores_(scores), basket_(basket), width_((basket.size() + lanes - 1) / lanes * lanes) {
    const Matrix& factors = state.models.complement.in_factors;
    in_.resize(static_cast<std::size_t>(factors.cols()) * width_);
    for (std::size_t n = 0; n < basket.size(); ++n) {
        const auto row = factors.row(basket[n]);
        for (std::size_t f = 0; f < row.size(); ++f) in_[f * width_ + n] = row[f];
    }
}

BasketShares BasketSplit::operator()(std::int32_t item) const {
    const ComplementModel& model = state_.models.complement;
    const auto at = static_cast<std::size_t>(item);
    const double factor = popularity_factor(state_, item, scores_.popularity);
    const auto out = model.out_factors.row(item);
    const CsrView residuals = model.residuals;
    BasketShares shares;
    shares.items.resize(basket_.size());
    for (std::size_t first = 0; first < width_; first += lanes) {
        std::array<double, lanes> sums{};
        for (std::size_t f = 0; f < out.size(); ++f)
            for (std::size_t l = 0; l < lanes; ++l) sums[l] += in_[f * width_ + first + l] * out[f];
        for (std::size_t n = first; n < std::min(first + lanes, basket_.size()); ++n)
            shares.items[n] = factor * (sums[n - first] + residual(residuals, basket_[n], item));
    }
    shares.intercept = factor * static_cast<double>(model.intercept[at]);
    if (!scores_.own_history.empty()) shares.own_history = factor * static_cast<double>(scores_.own_history[at]);
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
