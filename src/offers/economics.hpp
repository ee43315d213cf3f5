// Money: prices after the discount, what an offer is expected to earn, and whether it may be made for that.
#pragma once

#include "offers/state.hpp"

#include <crosslift/offers.hpp>

#include <cstdint>

namespace crosslift {

/// The arithmetic of one query's offers. Unknown money is NaN and stays NaN.
class Economics {
public:
    Economics(const EngineState& state, const OfferQuery& query) : state_(&state), query_(&query) {}

    /// Price after the discount.
    float price(std::int32_t item) const;
    /// Money earned per unit after the discount.
    double margin(std::int32_t item) const;

    /// Expected margin of adding `item`: incrementality * probability * margin - offer_cost.
    double of_adding(std::int32_t item, double probability) const;
    /// Expected margin of replacing `from` by `to`: probability * (margin - old margin) - sale_loss_risk * old margin
    /// - offer_cost. `from` is sold without the discount.
    double of_replacing(std::int32_t from, std::int32_t to, double probability) const;

    /// The margin gate: false if an offer is known to earn nothing. Where the margin is unknown the gate is off; where
    /// only the probability is, the offer must earn something if it is always taken. With the objective revenue an
    /// up-sell may also earn as much as what it replaces.
    bool allows_adding(std::int32_t item, double probability) const;
    bool allows_replacing(std::int32_t from, std::int32_t to, double probability) const;

    /// What the list is ranked by; NaN (unknown money) ranks last.
    double value_of_adding(Objective objective, std::int32_t item, double score, double probability) const;
    double value_of_replacing(Objective objective, std::int32_t from, std::int32_t to, double score,
                              double probability) const;

private:
    const EngineState* state_;
    const OfferQuery* query_;
};

/// True if the catalog tells the margin of at least one item.
bool knows_margins(const EngineState& state);

}  // namespace crosslift
