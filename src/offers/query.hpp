// From a caller's words to rows: unknown ids, contradicting options, and which items may be offered at all.
#pragma once

#include "offers/state.hpp"

#include <crosslift/offers.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace crosslift {

/// A query's ids as rows.
struct ResolvedQuery {
    std::vector<std::int32_t> basket;        ///< known items, each once, ascending: order and repeats do not matter
    std::int32_t customer = IdMap::unknown;  ///< unknown also where personalization is 0
    std::int64_t as_of = unknown_time;       ///< the query's time, or that of the latest purchase
    std::vector<std::string> warnings;
};

/// Throws InvalidArgument naming the option that is out of range, or both options that contradict each other.
void check(const OfferQuery& query);

ResolvedQuery resolve(const EngineState& state, std::span<const std::string> basket, const std::string& customer,
                      const OfferQuery& query);

/// 1 for each item that the query may return: available, not in the basket nor a variant of an item in it, not
/// excluded, allowed, within the budget (an item of unknown price is outside any finite budget), and, unless
/// `allow_bought`, not bought by the customer before (what customers come back for stays, if `keep_replenishable`).
/// Adds a warning for each unknown id of `exclude` and `allow`.
std::vector<std::uint8_t> offerable(const EngineState& state, const OfferQuery& query, ResolvedQuery& resolved,
                                    bool keep_replenishable);

/// An offer with the facts that every kind shares: ids, names, price.
Offer make_offer(const EngineState& state, OfferKind kind, std::int32_t item, double score);

}  // namespace crosslift
