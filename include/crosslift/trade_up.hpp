// Which dearer item of the leaf a customer picks when trading up: a conditional logit over the leaf's dearer items.
#pragma once

#include <crosslift/als.hpp>
#include <crosslift/api.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/history.hpp>
#include <crosslift/price.hpp>
#include <crosslift/progress.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace crosslift {

struct TradeUpOptions {
    double min_price_ratio = 1.10;  ///< an event is a purchase at least this much dearer than the last one in the leaf
    double l2 = 100.0;  ///< penalty on the squared weights of features scaled to unit spread, > 0; 30 .. 300 do alike
    int windows = 6;    ///< training windows at the end of the history, at most; each is predicted from before it
    double window_share = 0.1;        ///< length of a window as a share of all baskets, 0 .. 0.5
    std::int64_t max_events = 12000;  ///< events used for fitting, newest windows first, at most half from one window
    /// Who bought what, as the features of taste read it; `seed` and `threads` below are used instead of its own.
    AlsOptions taste = {.factors = 32, .iterations = 6, .regularization = 30.0F, .alpha = 4.0F};
    std::uint64_t seed = 0;
    int threads = 0;
};

/// A weight of the logit and the fact that it multiplies.
struct TradeUpWeight {
    std::string feature;
    double weight = 0;
};

/// Utility of a candidate = sum of weight * (feature - mean over the event's candidates); the probability of a choice
/// is the softmax of the utilities. Needs a leaf and a price for an item to be a candidate in an event.
struct TradeUpModel {
    std::vector<TradeUpWeight> weights;  ///< empty: too few events, candidates rank by buyers
    std::int64_t events = 0;             ///< events fitted on
    double validation_mrr = 0;           ///< on the last window, weights fitted on the others; 0 where not measured
    double popular_mrr = 0;              ///< the same for "most bought dearer item"
    AlsModel taste;                      ///< trained on the whole history; empty where there are no weights
    TradeUpOptions options;
};

/// Facts about customers and items that the logit's features are read from, built once from a history.
class TradeUpFacts;

/// The features that a weight may name, in the order in which fit_trade_up() gives them.
CROSSLIFT_API std::vector<std::string> trade_up_features();

/// Learns the weights from windows of `history`. `catalog` is aligned to its items. With too few events (under 50)
/// the model has no weights. Throws InvalidArgument for options out of range, Stopped when a stop is requested.
CROSSLIFT_API TradeUpModel fit_trade_up(const PurchaseHistory& history, const Catalog& catalog,
                                        const TradeUpOptions& options = {}, const Progress& progress = {});

/// The facts as known after the whole of `history`, with `price` and `taste` fitted on it (`taste` may be empty).
/// Nothing refers to the arguments afterwards. Throws InvalidArgument if their rows do not agree.
CROSSLIFT_API std::shared_ptr<const TradeUpFacts> make_trade_up_facts(const PurchaseHistory& history,
                                                                      const Catalog& catalog, const PriceModel& price,
                                                                      const AlsModel& taste);

/// One utility per candidate, in their order. `item` and `customer` may be IdMap::unknown: what depends on them is
/// then 0. A candidate of unknown price gets the mean of what depends on prices. Sales are weighed by their age at the
/// end of the history, so a later date of the query changes nothing. Throws InvalidArgument for rows out of range and
/// for a weight whose feature is not known.
CROSSLIFT_API std::vector<float> score_trade_up(const TradeUpModel& model, const TradeUpFacts& facts, std::int32_t item,
                                                std::span<const std::int32_t> candidates, std::int32_t customer);

}  // namespace crosslift
