// What an engine holds, in words and as JSON.
#pragma once

#include <crosslift/offers.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace crosslift::cli {

std::string summary_text(const OfferModels& models);
nlohmann::ordered_json summary_json(const OfferModels& models);

/// A number, or null where it is not known.
nlohmann::ordered_json known(double value);

}  // namespace crosslift::cli
