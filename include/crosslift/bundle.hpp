// A set sold together: one item and what completes it, with one price.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/offer.hpp>

#include <string>
#include <vector>

namespace crosslift {

struct BundleOptions {
    int max_items = 3;  ///< of the whole set, the item asked for included, >= 2
    /// The set never earns less than this after the discount, money; off where a margin in the set is not known. Other
    /// than 0 it needs cost or margin in the catalog.
    double min_margin = 0;
    bool services = true;  ///< the set may hold services (Catalog::service)
};

/// What OfferEngine::bundle() returns. Money that is not known is NaN.
struct Bundle {
    std::string anchor, anchor_name;  ///< the item asked for
    /// What was added, in the order of choice; empty: nothing completes the item under these rules, there is no bundle.
    /// Prices are after the discount; a score is that of the item for the set as it was when the item was added.
    std::vector<Offer> added;
    double sum_price = Offer::unknown;     ///< of all items, the anchor included, before the discount
    double discount = 0;                   ///< share off, of OfferQuery::discount; on the whole set
    double bundle_price = Offer::unknown;  ///< after it
    double margin = Offer::unknown;        ///< of the whole set, after the discount
    bool completes_series = false;         ///< holds every item of the anchor's series that may be offered
    std::string sentence;
    std::vector<std::string> warnings;
};

}  // namespace crosslift
