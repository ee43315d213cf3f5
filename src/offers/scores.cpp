// Raw model scores without rules, for experiments and judging.
#include "offers/scoring.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace crosslift {
namespace {

void want_one_each(std::size_t came, std::size_t wanted, const char* what, const char* per) {
    if (came == wanted) return;
    throw InvalidArgument(std::to_string(came) + " " + what + " came for " + std::to_string(wanted) + " " + per +
                          "; give one each, or none");
}

std::int32_t customer_row(const OfferModels& models, std::span<const std::string> customers, std::size_t n) {
    return customers.empty() || customers[n].empty() ? IdMap::unknown : models.customers.find(customers[n]);
}

// Leaves in `scores` what is new to the customer, or only what is not; `bought` ascends.
void keep_apart(std::span<const std::int32_t> bought, HistoryUse history, std::span<float> scores) {
    for (std::size_t item = 0; item < scores.size(); ++item) {
        const bool known = std::ranges::binary_search(bought, static_cast<std::int32_t>(item));
        if (known != (history == HistoryUse::buy_again)) scores[item] = -std::numeric_limits<float>::infinity();
    }
}

// Natural log of 1 + baskets with the item: how scores of trade-ups from an unknown item are ordered.
float popularity(const EngineState& state, std::int32_t item) {
    return std::log1p(static_cast<float>(state.basket_counts[static_cast<std::size_t>(item)]));
}

// A moment after the latest purchase knows nothing more: sales are weighed by their age at the latest one. For an
// earlier moment the facts are made anew from the purchases up to it.
std::shared_ptr<const TradeUpFacts> facts_as_of(const EngineState& state, std::optional<std::int64_t> as_of) {
    const PurchaseHistory& history = state.models.history;
    if (!as_of || history.time.empty() || *as_of >= history.latest_time()) return state.trade_up_facts;
    const auto known = std::ranges::upper_bound(history.time, *as_of) - history.time.begin();
    const PurchaseHistory before = earlier(history, known);
    return make_trade_up_facts(before, state.models.catalog, fit_price(before, state.models.catalog),
                               state.models.trade_up.taste);
}

}  // namespace

Matrix OfferEngine::score_baskets(std::span<const std::vector<std::string>> baskets,
                                  std::span<const std::string> customers, std::optional<std::int64_t> as_of,
                                  HistoryUse history) const {
    const OfferModels& models = state_->models;
    if (!customers.empty()) want_one_each(customers.size(), baskets.size(), "customers", "baskets");
    const std::int64_t now = as_of.value_or(models.history.latest_time());
    Matrix scores(static_cast<std::int64_t>(baskets.size()), models.catalog.size());
    std::vector<std::int32_t> rows;
    for (std::size_t n = 0; n < baskets.size(); ++n) {
        rows.clear();
        for (const std::string& id : baskets[n]) {
            const std::int32_t row = models.catalog.items().find(id);
            if (row != IdMap::unknown) rows.push_back(row);
        }
        std::ranges::sort(rows);
        rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
        const std::int32_t customer = customer_row(models, customers, n);
        const double own = history == HistoryUse::discovery ? 0.0 : 1.0;
        const auto row = basket_scores(*state_, rows, customer, now, {.own_history = own}).total;
        const auto out = scores.row(static_cast<std::int64_t>(n));
        std::ranges::copy(row, out.begin());
        if (customer != IdMap::unknown && history != HistoryUse::mixed)
            keep_apart(bought_before(models.history, customer, now), history, out);
    }
    return scores;
}

std::vector<std::vector<float>> OfferEngine::score_upsells(std::span<const std::string> items,
                                                           std::span<const std::vector<std::string>> candidates,
                                                           std::span<const std::string> customers,
                                                           std::optional<std::int64_t> as_of) const {
    const EngineState& state = *state_;
    const OfferModels& models = state.models;
    want_one_each(candidates.size(), items.size(), "lists of candidates", "items");
    if (!customers.empty()) want_one_each(customers.size(), items.size(), "customers", "items");
    const auto facts = facts_as_of(state, as_of);
    std::vector<std::vector<float>> result(items.size());
    for (std::size_t n = 0; n < items.size(); ++n) {
        std::vector<std::int32_t> rows;
        std::vector<std::size_t> places;
        for (std::size_t m = 0; m < candidates[n].size(); ++m) {
            const std::int32_t row = models.catalog.items().find(candidates[n][m]);
            if (row == IdMap::unknown) continue;
            rows.push_back(row);
            places.push_back(m);
        }
        result[n].assign(candidates[n].size(), std::numeric_limits<float>::quiet_NaN());
        if (rows.empty()) continue;
        const std::int32_t item = models.catalog.items().find(items[n]);
        std::vector<float> scores;
        if (item == IdMap::unknown) {
            for (const std::int32_t row : rows) scores.push_back(popularity(state, row));
        } else {
            scores = score_trade_up(models.trade_up, *facts, item, rows, customer_row(models, customers, n));
        }
        for (std::size_t m = 0; m < rows.size(); ++m) result[n][places[m]] = scores[m];
    }
    return result;
}

std::vector<double> OfferEngine::trade_up_probability(std::span<const std::string> items,
                                                      std::span<const std::string> customers,
                                                      std::optional<std::int64_t> as_of) const {
    const OfferModels& models = state_->models;
    if (!customers.empty()) want_one_each(customers.size(), items.size(), "customers", "items");
    std::vector<double> result(items.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t n = 0; n < items.size(); ++n) {
        const std::int32_t item = models.catalog.items().find(items[n]);
        if (item == IdMap::unknown) continue;
        result[n] = models.acceptance.probability(models.history, models.catalog, models.price, item,
                                                  customer_row(models, customers, n), as_of.value_or(unknown_time));
    }
    return result;
}

}  // namespace crosslift
