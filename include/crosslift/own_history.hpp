// A customer's own habit: what they buy again and again, kept apart from what goes with the basket.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/ease.hpp>
#include <crosslift/history.hpp>
#include <crosslift/progress.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace crosslift {

/// Adds weight * g * h to the score of each item, with
///   h = sqrt(sum over the customer's baskets with the item of 2^(-age / half_life) / (1 + the same sum over all their
///   baskets)); a repeat-purchase term: it lifts what the customer bought before and nothing else;
///   g = sqrt(odds(p) / odds(repeat_share)), odds(x) = x / (1.02 - x): is this a basket of repeats?
///   p = (basket items bought before + 4 p_u) / (basket items + 4),
///   p_u = (repeats + 10 repeat_share) / (purchases + 10) over the customer's purchases after their first basket.
struct OwnHistory {
    double weight = 0;           ///< tau; 0: no known customers, or no gain on validation
    double half_life_days = 0;   ///< H_h; 0: no decay (and always 0 where times are not timestamps)
    double repeat_share = 0;     ///< of all customers' purchases after their first basket; 0: g = 1
    double validation_gain = 0;  ///< HR@10 with / without it on the validation slice; 0 where not measured
};

/// Chooses weight and half-life on the newest baskets of known customers, on top of an EASE of options `ease` fitted
/// on the baskets before them. Weight 0 where no customer is known, too little can be asked, or nothing is gained.
CROSSLIFT_API OwnHistory tune_own_history(const PurchaseHistory& history, const EaseOptions& ease,
                                          const Progress& progress = {});

/// Adds factor * weight * g * h to `scores` (one float per item) from the baskets up to `as_of` (inclusive;
/// unknown_time: all). `basket`: rows of the items asked about, each once. Does nothing for IdMap::unknown.
CROSSLIFT_API void add_own_history(const OwnHistory& own, const PurchaseHistory& history, std::int32_t customer,
                                   std::span<const std::int32_t> basket, std::int64_t as_of, double factor,
                                   std::span<float> scores);

/// The number that add_own_history adds to one item's score.
CROSSLIFT_API double own_history_share(const OwnHistory& own, const PurchaseHistory& history, std::int32_t customer,
                                       std::span<const std::int32_t> basket, std::int64_t as_of, double factor,
                                       std::int32_t item);

/// Rows of the items that the customer bought up to `as_of`, ascending; none for IdMap::unknown.
CROSSLIFT_API std::vector<std::int32_t> bought_before(const PurchaseHistory& history, std::int32_t customer,
                                                      std::int64_t as_of);

}  // namespace crosslift
