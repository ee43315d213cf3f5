// Substitutes: items that the same customers buy.
#include "offers/explain.hpp"
#include "offers/finish.hpp"
#include "offers/gate.hpp"

#include <algorithm>
#include <cstdio>

namespace crosslift {

OfferList OfferEngine::similar_items(const std::string& item, const OfferQuery& query) const {
    const EngineState& state = *state_;
    ResolvedQuery resolved = resolve(state, std::span(&item, 1), {}, query);
    OfferList result;
    if (!resolved.basket.empty() && state.similar) {
        const std::int32_t row = resolved.basket.front();
        const auto may = offerable(state, query, resolved, Bought::keep_replenishable);
        std::vector<std::int32_t> forbidden;
        for (std::size_t n = 0; n < may.size(); ++n)
            if (may[n] == 0) forbidden.push_back(static_cast<std::int32_t>(n));
        Filter filter;
        filter.exclude = forbidden;
        const TopK best = state.similar->top_k(state.models.taste.item_factors.row(row), query.k, filter);
        for (std::size_t n = 0; n < best.rows.size() && best.scores[n] > 0; ++n) {
            const auto cosine = static_cast<double>(best.scores[n]);
            if (cosine < query.min_relevance) break;
            Offer offer = finish_adding(state, query, IdMap::unknown, OfferKind::similar,
                                        {.item = best.rows[n], .score = cosine, .relevance = std::min(cosine, 1.0)});
            offer.anchor = item;
            offer.evidence = state.evidence(row, best.rows[n]);
            offer.reasons.push_back({"taste_cosine", item, offer.score, true});
            char likeness[16];
            std::snprintf(likeness, sizeof likeness, "%.2f", cosine);
            offer.sentence = "Its buyers have the taste of those of " +
                             std::string(within_sentence(state.models.catalog.name(row))) + " (likeness " + likeness +
                             " of 1).";
            result.offers.push_back(std::move(offer));
        }
    }
    result.warnings = std::move(resolved.warnings);
    return result;
}

}  // namespace crosslift
