// Repeat purchases: windows at the end of the history, facts from before each, one logistic regression over all.
#include "offers/logistic.hpp"
#include "offers/replenishment_facts.hpp"

#include <crosslift/error.hpp>
#include <crosslift/replenishment.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <random>
#include <span>

namespace crosslift {
namespace {

constexpr double seconds_per_day = 86400;
constexpr double least_pairs = 200, least_repeats = 20;     // below, weights would be noise
constexpr std::array<double, 3> horizons = {0.25, 0.5, 1};  // of a window

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

void want(bool holds, const char* what, double came, const char* range) {
    if (!holds)
        throw InvalidArgument("replenishment." + std::string(what) + " is " + std::to_string(came) + "; it must be " +
                              range);
}

void check(const ReplenishmentOptions& options) {
    want(options.min_repeat_share >= 0 && options.min_repeat_share <= 1, "min_repeat_share", options.min_repeat_share,
         "0 to 1");
    want(options.l2 > 0 && std::isfinite(options.l2), "l2", options.l2, "above 0");
    want(options.windows >= 1, "windows", options.windows, "1 or more");
    want(options.window_days > 0 && options.window_days <= 3660, "window_days", options.window_days,
         "above 0 and at most 3660");
    want(options.max_pairs >= 1, "max_pairs", static_cast<double>(options.max_pairs), "1 or more");
}

std::int64_t seconds(double days) {
    return static_cast<std::int64_t>(std::llround(days * seconds_per_day));
}

/// Pairs of one window: facts before it for each horizon, and whether the customer bought within it.
struct Window {
    LogisticRows rows{.features = replenishment_fact_count, .values = {}, .outcome = {}};
    std::vector<double> frequency;  ///< per row of the middle horizon: purchases per day so far
    LogisticRows middle = rows;     ///< the rows of the middle horizon alone
};

/// First time after `as_of` at which each item was bought by the customer, where `next` is long enough for all items.
void next_purchases(const PurchaseHistory& history, std::int32_t customer, std::int64_t as_of, std::int64_t end,
                    std::vector<std::int64_t>& next) {
    const auto baskets = history.customer_baskets.view().row(customer);
    for (auto it = baskets.rbegin(); it != baskets.rend() && history.time[idx(*it)] > as_of; ++it) {
        if (history.time[idx(*it)] > end) continue;
        for (const std::int32_t item : history.baskets.view().row(*it)) next[idx(item)] = history.time[idx(*it)];
    }
}

Window make_window(const PurchaseHistory& history, std::int64_t as_of, const ReplenishmentModel& model) {
    const ReplenishmentOptions& options = model.options;
    Window window;
    std::vector<std::int64_t> next(idx(history.items()), unknown_time);
    const auto end = as_of + seconds(options.window_days);
    std::vector<std::int32_t> customers(idx(history.customers));
    for (std::size_t n = 0; n < customers.size(); ++n) customers[n] = static_cast<std::int32_t>(n);
    std::mt19937_64 random(options.seed + static_cast<std::uint64_t>(as_of));
    std::int64_t pairs = 0;
    for (std::size_t n = 0; n < customers.size() && pairs < options.max_pairs; ++n) {
        std::swap(customers[n], customers[n + random() % (customers.size() - n)]);
        const CustomerHabits customer = habits_of(history, customers[n], as_of);
        next_purchases(history, customers[n], as_of, end, next);
        for (const Habit& habit : customer.items) {
            if (!may_come_back(model, habit)) continue;
            ++pairs;
            const std::int64_t bought = next[idx(habit.item)];
            for (const double share : horizons) {
                const double days = share * options.window_days;
                const bool yes = bought != unknown_time && bought <= as_of + seconds(days);
                const auto row = facts_of(model, customer, habit, as_of, days);
                window.rows.add(row, yes);
                if (share != horizons[1]) continue;
                window.middle.add(row, yes);
                window.frequency.push_back(static_cast<double>(habit.days) /
                                           (1 + static_cast<double>(as_of - habit.first) / seconds_per_day));
            }
        }
        std::ranges::fill(next, unknown_time);
    }
    return window;
}

std::vector<Window> make_windows(const PurchaseHistory& history, const ReplenishmentModel& model,
                                 const Progress& progress) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<Window> windows;
    const std::int64_t length = seconds(model.options.window_days);
    for (int n = 0; n < model.options.windows; ++n) {
        if (progress.stop.stop_requested())
            throw Stopped("training of repeat purchases was stopped before its weights were fitted");
        const std::int64_t as_of = history.latest_time() - (n + 1) * length;
        // At least as much history before a window as it lasts.
        if (as_of - length < history.time.front()) break;
        ReplenishmentModel before;
        before.options = model.options;
        fit_closed_form(history, as_of, before);
        windows.push_back(make_window(history, as_of, before));
        if (!progress.on_step) continue;
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
        progress.on_step(
            {"replenishment", n + 1, model.options.windows, passed.count(), std::numeric_limits<double>::quiet_NaN()});
    }
    return windows;
}

bool enough(const LogisticRows& rows) {
    double yes = 0;
    for (const double outcome : rows.outcome) yes += outcome;
    const auto all = static_cast<double>(rows.size());
    return all >= least_pairs * static_cast<double>(horizons.size()) && yes >= least_repeats && yes < all;
}

/// A fact that grows with the horizon and would get a negative weight is left out, one after the other.
Logistic fit_growing(LogisticRows rows, double l2) {
    constexpr std::array growing = {ReplenishmentFact::rate, ReplenishmentFact::gap_hazard, ReplenishmentFact::horizon};
    for (;;) {
        Logistic logistic = fit_logistic(rows, l2);
        const auto worst = std::ranges::min_element(
            growing, {}, [&](ReplenishmentFact fact) { return logistic.weights[static_cast<std::size_t>(fact)]; });
        if (logistic.weights[static_cast<std::size_t>(*worst)] >= 0) return logistic;
        for (std::size_t n = static_cast<std::size_t>(*worst); n < rows.values.size(); n += rows.features)
            rows.values[n] = 0;
    }
}

void validate(const std::vector<Window>& windows, ReplenishmentModel& model) {
    LogisticRows older{.features = replenishment_fact_count, .values = {}, .outcome = {}};
    for (std::size_t n = 1; n < windows.size(); ++n) older.append(windows[n].rows);
    const Window& newest = windows.front();
    if (!enough(older)) return;
    const Logistic logistic = fit_growing(older, model.options.l2);
    std::vector<double> scores;
    for (std::size_t n = 0; n < newest.middle.size(); ++n) scores.push_back(logistic.log_odds(newest.middle.row(n)));
    model.validation_pr_auc = average_precision(scores, newest.middle.outcome);
    model.frequency_pr_auc = average_precision(newest.frequency, newest.middle.outcome);
}

Logistic logistic_of(const ReplenishmentModel& model) {
    const auto names = replenishment_facts();
    Logistic logistic{model.intercept, std::vector<double>(names.size())};
    for (const auto& [fact, weight] : model.weights) {
        const auto found = std::ranges::find(names, fact);
        if (found == names.end())
            throw InvalidArgument("the replenishment model has a weight for '" + fact +
                                  "', which this version does not know; see replenishment_facts()");
        logistic.weights[idx(found - names.begin())] = weight;
    }
    return logistic;
}

void check_query(const ReplenishmentModel& model, const PurchaseHistory& history, std::int32_t customer,
                 double horizon_days) {
    if (!(horizon_days > 0) || !std::isfinite(horizon_days))
        throw InvalidArgument("the horizon is " + std::to_string(horizon_days) + " days; it must be above 0");
    if (customer != IdMap::unknown && (customer < 0 || customer >= history.customers))
        throw InvalidArgument("customer row " + std::to_string(customer) + " came; rows are 0 to " +
                              std::to_string(history.customers - 1));
    if (history.time_kind != TimeKind::timestamp)
        throw DataError(
            "when a purchase is due can only be said from dates, and these purchases have none; give a time column "
            "with timestamps (an order number is not enough)");
    if (model.empty())
        throw DataError(
            "the model of repeat purchases is empty: too few known customers bought an item on a second day; give "
            "customer ids and a longer history");
    if (static_cast<std::int64_t>(model.rate.size()) != history.items())
        throw InvalidArgument("the replenishment model has " + std::to_string(model.rate.size()) +
                              " items and the history " + std::to_string(history.items()) + "; fit it on this history");
}

}  // namespace

std::vector<std::string> replenishment_facts() {
    return {"rate",          "repeat_share",      "gap_hazard",    "horizon",     "purchases",   "recent_month",
            "recent_season", "since_last",        "visits",        "since_visit", "recent_week", "recent_fortnight",
            "recent_year",   "since_before_last", "visits_season", "basket_size", "lines_week",  "lines_month"};
}

ReplenishmentModel fit_replenishment(const PurchaseHistory& history, const ReplenishmentOptions& options,
                                     const Progress& progress) {
    check(options);
    ReplenishmentModel model;
    model.options = options;
    if (history.time_kind != TimeKind::timestamp || history.customers == 0 || history.basket_count() == 0) return model;
    const auto windows = make_windows(history, model, progress);
    LogisticRows all{.features = replenishment_fact_count, .values = {}, .outcome = {}};
    for (const Window& window : windows) all.append(window.rows);
    if (!enough(all)) return model;
    validate(windows, model);
    model.pairs = static_cast<std::int64_t>(all.size() / horizons.size());
    const Logistic logistic = fit_growing(std::move(all), options.l2);
    fit_closed_form(history, history.latest_time(), model);
    model.intercept = logistic.intercept;
    const auto names = replenishment_facts();
    for (std::size_t f = 0; f < names.size(); ++f) model.weights.push_back({names[f], logistic.weights[f]});
    return model;
}

std::vector<DueItem> ReplenishmentModel::due(const PurchaseHistory& history, std::int32_t customer, std::int64_t as_of,
                                             double horizon_days) const {
    check_query(*this, history, customer, horizon_days);
    std::vector<DueItem> result;
    if (customer == IdMap::unknown) return result;
    const Logistic logistic = logistic_of(*this);
    const CustomerHabits habits = habits_of(history, customer, as_of);
    for (const Habit& habit : habits.items) {
        if (!may_come_back(*this, habit)) continue;
        DueItem item{.item = habit.item, .last = habit.last, .purchases = habit.days};
        item.probability = logistic.probability(facts_of(*this, habits, habit, as_of, horizon_days));
        item.usual_gap_days = std::exp(usual_log_gap(*this, habit));
        item.due = habit.last + seconds(item.usual_gap_days);
        result.push_back(item);
    }
    std::ranges::stable_sort(result, std::ranges::greater{}, &DueItem::probability);
    return result;
}

}  // namespace crosslift
