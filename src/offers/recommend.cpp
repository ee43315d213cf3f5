// What a customer would want next, by taste; what everybody buys for a customer that is not known.
#include "offers/answers.hpp"
#include "offers/explain.hpp"
#include "offers/finish.hpp"
#include "offers/gate.hpp"
#include "offers/rules.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace crosslift {
namespace {

std::vector<std::int32_t> rows_without(const std::vector<std::uint8_t>& may) {
    std::vector<std::int32_t> rows;
    for (std::size_t n = 0; n < may.size(); ++n)
        if (may[n] == 0) rows.push_back(static_cast<std::int32_t>(n));
    return rows;
}

double cosine(std::span<const float> a, std::span<const float> b) {
    double dot = 0, aa = 0, bb = 0;
    for (std::size_t n = 0; n < a.size(); ++n) {
        dot += static_cast<double>(a[n]) * b[n];
        aa += static_cast<double>(a[n]) * a[n];
        bb += static_cast<double>(b[n]) * b[n];
    }
    return aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0;
}

// The item among the customer's purchases whose taste factors are nearest to `item`; ties by row.
std::int32_t nearest_purchase(const EngineState& state, std::int32_t customer, std::int32_t item) {
    const Matrix& factors = state.models.taste.item_factors;
    const CsrView visits = state.models.history.customer_baskets;
    const CsrView baskets = state.models.history.baskets;
    std::vector<std::int32_t> bought;
    for (const std::int32_t basket : visits.row(customer))
        bought.insert(bought.end(), baskets.row(basket).begin(), baskets.row(basket).end());
    std::ranges::sort(bought);
    bought.erase(std::unique(bought.begin(), bought.end()), bought.end());
    std::int32_t best = IdMap::unknown;
    double highest = 0;
    for (const std::int32_t candidate : bought) {
        const double near = candidate == item ? 0 : cosine(factors.row(candidate), factors.row(item));
        if (near > highest) {
            highest = near;
            best = candidate;
        }
    }
    return best;
}

bool has_taste(const EngineState& state, std::int32_t customer) {
    if (customer == IdMap::unknown || !state.taste) return false;
    return std::ranges::any_of(state.models.taste.customer_factors.row(customer), [](float x) { return x != 0; });
}

class Recommend {
public:
    Recommend(const EngineState& state, const OfferQuery& query, const ResolvedQuery& resolved)
        : state_(state),
          query_(query),
          resolved_(resolved),
          money_(state, query),
          objective_(query.objective.value_or(Objective::relevance)),
          personal_(has_taste(state, resolved.customer)),
          may_(offerable(state, query, resolved, Bought::leave_out)),
          best_(best_score()) {
        if (query.only_new_categories) keep_new_categories();
    }

    std::vector<Offer> offers() {
        std::vector<Offer> result;
        for (const RulePick& pick : rule_picks(
                 resolved_, may_, [&](std::int32_t item) { return score(item); },
                 [&](std::int32_t item) { return money_.allows_adding(item, Offer::unknown); })) {
            if (static_cast<int>(result.size()) == query_.k) return result;
            may_[static_cast<std::size_t>(pick.item)] = 0;
            result.push_back(describe(pick.item));
            result.back().flags.push_back(pick.flag);
            result.back().sentence = rule_sentence(pick.flag, result.back().sentence);
        }
        for (const std::int32_t item : ranked(query_.k - static_cast<int>(result.size())))
            result.push_back(describe(item));
        return result;
    }

private:
    // Only leaves from which the customer never bought; an item without a leaf is in no new one.
    void keep_new_categories() {
        std::vector<std::uint8_t> known(state_.key_items.size(), 0);
        for (const std::int32_t item : bought())
            if (state_.category_key(item) != IdMap::unknown)
                known[static_cast<std::size_t>(state_.category_key(item))] = 1;
        for (std::int32_t item = 0; item < state_.items(); ++item) {
            const std::int32_t key = state_.category_key(item);
            if (key == IdMap::unknown || known[static_cast<std::size_t>(key)] != 0)
                may_[static_cast<std::size_t>(item)] = 0;
        }
    }

    // Taste, or the share of all baskets.
    double score(std::int32_t item) const {
        if (!personal_)
            return static_cast<double>(state_.basket_counts[static_cast<std::size_t>(item)]) /
                   static_cast<double>(state_.models.history.basket_count());
        const auto customer = state_.models.taste.customer_factors.row(resolved_.customer);
        const auto factors = state_.models.taste.item_factors.row(item);
        double sum = 0;
        for (std::size_t n = 0; n < factors.size(); ++n) sum += static_cast<double>(customer[n]) * factors[n];
        return sum;
    }

    // The best score of what the customer has not bought, before any filter.
    double best_score() const {
        if (!personal_) return state_.by_popularity.empty() ? 0 : score(state_.by_popularity.front());
        const TopK best = top_k(1, bought());
        return best.scores.empty() ? 0 : static_cast<double>(best.scores.front());
    }

    double relevance(std::int32_t item) const { return best_ > 0 ? std::clamp(score(item) / best_, 0.0, 1.0) : 0; }

    std::vector<std::int32_t> bought() const {
        std::vector<std::int32_t> items;
        if (resolved_.customer == IdMap::unknown) return items;
        const CsrView baskets = state_.models.history.baskets;
        for (const std::int32_t basket : state_.models.history.customer_baskets.view().row(resolved_.customer))
            items.insert(items.end(), baskets.row(basket).begin(), baskets.row(basket).end());
        std::ranges::sort(items);
        items.erase(std::unique(items.begin(), items.end()), items.end());
        return items;
    }

    TopK top_k(int k, std::span<const std::int32_t> without) const {
        Filter filter;
        filter.exclude = without;
        return state_.taste->top_k(state_.models.taste.customer_factors.row(resolved_.customer), k, filter);
    }

    // The best `count` items that pass the gates. An objective other than relevance orders all above the floor.
    std::vector<std::int32_t> ranked(int count) {
        for (std::int32_t item = 0; item < state_.items(); ++item)
            if (may_[static_cast<std::size_t>(item)] != 0 && !money_.allows_adding(item, Offer::unknown))
                may_[static_cast<std::size_t>(item)] = 0;
        const bool by_score = objective_ == Objective::relevance;
        std::vector<std::int32_t> items;
        if (personal_) {
            items = top_k(by_score ? std::max(count, 1) : state_.items(), rows_without(may_)).rows;
        } else {
            for (const std::int32_t item : state_.by_popularity) {
                if (by_score && static_cast<int>(items.size()) == count) break;
                if (may_[static_cast<std::size_t>(item)] != 0) items.push_back(item);
            }
        }
        std::erase_if(items, [&](std::int32_t item) { return relevance(item) < query_.min_relevance; });
        if (!by_score) {
            // The probability is not known; relevance stands in for it.
            const auto value = [&](std::int32_t item) {
                const double money = money_.value_of_adding(objective_, item, score(item), relevance(item));
                return std::isnan(money) ? -std::numeric_limits<double>::infinity() : money;
            };
            std::ranges::stable_sort(items, [&](std::int32_t a, std::int32_t b) { return value(a) > value(b); });
        }
        items.resize(std::min(items.size(), static_cast<std::size_t>(count)));
        return items;
    }

    Offer describe(std::int32_t item) const {
        const Catalog& catalog = state_.models.catalog;
        Offer offer = finish_adding(state_, query_, resolved_.customer, OfferKind::recommend,
                                    {.item = item, .score = score(item), .relevance = relevance(item)});
        const std::int64_t baskets = state_.basket_counts[static_cast<std::size_t>(item)];
        offer.reasons.push_back({personal_ ? "taste" : "popularity", "", offer.score, true});
        if (!personal_) {
            offer.flags.push_back(OfferFlag::popular);
            offer.sentence = "Bought in " + grouped(baskets) + " of " +
                             counted(state_.models.history.basket_count(), "baskets") + ".";
            return offer;
        }
        const std::int32_t near = nearest_purchase(state_, resolved_.customer, item);
        offer.sentence = "Fits what this customer bought";
        if (near != IdMap::unknown) {
            offer.anchor = catalog.items()[near];
            offer.evidence = state_.evidence(near, item);
            offer.sentence += ", most of all " + std::string(within_sentence(catalog.name(near)));
        }
        offer.sentence += "; bought in " + counted(baskets, "baskets") + ".";
        return offer;
    }

    const EngineState& state_;
    const OfferQuery& query_;
    const ResolvedQuery& resolved_;
    Economics money_;
    Objective objective_;
    bool personal_;
    std::vector<std::uint8_t> may_;
    double best_;
};

}  // namespace

std::vector<Offer> recommend_offers(const EngineState& state, const OfferQuery& query, const ResolvedQuery& resolved) {
    return Recommend(state, query, resolved).offers();
}

OfferList OfferEngine::recommend(const std::string& customer, const OfferQuery& query) const {
    const EngineState& state = *state_;
    ResolvedQuery resolved = resolve(state, {}, customer, query);
    OfferList result;
    result.offers = recommend_offers(state, query, resolved);
    result.warnings = std::move(resolved.warnings);
    return result;
}

}  // namespace crosslift
