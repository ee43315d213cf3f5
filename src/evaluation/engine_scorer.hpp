// The engine, or a function of the caller's, as a scorer.
#pragma once

#include "evaluation/scorer.hpp"

#include <crosslift/evaluation.hpp>
#include <crosslift/offers.hpp>

#include <memory>

namespace crosslift::evaluation {

/// score_baskets() without or with the customers and, with them, for that use of their history. Items that the engine
/// does not know are not ranked. `items` and `customers` are training's and must outlive the scorer.
std::unique_ptr<Scorer> engine_scorer(const OfferEngine& engine, const IdMap& items, const IdMap& customers,
                                      bool personal, HistoryUse history = HistoryUse::mixed);

/// A caller's function. Throws InvalidArgument where it returns another shape than baskets x items, or NaN.
std::unique_ptr<Scorer> function_scorer(const BasketMethod& method, const IdMap& items, const IdMap& customers);

}  // namespace crosslift::evaluation
