#include "offers/replenishment_facts.hpp"

#include "formulas/normal.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace crosslift {
namespace {

constexpr std::int64_t seconds_per_day = 86400;
constexpr double week_days = 7, fortnight_days = 14, month_days = 28, season_days = 90, year_days = 365;
constexpr double prior_buyers = 10;   // strength of all items' repeat share in one item's
constexpr double prior_repeats = 10;  // of all items' purchase rate, in repeat purchases
constexpr double prior_gaps = 10;     // of all items' mean gap
constexpr double least_variance = 0.05;
constexpr double most_odds = 12;  // log-odds are kept within it

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

double days_between(std::int64_t from, std::int64_t to) {
    return static_cast<double>(to - from) / static_cast<double>(seconds_per_day);
}

std::int64_t day_of(std::int64_t time) {
    return time >= 0 ? time / seconds_per_day : -((seconds_per_day - 1 - time) / seconds_per_day);
}

double bounded(double log_odds) {
    return std::isnan(log_odds) ? -most_odds : std::clamp(log_odds, -most_odds, most_odds);
}

/// Days after the first purchase in which a customer could have bought again.
double exposure(const Habit& habit, std::int64_t as_of) {
    return std::max(1.0, days_between(habit.first, as_of));
}

/// Sums over the customers of one item.
struct ItemSums {
    double buyers = 0, repeaters = 0, repeats = 0, exposure = 0, gaps = 0, log_gaps = 0;
};

/// Variances of ln(gap) by moments: within one customer and item, and of their means around the item's.
struct GapMoments {
    double within = 0, within_gaps = 0;  // squares about the own mean; gaps less one for each mean
    double about_item = 0, gaps = 0;     // squares about the item's mean

    void give(ReplenishmentModel& model) const {
        if (within_gaps < 1 || gaps < 1) return;
        model.gap_within = std::max(least_variance, within / within_gaps);
        model.gap_between = std::max(0.0, about_item / gaps - model.gap_within);
    }
};

void set_items(const std::vector<ItemSums>& items, ReplenishmentModel& model) {
    ItemSums all;
    for (const ItemSums& item : items) {
        all.buyers += item.buyers;
        all.repeaters += item.repeaters;
        all.repeats += item.repeats;
        all.exposure += item.exposure;
        all.gaps += item.gaps;
        all.log_gaps += item.log_gaps;
    }
    const double share = (all.repeaters + 1) / (all.buyers + 2);
    const double rate = (all.repeats + 1) / (all.exposure + 365);
    const double gap = all.gaps > 0 ? all.log_gaps / all.gaps : std::log(month_days);
    for (std::size_t i = 0; i < items.size(); ++i) {
        const ItemSums& item = items[i];
        model.repeat_share[i] =
            static_cast<float>((item.repeaters + prior_buyers * share) / (item.buyers + prior_buyers));
        model.rate[i] = static_cast<float>((item.repeats + prior_repeats) / (item.exposure + prior_repeats / rate));
        model.log_gap[i] = static_cast<float>((item.log_gaps + prior_gaps * gap) / (item.gaps + prior_gaps));
    }
}

}  // namespace

CustomerHabits habits_of(const PurchaseHistory& history, std::int32_t customer, std::int64_t as_of) {
    CustomerHabits result;
    std::vector<std::pair<std::int32_t, std::int64_t>> bought;  // item, time
    result.since_visit = 0;
    for (const std::int32_t basket : history.customer_baskets.view().row(customer)) {
        const std::int64_t time = history.time[idx(basket)];
        if (time > as_of) break;
        const double age = days_between(time, as_of);
        const auto lines = static_cast<double>(history.baskets.view().row(basket).size());
        result.visits += std::exp2(-age / month_days);
        result.since_visit = age;
        result.visits_season += std::exp2(-age / season_days);
        result.baskets += 1;
        result.lines += lines;
        result.lines_week += lines * std::exp2(-age / week_days);
        result.lines_month += lines * std::exp2(-age / month_days);
        for (const std::int32_t item : history.baskets.view().row(basket)) bought.emplace_back(item, time);
    }
    std::ranges::stable_sort(bought, {}, [](const auto& purchase) { return purchase.first; });
    for (const auto& [item, time] : bought) {
        if (result.items.empty() || result.items.back().item != item) {
            result.items.push_back({.item = item, .first = time});
        } else {
            const auto gap = static_cast<double>(day_of(time) - day_of(result.items.back().last));
            if (gap == 0) continue;
            result.items.back().log_gaps += std::log(gap);
            result.items.back().squared_log_gaps += std::log(gap) * std::log(gap);
        }
        Habit& habit = result.items.back();
        const double age = days_between(time, as_of);
        habit.before_last = habit.days > 0 ? habit.last : time;
        habit.days += 1;
        habit.last = time;
        habit.week += std::exp2(-age / week_days);
        habit.fortnight += std::exp2(-age / fortnight_days);
        habit.month += std::exp2(-age / month_days);
        habit.season += std::exp2(-age / season_days);
        habit.year += std::exp2(-age / year_days);
    }
    return result;
}

void fit_closed_form(const PurchaseHistory& history, std::int64_t as_of, ReplenishmentModel& model) {
    std::vector<ItemSums> items(idx(history.items()));
    model.repeat_share.resize(items.size());
    model.rate.resize(items.size());
    model.log_gap.resize(items.size());
    GapMoments gaps;
    for (std::int32_t customer = 0; customer < history.customers; ++customer) {
        for (const Habit& habit : habits_of(history, customer, as_of).items) {
            ItemSums& item = items[idx(habit.item)];
            item.buyers += 1;
            item.repeaters += habit.days > 1 ? 1 : 0;
            item.repeats += static_cast<double>(habit.days - 1);
            item.exposure += exposure(habit, as_of);
            item.gaps += static_cast<double>(habit.days - 1);
            item.log_gaps += habit.log_gaps;
        }
    }
    set_items(items, model);
    double expected = 0, over = 0;
    for (std::int32_t customer = 0; customer < history.customers; ++customer) {
        for (const Habit& habit : habits_of(history, customer, as_of).items) {
            const double mean = static_cast<double>(model.rate[idx(habit.item)]) * exposure(habit, as_of);
            const double off = static_cast<double>(habit.days - 1) - mean;
            expected += mean * mean;
            over += off * off - mean;
            if (habit.days < 2) continue;
            const auto n = static_cast<double>(habit.days - 1);
            const double item = static_cast<double>(model.log_gap[idx(habit.item)]);
            gaps.within += std::max(0.0, habit.squared_log_gaps - habit.log_gaps * habit.log_gaps / n);
            gaps.within_gaps += n - 1;
            gaps.about_item += habit.squared_log_gaps - 2 * item * habit.log_gaps + n * item * item;
            gaps.gaps += n;
        }
    }
    // Var(repeats) = mean + mean^2 / shape.
    if (over > 0) model.rate_shape = std::clamp(expected / over, 0.05, 20.0);
    gaps.give(model);
}

bool may_come_back(const ReplenishmentModel& model, const Habit& habit) {
    return habit.days >= 2 ||
           static_cast<double>(model.repeat_share[idx(habit.item)]) >= model.options.min_repeat_share;
}

double usual_log_gap(const ReplenishmentModel& model, const Habit& habit) {
    const double item = static_cast<double>(model.log_gap[idx(habit.item)]);
    const auto n = static_cast<double>(habit.days - 1);
    if (n == 0) return item;
    const double trust = n * model.gap_between / (n * model.gap_between + model.gap_within);
    return item + trust * (habit.log_gaps / n - item);
}

ReplenishmentRow facts_of(const ReplenishmentModel& model, const CustomerHabits& customer, const Habit& habit,
                          std::int64_t as_of, double horizon_days) {
    ReplenishmentRow row{};
    const auto at = [&](ReplenishmentFact fact) -> double& { return row[static_cast<std::size_t>(fact)]; };
    const auto repeats = static_cast<double>(habit.days - 1);
    const double item_rate = static_cast<double>(model.rate[idx(habit.item)]);
    const double rate =
        (repeats + model.rate_shape) / (exposure(habit, as_of) + model.rate_shape / std::max(1e-9, item_rate));
    at(ReplenishmentFact::rate) = bounded(std::log(std::expm1(std::min(30.0, rate * horizon_days))));
    const double share = static_cast<double>(model.repeat_share[idx(habit.item)]);
    at(ReplenishmentFact::repeat_share) = bounded(std::log(share / (1 - share)));

    const double since = std::max(0.5, days_between(habit.last, as_of));
    const double trust = repeats * model.gap_between / (repeats * model.gap_between + model.gap_within);
    const double sd = std::sqrt(model.gap_within + model.gap_between * (1 - trust));
    const double middle = usual_log_gap(model, habit);
    const double none_so_far = formulas::normal_cdf((middle - std::log(since)) / sd);
    const double none_then = formulas::normal_cdf((middle - std::log(since + horizon_days)) / sd);
    at(ReplenishmentFact::gap_hazard) = bounded(std::log((none_so_far - none_then) / none_then));

    at(ReplenishmentFact::horizon) = std::log(horizon_days);
    at(ReplenishmentFact::purchases) = std::log(static_cast<double>(habit.days));
    at(ReplenishmentFact::recent_month) = std::log1p(habit.month);
    at(ReplenishmentFact::recent_season) = std::log1p(habit.season);
    at(ReplenishmentFact::since_last) = std::log1p(since);
    at(ReplenishmentFact::visits) = std::log1p(customer.visits);
    at(ReplenishmentFact::since_visit) = std::log1p(customer.since_visit);
    at(ReplenishmentFact::recent_week) = std::log1p(habit.week);
    at(ReplenishmentFact::recent_fortnight) = std::log1p(habit.fortnight);
    at(ReplenishmentFact::recent_year) = std::log1p(habit.year);
    at(ReplenishmentFact::since_before_last) = std::log1p(days_between(habit.before_last, as_of));
    at(ReplenishmentFact::visits_season) = std::log1p(customer.visits_season);
    at(ReplenishmentFact::basket_size) = std::log(customer.lines / customer.baskets);
    at(ReplenishmentFact::lines_week) = std::log1p(customer.lines_week);
    at(ReplenishmentFact::lines_month) = std::log1p(customer.lines_month);
    return row;
}

}  // namespace crosslift
