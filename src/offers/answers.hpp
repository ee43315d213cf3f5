// The queries over rows: what the queries that are made of others call.
#pragma once

#include "offers/query.hpp"

#include <crosslift/placement.hpp>
#include <crosslift/reminder.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift {

/// Each is the public query of that name; `resolved` is the query's. Rows that the caller adds to `resolved.exclude`
/// are never offered.
std::vector<Offer> cross_sell_offers(const EngineState& state, const OfferQuery& query, const ResolvedQuery& resolved);
std::vector<Offer> recommend_offers(const EngineState& state, const OfferQuery& query, const ResolvedQuery& resolved);
/// The item is the basket's only one.
std::vector<Offer> upsell_offers(const EngineState& state, const OfferQuery& query, ResolvedQuery& resolved);
/// Warns in `resolved` where nothing can be known.
std::vector<Reminder> due_reminders(const EngineState& state, const OfferQuery& query, ResolvedQuery& resolved,
                                    const ReminderOptions& options);
/// Throws InvalidArgument naming the option that is out of range.
void check(const ReminderOptions& options);
PlacementOffers place_offers(const EngineState& state, const PlacementOptions& options, const OfferQuery& query,
                             ResolvedQuery resolved, std::span<const Contact> contacts);
void check(const PlacementOptions& options);

}  // namespace crosslift
