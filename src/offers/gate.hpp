// What a query may offer at all: the gate that every kind of offer goes through.
#pragma once

#include "offers/query.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace crosslift {

/// Which of the customer's earlier purchases may not be offered again.
enum class Bought {
    leave_out,           ///< all of them
    keep_replenishable,  ///< those that customers do not come back for
};

/// 1 for each item that the query may return (none where it is not for the customer's segment): available, not in the
/// basket nor a variant of an item in it, not excluded, allowed, not denied by a rule, within the budget after the
/// discount (an item of unknown price is outside any finite budget), and, unless `allow_bought`, not bought by the
/// customer before as `bought` says. The margin gate needs a probability and is in Economics.
std::vector<std::uint8_t> offerable(const EngineState& state, const OfferQuery& query, const ResolvedQuery& resolved,
                                    Bought bought);

/// Sets `may` to 0 for every item of a leaf or a ladder that an item of the basket is in.
void forbid_same_category(const EngineState& state, std::span<const std::int32_t> basket,
                          std::vector<std::uint8_t>& may);

/// Sets `may` to 0 for the basket's items and their variants.
void forbid_basket(const EngineState& state, std::span<const std::int32_t> basket, std::vector<std::uint8_t>& may);

/// Counts the items of a list by what they could stand in for: at most `limit` of one leaf's name, and of one ladder.
/// 0 is no limit; an item with neither is never limited.
class CategoryCap {
public:
    CategoryCap(const EngineState& state, int limit) : state_(&state), limit_(limit) {}
    bool full(std::int32_t item) const;
    void add(std::int32_t item);

private:
    const EngineState* state_;
    int limit_;
    std::unordered_map<std::int32_t, int> leaves_, ladders_;
};

/// True if the customer (a row, or unknown) bought the item before.
bool has_bought(const EngineState& state, std::int32_t customer, std::int32_t item);

}  // namespace crosslift
