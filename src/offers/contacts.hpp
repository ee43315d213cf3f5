// What a customer was shown, what they said to it, and what they bought lately: who is to be left in peace.
#pragma once

#include "offers/state.hpp"

#include <crosslift/placement.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift {

/// Days from `from` to `to`; 0 where times are no dates, so that every contact counts as recent.
double days_between(const EngineState& state, std::int64_t from, std::int64_t to);

/// Offers that the frequency cap leaves room for at `as_of`.
int room_left(const EngineState& state, const PlacementOptions& options, std::span<const Contact> contacts,
              std::int64_t as_of);

/// Items that the contacts keep away: declined or accepted lately, with their variants, or shown too often.
std::vector<std::int32_t> kept_away(const EngineState& state, const PlacementOptions& options,
                                    std::span<const Contact> contacts, std::int64_t as_of);

/// 1 for each item that cools down for this customer: bought, or of a category that was bought in, less than the
/// category's cool-down before `as_of`. All 0 without dates.
std::vector<std::uint8_t> cooling_items(const EngineState& state, const PlacementOptions& options,
                                        std::int32_t customer, std::int64_t as_of);

}  // namespace crosslift
