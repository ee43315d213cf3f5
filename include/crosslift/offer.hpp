// One offer: what is offered, what it is worth, and why.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/history.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace crosslift {

enum class OfferKind { cross_sell, upsell, recommend, similar, bundle, replenish };

/// What a shop should know before it shows the offer.
enum class OfferFlag {
    pinned,             ///< a pin rule put it there
    attached,           ///< an attach rule put it there
    bought_before,      ///< this customer bought it before
    popular,            ///< offered because many buy it: nothing is known of the customer
    above_usual_price,  ///< dearer than what this customer is expected to pay in its leaf (price_quantile)
    margin_unknown,     ///< neither cost nor margin is known: the margin gate could not look at it
};

/// "pinned", "attached", ... as Python and the command line write them.
CROSSLIFT_API std::string_view name_of(OfferFlag flag);
/// "cross_sell", "upsell", ...
CROSSLIFT_API std::string_view name_of(OfferKind kind);

/// One measured fact behind an offer.
struct Reason {
    std::string fact;  ///< "bought_together", "buyers", "price", "usual_price", "taste", "repeat", "popularity", ...
    std::string item;  ///< the item of the query (or the attribute) that it is about; may be empty
    double value = 0;  ///< its share of the score where `is_share`, else the number itself
    bool is_share = false;
};

/// One offer. Numbers that are not known are NaN (money, probability) or 0 (counts). What purchases cannot tell,
/// incrementality and the risk of losing a sale, comes from OfferQuery.
struct Offer {
    static constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

    std::string item;
    std::string name;
    OfferKind kind = OfferKind::cross_sell;
    double score = 0;      ///< of the model; shares in `reasons` sum to it
    double relevance = 0;  ///< score / best score for this query before any filter, 0 .. 1
    /// Of what people do on their own, never of what an offer does. cross_sell and bundle: counted share of the
    /// anchor's baskets with it, not calibrated (docs/offers.md); upsell: P(up) * score; replenish: bought within the
    /// horizon.
    double probability = unknown;
    float price = unknown;             ///< after the discount
    float price_difference = unknown;  ///< upsell: price - price of the query item
    /// Money: incrementality * probability * margin - offer_cost; upsell: probability * (margin - margin of the query
    /// item) - sale_loss_risk * margin of the query item - offer_cost.
    double expected_margin = unknown;
    std::string anchor;  ///< the query item that the evidence speaks of
    Evidence evidence;   ///< anchor (first) and this item (second), counted over the purchases
    std::vector<OfferFlag> flags;
    std::vector<Reason> reasons;
    std::string sentence;  ///< one sentence for a shopkeeper, made of these facts only

    std::int64_t support() const { return evidence.together; }
    double lift() const { return evidence.lift; }
};

/// What a query returns. `warnings` names ids that were not known and were left out.
struct OfferList {
    std::vector<Offer> offers;
    std::vector<std::string> warnings;
};

/// An offer in full, line by line: sentence, money, counted evidence, flags, and each reason with its share.
CROSSLIFT_API std::string explain(const Offer& offer);

}  // namespace crosslift
