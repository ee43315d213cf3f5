// What goes with this basket: score every item, then walk down the ranking and keep what the purchases vouch for.
#include "offers/explain.hpp"
#include "offers/query.hpp"
#include "offers/scoring.hpp"

#include <algorithm>
#include <unordered_map>

namespace crosslift {
namespace {

// Counted proof for an item: the basket item that contributes most to its score among those with enough evidence.
struct Proof {
    std::int32_t anchor = IdMap::unknown;
    Evidence evidence;
};

Proof find_proof(const EngineState& state, std::span<const std::int32_t> basket, std::span<const double> shares,
                 std::int32_t item, const OfferQuery& query) {
    std::vector<std::size_t> order;
    for (std::size_t n = 0; n < basket.size(); ++n)
        if (shares[n] > 0) order.push_back(n);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return shares[a] > shares[b]; });
    for (const std::size_t n : order) {
        const Evidence evidence = state.evidence(basket[n], item);
        if (evidence.together >= query.min_support && evidence.lift > 1 && evidence.g2 >= query.min_g2)
            return {basket[n], evidence};
    }
    return {};
}

// At most `limit` offers per category; items without a category are never limited.
class CategoryCap {
public:
    explicit CategoryCap(int limit) : limit_(limit) {}
    bool full(std::int32_t key) const {
        const auto at = used_.find(key);
        return limit_ > 0 && key != IdMap::unknown && at != used_.end() && at->second >= limit_;
    }
    void add(std::int32_t key) { ++used_[key]; }

private:
    int limit_;
    std::unordered_map<std::int32_t, int> used_;
};

void forbid_same_category(const EngineState& state, std::span<const std::int32_t> basket,
                          std::vector<std::uint8_t>& may) {
    std::vector<std::int32_t> keys;
    for (const std::int32_t item : basket)
        if (state.category_key(item) != IdMap::unknown) keys.push_back(state.category_key(item));
    if (keys.empty()) return;
    for (std::int32_t item = 0; item < state.items(); ++item)
        if (std::find(keys.begin(), keys.end(), state.category_key(item)) != keys.end())
            may[static_cast<std::size_t>(item)] = 0;
}

Offer describe(const EngineState& state, const BasketShares& shares, std::span<const std::int32_t> basket,
               std::int32_t item, const Proof& proof) {
    const Catalog& catalog = state.models.catalog;
    Offer offer = make_offer(state, OfferKind::cross_sell, item, shares.total());
    offer.anchor = catalog.items()[proof.anchor];
    offer.evidence = proof.evidence;
    for (std::size_t n = 0; n < basket.size(); ++n)
        offer.reasons.push_back({"bought_together", std::string(catalog.items()[basket[n]]), shares.items[n], true});
    if (shares.intercept != 0) offer.reasons.push_back({"popularity", "", shares.intercept, true});
    if (shares.own_history != 0) offer.reasons.push_back({"own_purchases", "", shares.own_history, true});
    offer.sentence = bought_together(proof.evidence, catalog.name(proof.anchor)) + ".";
    return offer;
}

}  // namespace

OfferList OfferEngine::cross_sell(std::span<const std::string> basket, const std::string& customer,
                                  const OfferQuery& query) const {
    check(query);
    const EngineState& state = *state_;
    ResolvedQuery resolved = resolve(state, basket, customer, query);
    OfferList result;
    if (!resolved.basket.empty()) {
        std::vector<std::uint8_t> may = offerable(state, query, resolved, /*keep_replenishable=*/true);
        if (!query.allow_same_category) forbid_same_category(state, resolved.basket, may);
        const BasketScores scores =
            basket_scores(state, resolved.basket, resolved.customer, resolved.as_of, query.personalization);
        Ranking ranking(scores.total, may);
        CategoryCap cap(query.max_per_category);
        while (static_cast<int>(result.offers.size()) < query.k) {
            const std::int32_t item = ranking.next();
            if (item == IdMap::unknown) break;
            if (cap.full(state.category_key(item))) continue;
            const BasketShares shares = basket_shares(state, scores, resolved.basket, item);
            if (shares.together() <= 0) continue;  // popular or habitual, but not because of this basket
            const Proof proof = find_proof(state, resolved.basket, shares.items, item, query);
            if (proof.anchor == IdMap::unknown) continue;
            cap.add(state.category_key(item));
            result.offers.push_back(describe(state, shares, resolved.basket, item, proof));
        }
    }
    result.warnings = std::move(resolved.warnings);
    return result;
}

}  // namespace crosslift
