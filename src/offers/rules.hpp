// The shop's own wishes: which items pin and attach rules put first.
#pragma once

#include "offers/query.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace crosslift {

/// An item that a rule offers.
struct RulePick {
    std::int32_t item = IdMap::unknown;
    OfferFlag flag = OfferFlag::pinned;
};

/// What the query's pin rules, and attach rules whose condition the basket meets, offer among the items of `may` that
/// pass `gate`: in the order of the rules, per rule at most its cap, higher score first, each item once.
std::vector<RulePick> rule_picks(const ResolvedQuery& resolved, const std::vector<std::uint8_t>& may,
                                 const std::function<double(std::int32_t)>& score,
                                 const std::function<bool(std::int32_t)>& gate);

/// The sentence of an offer made by a rule: says so, then what the purchases say ("" = nothing).
std::string rule_sentence(OfferFlag flag, const std::string& evidence);

}  // namespace crosslift
