// What a customer would want next, by taste; what everybody buys for a customer that is not known.
#include "offers/explain.hpp"
#include "offers/query.hpp"

#include <algorithm>
#include <cmath>

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

Offer popular(const EngineState& state, std::int32_t item) {
    const std::int64_t baskets = state.basket_counts[static_cast<std::size_t>(item)];
    const std::int64_t all = state.models.history.basket_count();
    const double share = static_cast<double>(baskets) / static_cast<double>(all);
    Offer offer = make_offer(state, OfferKind::recommend, item, share);
    offer.reasons.push_back({"popularity", "", share, true});
    offer.sentence = "Bought in " + grouped(baskets) + " of " + grouped(all) + " baskets.";
    return offer;
}

Offer to_taste(const EngineState& state, std::int32_t customer, std::int32_t item, float score) {
    const Catalog& catalog = state.models.catalog;
    Offer offer = make_offer(state, OfferKind::recommend, item, static_cast<double>(score));
    offer.reasons.push_back({"taste", "", static_cast<double>(score), true});
    const std::int32_t near = nearest_purchase(state, customer, item);
    const std::int64_t baskets = state.basket_counts[static_cast<std::size_t>(item)];
    offer.sentence = "Fits what this customer bought";
    if (near != IdMap::unknown) {
        offer.anchor = catalog.items()[near];
        offer.evidence = state.evidence(near, item);
        offer.sentence += ", most of all " + std::string(catalog.name(near));
    }
    offer.sentence += "; bought in " + grouped(baskets) + (baskets == 1 ? " basket." : " baskets.");
    return offer;
}

bool has_taste(const EngineState& state, std::int32_t customer) {
    if (customer == IdMap::unknown || !state.taste) return false;
    return std::ranges::any_of(state.models.taste.customer_factors.row(customer), [](float x) { return x != 0; });
}

}  // namespace

OfferList OfferEngine::recommend(const std::string& customer, const OfferQuery& query) const {
    check(query);
    const EngineState& state = *state_;
    ResolvedQuery resolved = resolve(state, {}, customer, query);
    const auto may = offerable(state, query, resolved, /*keep_replenishable=*/false);
    OfferList result;
    if (has_taste(state, resolved.customer)) {
        const auto forbidden = rows_without(may);
        Filter filter;
        filter.exclude = forbidden;
        const TopK best =
            state.taste->top_k(state.models.taste.customer_factors.row(resolved.customer), query.k, filter);
        for (std::size_t n = 0; n < best.rows.size(); ++n)
            result.offers.push_back(to_taste(state, resolved.customer, best.rows[n], best.scores[n]));
    } else {
        for (const std::int32_t item : state.by_popularity) {
            if (static_cast<int>(result.offers.size()) == query.k) break;
            if (may[static_cast<std::size_t>(item)] != 0) result.offers.push_back(popular(state, item));
        }
    }
    result.warnings = std::move(resolved.warnings);
    return result;
}

OfferList OfferEngine::similar_items(const std::string& item, const OfferQuery& query) const {
    check(query);
    const EngineState& state = *state_;
    ResolvedQuery resolved = resolve(state, std::span(&item, 1), {}, query);
    OfferList result;
    if (!resolved.basket.empty() && state.similar) {
        const std::int32_t row = resolved.basket.front();
        const auto forbidden = rows_without(offerable(state, query, resolved, /*keep_replenishable=*/true));
        Filter filter;
        filter.exclude = forbidden;
        const TopK best = state.similar->top_k(state.models.taste.item_factors.row(row), query.k, filter);
        for (std::size_t n = 0; n < best.rows.size() && best.scores[n] > 0; ++n) {
            Offer offer = make_offer(state, OfferKind::similar, best.rows[n], static_cast<double>(best.scores[n]));
            offer.anchor = item;
            offer.evidence = state.evidence(row, best.rows[n]);
            offer.reasons.push_back({"taste_cosine", item, offer.score, true});
            offer.sentence = "Bought by the same customers as " + std::string(state.models.catalog.name(row)) + ".";
            result.offers.push_back(std::move(offer));
        }
    }
    result.warnings = std::move(resolved.warnings);
    return result;
}

}  // namespace crosslift
