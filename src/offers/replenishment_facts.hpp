// What the purchases up to one moment say about customers that come back: habits, closed-form models, facts.
#pragma once

#include <crosslift/replenishment.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace crosslift {

/// Facts of a customer, an item and a horizon of W days, in the order of replenishment_facts().
enum class ReplenishmentFact : std::size_t {
    rate,           ///< ln(exp(lambda W) - 1), the log-odds of a Poisson purchase; lambda by the gamma prior
    repeat_share,   ///< log-odds of the item's repeat-customer probability
    gap_hazard,     ///< log-odds of a purchase within W days by the log-normal gap, given none since the last
    horizon,        ///< ln W
    purchases,      ///< ln(days with a purchase)
    recent_month,   ///< ln(1 + sum of 2^(-age / 28 days) over them)
    recent_season,  ///< the same, 90 days
    since_last,     ///< ln(1 + days since the last purchase)
    visits,         ///< ln(1 + sum of 2^(-age / 28 days) over the customer's baskets)
    since_visit,    ///< ln(1 + days since the customer's last basket)
    count,
};

constexpr std::size_t replenishment_fact_count = static_cast<std::size_t>(ReplenishmentFact::count);
using ReplenishmentRow = std::array<double, replenishment_fact_count>;

/// One customer's purchases of one item up to a moment; purchases of one day (UTC) count once.
struct Habit {
    std::int32_t item = 0;
    std::int64_t days = 0;         ///< with a purchase
    std::int64_t first = 0;        ///< time
    std::int64_t last = 0;         ///< time
    double log_gaps = 0;           ///< sum of ln(days between two purchases), over days - 1 gaps
    double squared_log_gaps = 0;   ///< of their squares
    double month = 0, season = 0;  ///< sums of 2^(-age / 28 days) and of 2^(-age / 90 days)
};

struct CustomerHabits {
    std::vector<Habit> items;  ///< by item
    double visits = 0;         ///< sum of 2^(-age / 28 days) over baskets
    double since_visit = 0;    ///< days
};

/// Of baskets with time <= as_of. `history` has timestamps.
CustomerHabits habits_of(const PurchaseHistory& history, std::int32_t customer, std::int64_t as_of);

/// Fills the closed-form parts of `model` (repeat_share ... gap_between) from the purchases up to `as_of`.
void fit_closed_form(const PurchaseHistory& history, std::int64_t as_of, ReplenishmentModel& model);

/// Whether a customer's habit is one to be judged (ReplenishmentOptions::min_repeat_share).
bool may_come_back(const ReplenishmentModel& model, const Habit& habit);

/// Mean of ln(gap in days) of the customer and item: their own gaps, shrunk to the item's.
double usual_log_gap(const ReplenishmentModel& model, const Habit& habit);

ReplenishmentRow facts_of(const ReplenishmentModel& model, const CustomerHabits& customer, const Habit& habit,
                          std::int64_t as_of, double horizon_days);

}  // namespace crosslift
