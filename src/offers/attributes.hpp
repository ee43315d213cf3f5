// What a customer cares about in items, and what one item gains over another.
#pragma once

#include "offers/query.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace crosslift {

/// Per attribute: how much the query's customer cares about it, in log-odds per level. The stated weight, plus
/// personalization times the mean level of what the customer bought, shrunk by n / (n + 3): for levels that are normal
/// with unit variance, mean * level is the log-likelihood ratio of that customer against anybody.
std::vector<double> attribute_preferences(const EngineState& state, const OfferQuery& query,
                                          const ResolvedQuery& resolved);

/// Sum over the attributes of preference * level of `item` in the leaf of `from`, which it may replace.
double attribute_utility(const EngineState& state, const std::vector<double>& preferences, std::int32_t from,
                         std::int32_t item);

/// Mean gain in level of `to` over `from`, weighed by the attributes' weights, over those known of both; NaN if none.
double attribute_gain(const EngineState& state, std::int32_t from, std::int32_t to);

/// ", better in A, B; worse in C" from the attributes known of both, with the differences as reasons (in the
/// attribute's own unit, positive = better); "" if none differs.
std::string attribute_clause(const Catalog& catalog, std::int32_t from, std::int32_t to, std::vector<Reason>& reasons);

}  // namespace crosslift
