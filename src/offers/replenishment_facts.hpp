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
    rate,               ///< ln(exp(lambda W) - 1), the log-odds of a Poisson purchase; lambda by the gamma prior
    repeat_share,       ///< log-odds of the item's repeat-customer probability
    gap_hazard,         ///< log-odds of a purchase within W days by the log-normal gap, given none since the last
    horizon,            ///< ln W
    purchases,          ///< ln(days with a purchase)
    recent_month,       ///< ln(1 + sum of 2^(-age / 28 days) over them)
    recent_season,      ///< the same, 90 days
    since_last,         ///< ln(1 + days since the last purchase)
    visits,             ///< ln(1 + sum of 2^(-age / 28 days) over the customer's baskets)
    since_visit,        ///< ln(1 + days since the customer's last basket)
    recent_week,        ///< as recent_month, 7 days
    recent_fortnight,   ///< 14 days
    recent_year,        ///< 365 days
    since_before_last,  ///< ln(1 + days since the purchase before the last; since the last where it was the first)
    visits_season,      ///< as visits, 90 days
    basket_size,        ///< ln(mean number of items in the customer's baskets)
    lines_week,         ///< ln(1 + sum of 2^(-age / 7 days) over the items of the customer's baskets)
    lines_month,        ///< the same, 28 days
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
    std::int64_t before_last = 0;  ///< time of the purchase before the last; of the last where it was the first
    /// Sums of 2^(-age / H) over purchases, H = 7, 14, 28, 90 and 365 days.
    double week = 0, fortnight = 0, month = 0, season = 0, year = 0;
};

struct CustomerHabits {
    std::vector<Habit> items;  ///< by item
    double visits = 0;         ///< sum of 2^(-age / 28 days) over baskets
    double since_visit = 0;    ///< days
    double visits_season = 0;  ///< as visits, 90 days
    double baskets = 0;        ///< their number
    double lines = 0;          ///< items of all baskets
    double lines_week = 0;     ///< sum of 2^(-age / 7 days) over items of baskets
    double lines_month = 0;    ///< the same, 28 days
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
