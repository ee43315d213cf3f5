// What goes with this basket: score every item, walk down the ranking and keep what the purchases vouch for, then put
// the list in the order of the objective.
#include "offers/answers.hpp"
#include "offers/explain.hpp"
#include "offers/finish.hpp"
#include "offers/gate.hpp"
#include "offers/rules.hpp"
#include "offers/scoring.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

namespace crosslift {
namespace {

// Counted proof for an item: the basket item that contributes most to its score among those with enough evidence, and
// with whose buyers the offer pays.
struct Proof {
    std::int32_t anchor = IdMap::unknown;
    Evidence evidence;
};

// Something that may be offered, with all that decides its place.
struct Candidate {
    Pick pick;
    Proof proof;
    BasketShares shares;
    double value = 0;  // what the objective ranks by
    std::optional<OfferFlag> rule = {};
};

class CrossSell {
public:
    CrossSell(const EngineState& state, const OfferQuery& query, const ResolvedQuery& resolved)
        : state_(state),
          query_(query),
          resolved_(resolved),
          money_(state, query),
          objective_(query.objective.value_or(Objective::relevance)),
          scores_(basket_scores(state, resolved.basket, resolved.customer, resolved.as_of,
                                {.own_history = query.personalization, .popularity = query.popularity})),
          split_(state, scores_, resolved.basket),
          may_(offerable(state, query, resolved, Bought::keep_replenishable)) {
        std::vector<std::uint8_t> scope(may_.size(), 1);
        forbid_basket(state, resolved.basket, scope);
        forbid_same_category(state, resolved.basket, scope);
        for (std::size_t item = 0; item < scope.size(); ++item)
            if (scores_.total[item] > best_ && scope[item] != 0) best_ = scores_.total[item];
        if (!query.allow_same_category) forbid_same_category(state, resolved.basket, may_);
    }

    std::vector<Offer> offers() {
        std::vector<Candidate> chosen;
        CategoryCap cap(state_, query_.max_per_category);
        const auto take = [&](Candidate candidate) {
            if (static_cast<int>(chosen.size()) == query_.k || cap.full(candidate.pick.item)) return;
            cap.add(candidate.pick.item);
            chosen.push_back(std::move(candidate));
        };
        for (Candidate& candidate : by_rule()) take(std::move(candidate));
        // A little below the floor, which is judged in double precision.
        const auto least = static_cast<float>(0.999 * query_.min_relevance * static_cast<double>(best_));
        Ranking ranking(scores_.total, may_, std::max(least, std::numeric_limits<float>::min()));
        const bool walk = objective_ == Objective::relevance;
        std::vector<Candidate> found;
        while (!walk || static_cast<int>(chosen.size()) < query_.k) {
            const std::int32_t item = ranking.next();
            if (item == IdMap::unknown || relevance(item) < query_.min_relevance || score(item) <= 0) break;
            if (walk && cap.full(item)) continue;
            std::optional<Candidate> candidate = consider(item);
            if (!candidate) continue;
            if (walk) {
                take(std::move(*candidate));
            } else {
                found.push_back(std::move(*candidate));
            }
        }
        sort_by_value(found);
        for (Candidate& candidate : found) take(std::move(candidate));
        std::vector<Offer> result;
        result.reserve(chosen.size());
        for (const Candidate& candidate : chosen) result.push_back(describe(candidate));
        return result;
    }

private:
    double score(std::int32_t item) const { return static_cast<double>(scores_.total[static_cast<std::size_t>(item)]); }

    double relevance(std::int32_t item) const {
        return best_ > 0 ? std::clamp(score(item) / static_cast<double>(best_), 0.0, 1.0) : 0;
    }

    // The items that the shop's rules put first. They need no evidence, but show it where there is some.
    std::vector<Candidate> by_rule() {
        std::vector<Candidate> found;
        if (resolved_.rules.empty()) return found;
        std::unordered_map<std::int32_t, Proof> proofs;
        const auto picks = rule_picks(
            resolved_, may_, [&](std::int32_t item) { return score(item); },
            [&](std::int32_t item) {
                const Proof& proof = proofs[item] = best_evidence(item);
                return money_.allows_adding(item, probability(proof));
            });
        for (const RulePick& pick : picks) {
            may_[static_cast<std::size_t>(pick.item)] = 0;
            found.push_back(candidate_of(pick.item, proofs[pick.item], split_(pick.item)));
            found.back().rule = pick.flag;
        }
        return found;
    }

    std::optional<Candidate> consider(std::int32_t item) const {
        if (count(item) < query_.min_support) return {};  // no pair can have more baskets than its items
        BasketShares shares = split_(item);
        if (shares.together() <= 0) return {};  // popular or habitual, but not because of this basket
        const Proof proof = find_proof(shares.items, item);
        if (proof.anchor == IdMap::unknown) return {};
        return candidate_of(item, proof, std::move(shares));
    }

    static double probability(const Proof& proof) {
        const Evidence& counted = proof.evidence;
        return counted.first > 0 ? static_cast<double>(counted.together) / static_cast<double>(counted.first)
                                 : static_cast<double>(Offer::unknown);
    }

    Candidate candidate_of(std::int32_t item, const Proof& proof, BasketShares shares) const {
        Candidate candidate;
        candidate.pick = {item, score(item), relevance(item), probability(proof)};
        candidate.proof = proof;
        candidate.shares = std::move(shares);
        candidate.value = money_.value_of_adding(objective_, item, candidate.pick.score, candidate.pick.probability);
        return candidate;
    }

    Proof find_proof(std::span<const double> shares, std::int32_t item) const {
        std::vector<std::size_t> order;
        order.reserve(shares.size());
        for (std::size_t n = 0; n < shares.size(); ++n)
            if (shares[n] > 0) order.push_back(n);
        std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
            return shares[a] != shares[b] ? shares[a] > shares[b] : a < b;
        });
        for (const std::size_t n : order) {
            if (count(resolved_.basket[n]) < query_.min_support) continue;
            const auto evidence = state_.evidence.supported(resolved_.basket[n], item, query_.min_support);
            if (!evidence || evidence->lift <= 1 || evidence->g2 < query_.min_g2) continue;
            // Judged for each anchor, so that a stricter gate of evidence never lets in what did not pay before.
            const Proof proof{resolved_.basket[n], *evidence};
            if (money_.allows_adding(item, probability(proof))) return proof;
        }
        return {};
    }

    std::int64_t count(std::int32_t item) const { return state_.basket_counts[static_cast<std::size_t>(item)]; }

    // The basket item that was bought with `item` most often beyond chance; none if nothing was.
    Proof best_evidence(std::int32_t item) const {
        Proof best;
        for (const std::int32_t from : resolved_.basket) {
            const Evidence evidence = state_.evidence(from, item);
            if (evidence.together > 0 && (best.anchor == IdMap::unknown || evidence.g2 > best.evidence.g2))
                best = {from, evidence};
        }
        return best;
    }

    static void sort_by_value(std::vector<Candidate>& found) {
        std::ranges::stable_sort(found, [](const Candidate& a, const Candidate& b) {
            const bool unknown_a = std::isnan(a.value), unknown_b = std::isnan(b.value);
            if (unknown_a != unknown_b) return unknown_b;
            return !unknown_a && a.value > b.value;  // equal values keep the order of the scores
        });
    }

    Offer describe(const Candidate& candidate) const {
        const Catalog& catalog = state_.models.catalog;
        const BasketShares& shares = candidate.shares;
        Pick pick = candidate.pick;
        pick.score = shares.total();
        Offer offer = finish_adding(state_, query_, resolved_.customer, OfferKind::cross_sell, pick);
        offer.reasons.reserve(resolved_.basket.size() + 2);
        for (std::size_t n = 0; n < resolved_.basket.size(); ++n)
            offer.reasons.push_back(
                {"bought_together", std::string(catalog.items()[resolved_.basket[n]]), shares.items[n], true});
        if (shares.intercept != 0) offer.reasons.push_back({"popularity", "", shares.intercept, true});
        if (shares.own_history != 0) offer.reasons.push_back({"own_purchases", "", shares.own_history, true});
        if (candidate.rule) offer.flags.push_back(*candidate.rule);
        if (candidate.proof.anchor != IdMap::unknown) {
            offer.anchor = catalog.items()[candidate.proof.anchor];
            offer.evidence = candidate.proof.evidence;
            offer.sentence =
                bought_together(offer.evidence, catalog.name(candidate.proof.anchor), offer.name, state_.context_noun) +
                ".";
        }
        if (candidate.rule) offer.sentence = rule_sentence(*candidate.rule, offer.sentence);
        return offer;
    }

    const EngineState& state_;
    const OfferQuery& query_;
    const ResolvedQuery& resolved_;
    Economics money_;
    Objective objective_;
    BasketScores scores_;
    BasketSplit split_;
    std::vector<std::uint8_t> may_;
    float best_ = 0;  // best score outside the basket and its leaves, before any filter
};

}  // namespace

std::vector<Offer> cross_sell_offers(const EngineState& state, const OfferQuery& query, const ResolvedQuery& resolved) {
    return resolved.basket.empty() ? std::vector<Offer>() : CrossSell(state, query, resolved).offers();
}

OfferList OfferEngine::cross_sell(std::span<const std::string> basket, const std::string& customer,
                                  const OfferQuery& query) const {
    const EngineState& state = *state_;
    ResolvedQuery resolved = resolve(state, basket, customer, query);
    OfferList result;
    result.offers = cross_sell_offers(state, query, resolved);
    result.warnings = std::move(resolved.warnings);
    return result;
}

}  // namespace crosslift
