// How to offer: one set of rules and defaults for every query, in C++, Python and on the command line.
#pragma once

#include <crosslift/segment.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace crosslift {

/// What a list is ranked by, among the items that pass every gate. Never a blend: relevance decides who may be in the
/// list (`min_relevance`, support, significance), the objective only their order.
enum class Objective {
    relevance,  ///< the model's score
    revenue,    ///< probability * price (upsell: * price difference)
    margin,     ///< expected margin: see Offer::expected_margin; needs cost or margin in the catalog
};

/// How an up-sell is "more": each also costs more than the item it replaces, wherever both prices are known.
enum class UpsellBy {
    price,       ///< price ratio inside the band; by tier where the item has no price
    unit_price,  ///< ratio of the prices per gram, millilitre or piece inside the band
    tier,        ///< a higher rung (Catalog::tier)
};

/// A shop's own wish. Offers made by a rule are flagged, say so in their sentence, and still pass availability,
/// exclude, budget, "already bought" and the margin gate.
struct OfferRule {
    enum class Action {
        pin,     ///< comes first in cross_sell and recommend
        attach,  ///< comes first in cross_sell when the basket holds `with_item` or an item of `with_category`
        deny,    ///< is never offered, in any query; with `with_...`: not beside those
    };

    Action action = Action::pin;
    std::string item = {};      ///< what the rule is about: one item, or
    std::string category = {};  ///< the items of a category: any level's name, or a leaf's path "A > B"; best first
    std::string with_item = {};
    std::string with_category = {};
    int cap = 1;                                  ///< pin, attach: offers that this rule may make in one list, >= 1
    std::optional<CustomerSegment> segment = {};  ///< only for customers of this segment; default: for anybody
};

struct OfferQuery {
    // --- how many, in which order ---
    int k = 10;                               ///< offers wanted, >= 1; fewer is normal
    std::optional<Objective> objective = {};  ///< default: relevance; upsell: margin where the catalog knows it

    // --- gates: what may be offered at all ---
    int max_per_category = 1;          ///< cross_sell: per leaf, 0 = no limit; items without a leaf are not limited
    bool allow_same_category = false;  ///< cross_sell: may offer items of a leaf in the basket
    bool allow_bought = false;         ///< may offer what the customer bought before (recommend, cross_sell)
    bool only_new_categories = false;  ///< recommend: only from leaves that the customer never bought from
    std::int64_t min_support = 3;      ///< cross_sell: baskets that must hold anchor and offer together
    double min_g2 = 10.83;             ///< cross_sell: significance of that (10.83: p < 0.001)
    double min_relevance = 0.05;       ///< relevance floor, 0 .. 1; no objective lifts an item over it
    std::vector<std::string> exclude = {};  ///< never offer these
    std::vector<std::string> allow = {};    ///< if not empty, offer only these
    std::vector<OfferRule> rules = {};      ///< pin, attach, deny

    // --- prices, always after the discount ---
    UpsellBy upsell_by = UpsellBy::price;
    double min_price_ratio = 1.05;  ///< upsell: offer price / query price, at least; > 1
    double max_price_ratio = 2.0;   ///< upsell: at most
    /// upsell: gain in attributes (standard deviations in the leaf, mean by weight) / (price ratio - 1), at least;
    /// what has no attribute in common with the item cannot show it. 0 = off.
    double min_value_ratio = 0;
    float budget = std::numeric_limits<float>::infinity();  ///< no offer is dearer, money
    /// upsell, known customers: offers above this quantile of what the customer is expected to pay in the leaf come
    /// after the others and are flagged; 1 = off.
    double price_quantile = 0.95;

    // --- the customer ---
    /// If not empty, offers are made only to customers of these segments: anybody else gets none, with a warning.
    std::vector<CustomerSegment> segments = {};
    double personalization = 1.0;  ///< weight of own history, 0 .. 1; 0 = exactly the list of an unknown customer
    double popularity = 1.0;       ///< pi, 0 .. 1: 1 ranks by how often, 0 by how specifically items go together
    /// upsell: what this customer cares about: (name of a catalog attribute, log-odds per standard deviation, >= 0);
    /// added to what the customer's purchases tell.
    std::vector<std::pair<std::string, double>> attribute_weights = {};
    std::optional<std::int64_t> as_of = {};  ///< now, in the unit of the purchases' time; default: their latest

    // --- economics ---
    double offer_cost = 0;  ///< money that making one offer costs; subtracted from the expected margin
    double discount = 0;    ///< share off the price of what is offered, 0 .. < 1
    /// What purchases alone cannot tell; set them if you measured them (docs/offers.md).
    double incrementality = 1.0;  ///< share of accepted cross-sells that would not have been bought anyway, > 0 .. 1
    double sale_loss_risk = 0.0;  ///< probability that offering an up-sell loses the sale, 0 .. < 1
};

}  // namespace crosslift
