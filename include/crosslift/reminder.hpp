// "Buy it again": what a customer will run out of, when, and something to go with it.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/offer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace crosslift {

struct ReminderOptions {
    double horizon_days = 14;  ///< > 0: how far ahead to look
    bool companions = true;    ///< one cross-sell beside each due item
};

/// One due item. Times are in the unit of the purchases: seconds since 1970.
struct Reminder {
    Offer offer;                     ///< of kind replenish; score and probability: bought within the horizon
    std::int64_t due = 0;            ///< the next purchase by the usual gap; before `as_of`: overdue
    std::int64_t last = 0;           ///< the last purchase
    double usual_gap_days = 0;       ///< between two purchases
    std::int64_t purchases = 0;      ///< days on which this customer bought it
    std::optional<Offer> companion;  ///< a cross-sell to the due item, in no other reminder
};

/// What OfferEngine::replenish() returns, most likely first.
struct ReminderList {
    std::vector<Reminder> reminders;
    std::vector<std::string> warnings;
};

}  // namespace crosslift
