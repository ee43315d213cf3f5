// Answers of an engine: one JSON object for programs, lines for people. A number that is not known is null.
#pragma once

#include <crosslift/offers.hpp>

#include <nlohmann/json.hpp>

namespace crosslift::cli {

nlohmann::ordered_json to_json(const Offer& offer);
nlohmann::ordered_json to_json(const OfferList& list);
nlohmann::ordered_json to_json(const Bundle& bundle);
nlohmann::ordered_json to_json(const ReminderList& list);
nlohmann::ordered_json to_json(const PlacementOffers& placed);
nlohmann::ordered_json to_json(const TargetList& list);
nlohmann::ordered_json to_json(const Comparison& found);

/// `explained` prints every reason behind each offer.
void print(const OfferList& list, bool explained);
void print(const Bundle& bundle, bool explained);
void print(const ReminderList& list, bool explained);
void print(const PlacementOffers& placed, bool explained);
void print(const TargetList& list, bool explained);
void print(const Comparison& found, bool explained);

}  // namespace crosslift::cli
