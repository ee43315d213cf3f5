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

constexpr std::array<double, 6> weights = {0.02, 0.05, 0.1, 0.2, 0.4, 0.8};
constexpr std::array<double, 4> half_lives = {30, 60, 120, 0};
constexpr double least_gain = 1.002;
constexpr std::int64_t tuning_items = 2500;
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

// h of every item that the customer bought, by item.
std::vector<Habit> habits(const PurchaseHistory& history, std::int32_t customer, const BasketWeights& weight) {
    std::vector<Habit> found;
    double total = 0;
    for (const std::int32_t basket : history.customer_baskets.view().row(customer)) {
        if (!weight.counts(basket)) continue;
        const double share = weight(basket);
        total += share;
        for (const std::int32_t item : history.baskets.view().row(basket)) found.push_back({item, share});
    }
    std::ranges::stable_sort(found, {}, &Habit::item);
    std::size_t kept = 0;
    for (std::size_t n = 0; n < found.size(); ++n) {
        if (kept > 0 && found[kept - 1].item == found[n].item)
            found[kept - 1].strength += found[n].strength;
        else
            found[kept++] = found[n];
    }
    found.resize(kept);
    for (Habit& habit : found) habit.strength = std::sqrt(habit.strength / (1 + total));
    return found;
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
        const EaseModel model =
            fit_ease(select(past_.baskets, all, items_), ages, ease_, {.on_step = {}, .stop = std::move(stop)});
        base_ = ease_scores(queries_, model);
        OwnHistory best;
        const std::vector<std::vector<float>> unscaled(1);
        const double without = hit_rates(queries_, base_, unscaled)[0].hr10;
        if (without == 0) return best;
        for (const double half_life : half_lives) {
            if (half_life > 0 && past_.time_kind != TimeKind::timestamp) continue;
            const std::vector<double> with = hit_rates_with(half_life);
            for (std::size_t n = 0; n < weights.size(); ++n) {
                const double gain = with[n] / without;
                if (gain >= least_gain && gain > best.validation_gain) best = {weights[n], half_life, gain};
            }
        }
        return best;
    }

private:
    // One hit rate per weight.
    std::vector<double> hit_rates_with(double half_life) {
        const BasketWeights decay(past_, half_life, past_.latest_time());
        std::vector<RankTally> tallies(weights.size());
        std::vector<float> base(items_.size()), scores(items_.size());
        std::vector<Habit> own;
        std::int64_t row = -1;
        for (std::size_t query = 0; query < queries_.size(); ++query) {
            if (queries_.rows[query] != row) {
                row = queries_.rows[query];
                own = habits(past_, customers_[idx(row)], decay);
            }
            base_(query, base);
            for (std::size_t n = 0; n < weights.size(); ++n) {
                scores = base;
                for (const Habit& habit : own)
                    if (const std::int32_t item = renumbered_[idx(habit.item)]; item >= 0)
                        scores[idx(item)] += static_cast<float>(weights[n] * habit.strength);
                tallies[n].add(rank_of(scores, {}, queries_.basket(query), queries_.targets[query]));
            }
        }
        std::vector<double> rates;
        for (const RankTally& tally : tallies) rates.push_back(tally.rates().hr10);
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

void add_own_history(const OwnHistory& own, const PurchaseHistory& history, std::int32_t customer, std::int64_t as_of,
                     double factor, std::span<float> scores) {
    if (static_cast<std::int64_t>(scores.size()) != history.items())
        throw InvalidArgument("add_own_history: scores holds " + std::to_string(scores.size()) +
                              " numbers; give one for each of the " + std::to_string(history.items()) + " items");
    if (!known(history, customer, "add_own_history") || own.weight == 0 || factor == 0) return;
    for (const Habit& habit : habits(history, customer, {history, own.half_life_days, as_of}))
        scores[idx(habit.item)] += static_cast<float>(factor * own.weight * habit.strength);
}

double own_history_share(const OwnHistory& own, const PurchaseHistory& history, std::int32_t customer,
                         std::int64_t as_of, double factor, std::int32_t item) {
    if (!known(history, customer, "own_history_share") || own.weight == 0 || factor == 0) return 0;
    for (const Habit& habit : habits(history, customer, {history, own.half_life_days, as_of}))
        if (habit.item == item) return factor * own.weight * habit.strength;
    return 0;
}

}  // namespace crosslift
