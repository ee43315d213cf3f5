// The last step of every offer: ids, money and flags, the same for each kind.
#pragma once

#include "offers/economics.hpp"
#include "offers/query.hpp"

namespace crosslift {

/// What a list is ranked by, and what is known of an item when it is picked.
struct Pick {
    std::int32_t item = IdMap::unknown;
    double score = 0;
    double relevance = 0;
    double probability = Offer::unknown;
};

/// An offer of `pick` added to what is bought (every kind but an up-sell): names, price after the discount, expected
/// margin, flags. Reasons, evidence and sentence are the kind's own.
Offer finish_adding(const EngineState& state, const OfferQuery& query, std::int32_t customer, OfferKind kind,
                    const Pick& pick);

/// An offer of `pick` in place of `from`; also the price difference, and evidence with `from` as the anchor.
Offer finish_replacing(const EngineState& state, const OfferQuery& query, std::int32_t customer, std::int32_t from,
                       const Pick& pick);

bool has_flag(const Offer& offer, OfferFlag flag);

}  // namespace crosslift
