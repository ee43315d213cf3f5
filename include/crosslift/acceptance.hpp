// How likely a customer who comes back to a category trades up there.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/history.hpp>
#include <crosslift/price.hpp>
#include <crosslift/progress.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace crosslift {

struct AcceptanceOptions {
    double min_price_ratio = 1.10;     ///< trading up: at least this much dearer than the last item of the leaf, > 1
    double l2 = 10.0;                  ///< penalty on the squared weights of facts scaled to unit spread, > 0
    int windows = 7;                   ///< training windows at the end of the history, at most
    double window_share = 0.1;         ///< length of a window as a share of all baskets, 0 .. 0.5
    std::int64_t max_returns = 40000;  ///< returns used for fitting, newest windows first, shared out evenly
    std::uint64_t seed = 0;
};

/// A weight of the logistic regression and the fact that it multiplies.
struct AcceptanceWeight {
    std::string fact;
    double weight = 0;
};

/// What the purchases of a leaf say about one item.
struct AcceptanceItem {
    float dearer_share = 0;  ///< of the leaf's baskets that hold an item min_price_ratio dearer, shrunk; 0 .. 1
    float item_rate = 0;     ///< share of returns after this item that went up, shrunk to dearer_share; 0 .. 1
};

/// A *return*: a customer's next basket with something of a leaf; it goes *up* where its dearest item of the leaf costs
/// min_price_ratio times the dearest of the leaf in the customer's basket before, new to the customer or not.
/// P(up) = 1 / (1 + exp(-(slope * z + shift))), z = intercept + sum of weight * fact: a logistic regression on windows
/// of the history, slope and shift (Platt 1999) from the newer half of the windows, each as predicted from those before
/// it. One of the facts is what a conditional logit (McFadden 1974) over the leaf's items says of the next purchase
/// there: the share of the dearer ones; it is fitted on all windows but the newest. Where the customer is not known, or
/// bought nothing of the leaf, a second regression with a logit of its own, on the facts of the items alone. It
/// describes what people did on their own, never what an offer would make them do.
struct CROSSLIFT_API AcceptanceModel {
    struct Regression {
        double intercept = 0;
        std::vector<AcceptanceWeight> weights;
        std::vector<AcceptanceWeight> choice;  ///< of the conditional logit; empty with fewer than 50 choices
        double slope = 1, shift = 0;
    };

    std::vector<AcceptanceItem> items;  ///< per item
    /// Derived by index(). Per leaf: its priced items that were sold, most baskets first, at most 300; a number that
    /// the leaves with the same category above them share.
    std::vector<std::vector<std::int32_t>> leaf_items;
    std::vector<std::int32_t> leaf_parent;
    Regression personal, anonymous;
    std::int64_t returns = 0;  ///< fitted on
    /// On the newest window, before calibration: area under the ROC curve of the regression, of dearer_share and of
    /// item_rate alone; NaN where not measured.
    double validation_auc = std::numeric_limits<double>::quiet_NaN();
    double dearer_share_auc = std::numeric_limits<double>::quiet_NaN();
    double item_rate_auc = std::numeric_limits<double>::quiet_NaN();
    AcceptanceOptions options;

    /// True where nothing could be learned: no known customers, prices or categories, or too few returns.
    bool empty() const { return items.empty(); }

    /// Fills the derived tables from the purchases.
    void index(const PurchaseHistory& history, const Catalog& catalog, const PriceModel& price);

    /// P(up) for the customer's next purchase in the leaf of `item`, if `item` is what they take now. `history`,
    /// `catalog` and `price` are those that the model was fitted with; baskets after `as_of` (unknown_time: none) are
    /// not looked at. `customer` may be IdMap::unknown. NaN for an item without price or leaf and for an empty() model.
    /// Throws InvalidArgument for rows out of range.
    double probability(const PurchaseHistory& history, const Catalog& catalog, const PriceModel& price,
                       std::int32_t item, std::int32_t customer, std::int64_t as_of = unknown_time) const;
};

/// The facts that a weight may name, in the order in which fit_acceptance() gives them.
CROSSLIFT_API std::vector<std::string> acceptance_facts();

/// Those that a weight of Regression::choice may name.
CROSSLIFT_API std::vector<std::string> acceptance_choice_facts();

/// Learns from windows of `history`. `catalog` is aligned to its items. Returns an empty() model with fewer than 200
/// returns or 20 that went up. Throws InvalidArgument for options out of range, Stopped when a stop is requested.
CROSSLIFT_API AcceptanceModel fit_acceptance(const PurchaseHistory& history, const Catalog& catalog,
                                             const AcceptanceOptions& options = {}, const Progress& progress = {});

}  // namespace crosslift
