// Which offers for which customers: a table for all customers and placements, and the customers for one item.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/offer_query.hpp>
#include <crosslift/placement.hpp>

#include <span>
#include <string>
#include <vector>

namespace crosslift {

/// One line of a plan.
struct PlannedOffer {
    std::string customer;
    Placement placement = Placement::newsletter;
    int rank = 1;  ///< within its kind, from 1
    Offer offer;
};

struct PlanOptions {
    std::vector<PlacementOptions> placements = {placement_options(Placement::newsletter)};  ///< in the order of contact
    OfferQuery query = {};
    int threads = 0;  ///< 0: all that the process may use; the plan does not depend on it
};

/// Lines by customer as asked, then by placement as in the options, then by kind and rank.
struct CROSSLIFT_API OfferPlan {
    std::vector<PlannedOffer> offers;
    std::int64_t customers = 0;  ///< asked for
    std::int64_t reached = 0;    ///< of them with an offer
    double coverage = 0;         ///< share of the catalog's items that is offered to anybody
    double novelty = 0;          ///< mean of -log2(share of baskets with the item) over the offers; higher = less known
    double expected_margin = 0;  ///< sum where it is known, money
    std::vector<std::string> warnings;
};

/// A customer for an item; best first.
struct TargetCustomer {
    std::string customer;
    Offer offer;  ///< of kind recommend, as recommend() would make it to this customer
};

struct TargetList {
    std::vector<TargetCustomer> customers;
    std::vector<std::string> warnings;
};

}  // namespace crosslift
