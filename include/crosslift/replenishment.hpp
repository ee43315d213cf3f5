// When a repeat purchase is due: how likely each customer is to buy again what they bought before, and when.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/history.hpp>
#include <crosslift/progress.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace crosslift {

struct ReplenishmentOptions {
    /// An item that a customer bought on one day only is judged too where at least this share of its buyers came back
    /// for it, 0 .. 1; items bought on two days or more always are.
    double min_repeat_share = 0.25;
    double l2 = 1.0;          ///< penalty on the squared weights of facts scaled to unit spread, > 0
    int windows = 3;          ///< training windows at the end of the history, at most, >= 1
    double window_days = 28;  ///< length of a window, > 0; weights are fitted for horizons of 1/4, 1/2 and 1 of it
    std::int64_t max_pairs = 40000;  ///< customer-item pairs drawn per window for fitting, >= 1
    std::uint64_t seed = 0;
};

/// One item that a customer may buy again.
struct DueItem {
    std::int32_t item = 0;
    double probability = 0;      ///< that the customer buys it within the horizon
    std::int64_t due = 0;        ///< time of the next purchase by the usual gap; before `as_of`: overdue
    std::int64_t last = 0;       ///< time of the last purchase
    double usual_gap_days = 0;   ///< median of the gap between two purchases, customer and item blended
    std::int64_t purchases = 0;  ///< days on which the customer bought it, up to `as_of`
};

/// A weight of the logistic regression and the fact that it multiplies.
struct ReplenishmentWeight {
    std::string fact;
    double weight = 0;
};

/// P(purchase within W days) = 1 / (1 + exp(-(intercept + sum of weight * fact))): a logistic regression, fitted on
/// windows at the end of the history, over two models in closed form and facts of recency. The first is a gamma-Poisson
/// rate times the item's repeat-customer probability (Bhagat et al., KDD 2018), the second the hazard of a log-normal
/// gap since the last purchase. Facts that grow with W never get a negative weight, so a longer horizon is never less
/// likely. Purchases of one day count once.
struct CROSSLIFT_API ReplenishmentModel {
    std::vector<float> repeat_share;  ///< per item: share of its buyers that bought it on a second day, shrunk
    std::vector<float> rate;          ///< per item: repeat purchases per customer and day after the first
    std::vector<float> log_gap;       ///< per item: mean of ln(days between two purchases), shrunk to all items
    double rate_shape = 1;            ///< of the gamma prior of customers' rates around the item's
    double gap_within = 1;            ///< variance of ln(gap) of one customer and item
    double gap_between = 0;           ///< variance of a customer's mean of ln(gap) around the item's
    double intercept = 0;
    std::vector<ReplenishmentWeight> weights;  ///< empty: nothing is known about time, see empty()
    std::int64_t pairs = 0;                    ///< customer-item pairs fitted on
    /// Area under the precision-recall curve on the newest window (half its length as horizon), weights fitted on the
    /// others; NaN where it was not measured. The second is of the customer's own purchase frequency.
    double validation_pr_auc = std::numeric_limits<double>::quiet_NaN();
    double frequency_pr_auc = std::numeric_limits<double>::quiet_NaN();
    ReplenishmentOptions options;

    /// True without weights: the purchases carry no dates or no customers, or too few of them came back.
    bool empty() const { return weights.empty(); }

    /// What the customer may buy again within `horizon_days` after `as_of` (seconds since 1970), most likely first,
    /// ties by item row; purchases after `as_of` are not looked at. Empty for IdMap::unknown and for a customer without
    /// purchases. Throws InvalidArgument for rows that do not fit the history and for a horizon that is not above 0,
    /// DataError for an empty() model (the message says what was missing).
    std::vector<DueItem> due(const PurchaseHistory& history, std::int32_t customer, std::int64_t as_of,
                             double horizon_days) const;
};

/// The facts that a weight may name, in the order in which fit_replenishment() gives them.
CROSSLIFT_API std::vector<std::string> replenishment_facts();

/// Fits on known customers' purchases. Returns an empty() model unless times are timestamps and at least 200 pairs of
/// customer and item, 20 of them bought again, can be learned from. Throws InvalidArgument for options out of range,
/// Stopped when a stop is requested.
CROSSLIFT_API ReplenishmentModel fit_replenishment(const PurchaseHistory& history,
                                                   const ReplenishmentOptions& options = {},
                                                   const Progress& progress = {});

}  // namespace crosslift
