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
    double l2 = 1.0;                ///< penalty on the weights, > 0
    int windows = 3;                ///< training windows at the end of the history, each predicted from before it
    double window_share = 0.1;      ///< length of a window as a share of all baskets
    std::int64_t max_events = 20000;  ///< events used for fitting, the newest first
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
    TradeUpOptions options;
};

/// Facts about customers and items that the logit's features are read from, built once from a history.
class TradeUpFacts;

/// Learns the weights from windows of `history`. `catalog` is aligned to its items. With too few events (under 50)
/// the model has no weights.
CROSSLIFT_API TradeUpModel fit_trade_up(const PurchaseHistory& history, const Catalog& catalog,
                                        const TradeUpOptions& options = {}, const Progress& progress = {});

/// The facts as known after the whole of `history`.
CROSSLIFT_API std::shared_ptr<const TradeUpFacts> make_trade_up_facts(const PurchaseHistory& history,
                                                                      const Catalog& catalog, int threads = 0);

/// One utility per candidate, in their order. `customer` may be IdMap::unknown; `as_of` may be unknown_time (the
/// latest time of the history). Candidates of unknown price get the utility of the mean price.
CROSSLIFT_API std::vector<float> score_trade_up(const TradeUpModel& model, const TradeUpFacts& facts, std::int32_t item,
                                                std::span<const std::int32_t> candidates, std::int32_t customer,
                                                std::int64_t as_of);

}  // namespace crosslift
