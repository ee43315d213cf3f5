// From a caller's words to rows: unknown ids, contradicting options.
#pragma once

#include "offers/state.hpp"

#include <crosslift/offers.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace crosslift {

/// A merchandiser's rule as rows.
struct ResolvedRule {
    OfferRule::Action action = OfferRule::Action::pin;
    std::vector<std::int32_t> items;  ///< what it is about, ascending
    int cap = 1;
    bool conditional = false;  ///< applies only beside an item of `with`, ascending
    std::vector<std::int32_t> with = {};

    std::optional<CustomerSegment> segment = {};  ///< only for these customers

    bool applies(std::span<const std::int32_t> basket, std::optional<CustomerSegment> customer) const;
};

/// A query's ids as rows.
struct ResolvedQuery {
    std::vector<std::int32_t> basket;        ///< known items, each once, ascending: order and repeats do not matter
    std::int32_t customer = IdMap::unknown;  ///< unknown also where personalization is 0
    std::optional<CustomerSegment> segment;  ///< the customer's; none for anybody
    bool reachable = true;                   ///< the customer is of a segment that the query is for
    std::int64_t as_of = unknown_time;       ///< the query's time, or that of the latest purchase
    std::vector<std::int32_t> exclude, allow;
    std::vector<ResolvedRule> rules;
    std::vector<std::string> warnings;  ///< one for each id that is not known
};

/// Throws InvalidArgument naming the option that is out of range, or both options that contradict each other.
void check(const OfferQuery& query);

/// True if the query may make offers to a customer of this segment.
bool in_segments(const OfferQuery& query, std::optional<CustomerSegment> segment);

/// Checks the query, also against what the engine knows, and finds its rows.
ResolvedQuery resolve(const EngineState& state, std::span<const std::string> basket, const std::string& customer,
                      const OfferQuery& query);

}  // namespace crosslift
