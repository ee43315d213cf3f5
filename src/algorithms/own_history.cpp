// What a customer buys again and again: its formula, and how much of it pays.
#include "algorithms/complement_tuning.hpp"
#include "algorithms/leave_one_out.hpp"

#include <crosslift/error.hpp>
#include <crosslift/own_history.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace crosslift {
namespace {

using namespace algorithms;

constexpr std::array<double, 11> weights = {0.02, 0.035, 0.05, 0.07, 0.1, 0.14, 0.2, 0.3, 0.4, 0.6, 0.9};
constexpr std::array<double, 4> half_lives = {30, 60, 120, 0};
constexpr double least_gain = 1.002;
constexpr std::int64_t tuning_items = 5000;
constexpr std::int64_t tuning_queries = 5000;

// Whether and how strongly a customer's baskets count at one moment.
class BasketWeights {
public:
    BasketWeights(const PurchaseHistory& history, double half_life_days, std::int64_t as_of)
        : history_(history), as_of_(as_of) {
        constexpr double seconds_per_day = 86400;
        if (half_life_days > 0 && history.time_kind == TimeKind::timestamp)
            per_second_ = 1 / (half_life_days * seconds_per_day);
        if (as_of_ == unknown_time) as_of_ = history.latest_time();
    }

    bool counts(std::int32_t basket) const { return history_.time.empty() || history_.time[idx(basket)] <= as_of_; }

    double operator()(std::int32_t basket) const {
        if (per_second_ == 0) return 1;
        return std::exp2(-static_cast<double>(as_of_ - history_.time[idx(basket)]) * per_second_);
    }

private:
    const PurchaseHistory& history_;
    std::int64_t as_of_;
    double per_second_ = 0;
};

struct Habit {
    std::int32_t item = 0;
    double strength = 0;  // h
};

struct Habits {
    std::vector<Habit> items;          // every item that the customer bought, ascending
    std::int64_t repeats = 0;          // purchases of an item that was in an earlier basket of theirs
    std::int64_t after_the_first = 0;  // purchases after their first basket

    bool hold(std::int32_t item) const { return std::ranges::binary_search(items, item, {}, &Habit::item); }
};

Habits habits(const PurchaseHistory& history, std::int32_t customer, const BasketWeights& weight) {
    Habits found;
    std::vector<Habit>& items = found.items;
    double total = 0;
    std::size_t first = 0;
    for (const std::int32_t basket : history.customer_baskets.view().row(customer)) {
        if (!weight.counts(basket)) continue;
        const double share = weight(basket);
        total += share;
        for (const std::int32_t item : history.baskets.view().row(basket)) items.push_back({item, share});
        if (first == 0) first = items.size();
    }
    const std::size_t purchases = items.size();
    std::ranges::stable_sort(items, {}, &Habit::item);
    std::size_t kept = 0;
    for (std::size_t n = 0; n < purchases; ++n) {
        if (kept > 0 && items[kept - 1].item == items[n].item)
            items[kept - 1].strength += items[n].strength;
        else
            items[kept++] = items[n];
    }
    items.resize(kept);
    for (Habit& habit : items) habit.strength = std::sqrt(habit.strength / (1 + total));
    found.repeats = static_cast<std::int64_t>(purchases - kept);
    found.after_the_first = static_cast<std::int64_t>(purchases - first);
    return found;
}

// g of own_history.hpp for a basket of `size` items, `repeats` of which the customer bought before.
double gate(const Habits& own, std::int64_t repeats, std::int64_t size, double repeat_share) {
    constexpr double basket_prior = 4, customer_prior = 10;
    if (repeat_share <= 0) return 1;
    const auto share = [](std::int64_t some, std::int64_t all, double prior, double expected) {
        return (static_cast<double>(some) + prior * expected) / (static_cast<double>(all) + prior);
    };
    const auto odds = [](double p) { return p / (1.02 - p); };
    const double of_customer = share(own.repeats, own.after_the_first, customer_prior, repeat_share);
    return std::sqrt(odds(share(repeats, size, basket_prior, of_customer)) / odds(repeat_share));
}

double gate(const Habits& own, std::span<const std::int32_t> basket, double repeat_share) {
    const auto repeats = std::ranges::count_if(basket, [&](std::int32_t item) { return own.hold(item); });
    return gate(own, repeats, static_cast<std::int64_t>(basket.size()), repeat_share);
}

double share_of_repeats(const PurchaseHistory& history) {
    const BasketWeights undecayed(history, 0, unknown_time);
    std::int64_t repeats = 0, purchases = 0;
    for (std::int32_t customer = 0; customer < history.customers; ++customer) {
        const Habits own = habits(history, customer, undecayed);
        repeats += own.repeats;
        purchases += own.after_the_first;
    }
    return purchases > 0 ? static_cast<double>(repeats) / static_cast<double>(purchases) : 0;
}

bool known(const PurchaseHistory& history, std::int32_t customer, const char* function) {
    if (customer == IdMap::unknown) return false;
    if (customer < 0 || customer >= history.customer_baskets.rows)
        throw InvalidArgument(std::string(function) + ": customer row " + std::to_string(customer) +
                              " came; rows go from 0 to " + std::to_string(history.customer_baskets.rows - 1));
    return true;
}

// Held-back baskets of customers that bought before, and what those customers bought.
class Trial {
public:
    Trial(const PurchaseHistory& history, const EaseOptions& ease) : ease_(ease) {
        const std::int64_t older = rows_before_validation(history.basket_count());
        past_ = earlier(history, older);
        items_ = best_sellers(basket_counts(past_.baskets), 1, tuning_items);
        renumbered_.assign(idx(history.items()), -1);
        for (std::size_t n = 0; n < items_.size(); ++n) renumbered_[idx(items_[n])] = static_cast<std::int32_t>(n);
        std::vector<std::int64_t> held;
        for (std::int64_t basket = older; basket < history.basket_count(); ++basket) {
            const std::int32_t customer = history.customer[idx(basket)];
            if (customer == IdMap::unknown || past_.customer_baskets.view().row(customer).empty()) continue;
            held.push_back(basket);
            customers_.push_back(customer);
        }
        queries_ = leave_one_out(select(history.baskets, held, items_), tuning_queries, 0);
    }

    std::size_t size() const { return queries_.size(); }

    /// Compares every weight and half-life with none.
    OwnHistory best(std::stop_token stop) {
        const std::vector<std::int64_t> all = rows_by_time(past_.basket_count(), {});
        const std::vector<float> ages = basket_ages(basket_age_days(past_, past_.latest_time()), past_.time);
        if (ages.empty()) ease_.half_life_days = 0;
        if (past_.line.empty()) ease_.line_share = 0;
        const EaseModel model =
            fit_ease(select(past_.baskets, all, items_), ages, ease_, {.on_step = {}, .stop = std::move(stop)},
                     select_cells(past_.baskets, past_.line, all, items_));
        base_ = ease_scores(queries_, model);
        OwnHistory best;
        const std::vector<std::vector<float>> unscaled(1);
        const HitRates without = hit_rates(queries_, base_, unscaled)[0];
        if (without.hr10 == 0) return best;
        const double repeat_share = share_of_repeats(past_);
        double highest = merit(without) * least_gain;
        for (const double half_life : half_lives) {
            if (half_life > 0 && past_.time_kind != TimeKind::timestamp) continue;
            const std::vector<HitRates> with = hit_rates_with(half_life, repeat_share);
            for (std::size_t n = 0; n < weights.size(); ++n) {
                if (merit(with[n]) < highest || with[n].hr10 < without.hr10 * least_gain) continue;
                highest = merit(with[n]);
                best = {weights[n], half_life, repeat_share, with[n].hr10 / without.hr10};
            }
        }
        return best;
    }

private:
    // As the options of EASE are chosen: HR@10 alone is too noisy.
    static double merit(const HitRates& rates) { return rates.hr10 + rates.ndcg; }

    // One per weight.
    std::vector<HitRates> hit_rates_with(double half_life, double repeat_share) {
        const BasketWeights decay(past_, half_life, past_.latest_time());
        std::vector<RankTally> tallies(weights.size());
        std::vector<float> base(items_.size()), scores(items_.size());
        Habits own;
        std::int64_t row = -1;
        for (std::size_t query = 0; query < queries_.size(); ++query) {
            const auto basket = queries_.basket(query);
            const std::int32_t target = queries_.targets[query];
            if (queries_.rows[query] != row) {
                row = queries_.rows[query];
                own = habits(past_, customers_[idx(row)], decay);
            }
            const auto repeats = std::ranges::count_if(
                basket, [&](std::int32_t item) { return item != target && own.hold(items_[idx(item)]); });
            const double g = gate(own, repeats, static_cast<std::int64_t>(basket.size()) - 1, repeat_share);
            base_(query, base);
            for (std::size_t n = 0; n < weights.size(); ++n) {
                scores = base;
                for (const Habit& habit : own.items)
                    if (const std::int32_t item = renumbered_[idx(habit.item)]; item >= 0)
                        scores[idx(item)] += static_cast<float>(weights[n] * g * habit.strength);
                tallies[n].add(rank_of(scores, {}, basket, target));
            }
        }
        std::vector<HitRates> rates;
        for (const RankTally& tally : tallies) rates.push_back(tally.rates());
        return rates;
    }

    EaseOptions ease_;
    PurchaseHistory past_;
    std::vector<std::int32_t> items_, renumbered_, customers_;
    LeaveOneOut queries_;
    QueryScores base_;
};

}  // namespace

OwnHistory tune_own_history(const PurchaseHistory& history, const EaseOptions& ease, const Progress& progress) {
    if (history.customers == 0) return {};
    Trial trial(history, ease);
    if (trial.size() < fewest_queries) return {};
    return trial.best(progress.stop);
}

void add_own_history(const OwnHistory& own, const PurchaseHistory& history, std::int32_t customer,
                     std::span<const std::int32_t> basket, std::int64_t as_of, double factor, std::span<float> scores) {
    if (static_cast<std::int64_t>(scores.size()) != history.items())
        throw InvalidArgument("add_own_history: scores holds " + std::to_string(scores.size()) +
                              " numbers; give one for each of the " + std::to_string(history.items()) + " items");
    if (!known(history, customer, "add_own_history") || own.weight == 0 || factor == 0) return;
    const Habits found = habits(history, customer, {history, own.half_life_days, as_of});
    const double scale = factor * own.weight * gate(found, basket, own.repeat_share);
    for (const Habit& habit : found.items) scores[idx(habit.item)] += static_cast<float>(scale * habit.strength);
}

double own_history_share(const OwnHistory& own, const PurchaseHistory& history, std::int32_t customer,
                         std::span<const std::int32_t> basket, std::int64_t as_of, double factor, std::int32_t item) {
    if (!known(history, customer, "own_history_share") || own.weight == 0 || factor == 0) return 0;
    const Habits found = habits(history, customer, {history, own.half_life_days, as_of});
    const double scale = factor * own.weight * gate(found, basket, own.repeat_share);
    for (const Habit& habit : found.items)
        if (habit.item == item) return scale * habit.strength;
    return 0;
}

std::vector<std::int32_t> bought_before(const PurchaseHistory& history, std::int32_t customer, std::int64_t as_of) {
    std::vector<std::int32_t> items;
    if (!known(history, customer, "bought_before")) return items;
    for (const Habit& habit : habits(history, customer, {history, 0, as_of}).items) items.push_back(habit.item);
    return items;
}

}  // namespace crosslift
