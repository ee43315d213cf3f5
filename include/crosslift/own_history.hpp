// A customer's own habit: what they buy again and again, kept apart from what goes with the basket.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/ease.hpp>
#include <crosslift/history.hpp>
#include <crosslift/progress.hpp>

#include <cstdint>
#include <span>

namespace crosslift {

/// Adds weight * h to the score of each item, with
///   h = sqrt(sum over the customer's baskets with the item of 2^(-age / half_life) / (1 + the same sum over all their
///   baskets)); a repeat-purchase term: it lifts what the customer bought before and nothing else.
struct OwnHistory {
    double weight = 0;           ///< tau; 0: no known customers, or no gain on validation
    double half_life_days = 0;   ///< H_h; 0: no decay (and always 0 where times are not timestamps)
    double validation_gain = 0;  ///< HR@10 with / without it on the validation slice; 0 where not measured
};

/// Chooses weight and half-life on the newest baskets of known customers, on top of an EASE of options `ease` fitted
/// on the baskets before them. Weight 0 where no customer is known, too little can be asked, or nothing is gained.
CROSSLIFT_API OwnHistory tune_own_history(const PurchaseHistory& history, const EaseOptions& ease,
                                          const Progress& progress = {});

/// Adds factor * weight * h to `scores` (one float per item) from the baskets up to `as_of` (inclusive; unknown_time:
/// all). Does nothing for IdMap::unknown.
CROSSLIFT_API void add_own_history(const OwnHistory& own, const PurchaseHistory& history, std::int32_t customer,
                                   std::int64_t as_of, double factor, std::span<float> scores);

/// The number that add_own_history adds to one item's score.
CROSSLIFT_API double own_history_share(const OwnHistory& own, const PurchaseHistory& history, std::int32_t customer,
                                       std::int64_t as_of, double factor, std::int32_t item);

}  // namespace crosslift
