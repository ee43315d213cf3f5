#include "evaluation/repeat_purchases.hpp"

#include "evaluation/draws.hpp"
#include "evaluation/joined_history.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

namespace crosslift::evaluation {
namespace {

constexpr std::int64_t day = 86400, week = 7 * day;
constexpr double unknown_gap = 90;  // days, for an item that nobody bought twice in training

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

std::int64_t day_of(std::int64_t time) {
    return time >= 0 ? time / day : -((day - 1 - time) / day);
}

double days(std::int64_t from, std::int64_t to) {
    return static_cast<double>(to - from) / static_cast<double>(day);
}

/// A customer's purchases by item, then time.
std::vector<std::pair<std::int32_t, std::int64_t>> purchases_of(const PurchaseHistory& history, std::int32_t customer) {
    std::vector<std::pair<std::int32_t, std::int64_t>> all;
    for (const std::int32_t basket : history.customer_baskets.view().row(customer))
        for (const std::int32_t item : history.baskets.view().row(basket))
            all.emplace_back(item, history.time[idx(basket)]);
    std::ranges::stable_sort(all, {}, [](const auto& it) { return it.first; });
    return all;
}

std::vector<double> usual_gaps(const PurchaseHistory& train) {
    std::vector<double> sum(idx(train.items())), count(idx(train.items()));
    for (std::int32_t customer = 0; customer < train.customers; ++customer) {
        const auto all = purchases_of(train, customer);
        for (std::size_t n = 1; n < all.size(); ++n) {
            if (all[n].first != all[n - 1].first || day_of(all[n].second) == day_of(all[n - 1].second)) continue;
            sum[idx(all[n].first)] += days(all[n - 1].second, all[n].second);
            count[idx(all[n].first)] += 1;
        }
    }
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = count[i] > 0 ? sum[i] / count[i] : unknown_gap;
    return sum;
}

/// What one customer had bought at a moment on two days or more, and what of it they bought next.
std::vector<RepeatPair> pairs_at(std::span<const std::pair<std::int32_t, std::int64_t>> purchases, std::int64_t now) {
    std::vector<RepeatPair> pairs;
    RepeatPair pair;
    std::int64_t last = 0;
    for (std::size_t n = 0; n < purchases.size(); ++n) {
        const auto [item, time] = purchases[n];
        if (n == 0 || purchases[n - 1].first != item) pair = {.item = item};
        if (time > now) {
            for (std::size_t h = 0; h < horizon_days.size(); ++h)
                if (days(now, time) <= horizon_days[h]) pair.bought[h] = true;
        } else if (pair.purchases == 0 || day_of(time) != day_of(last)) {
            if (pair.purchases == 0) pair.days_since_first = days(time, now);
            pair.purchases += 1;
            pair.days_since_last = days(time, now);
            pair.recent_month += std::exp2(-days(time, now) / 28);
            pair.recent_season += std::exp2(-days(time, now) / 90);
            last = time;
        }
        const bool ends = n + 1 == purchases.size() || purchases[n + 1].first != item;
        if (ends && pair.purchases >= 2) pairs.push_back(pair);
    }
    return pairs;
}

void add_probabilities(const OfferEngine& engine, const PurchaseHistory& history, std::int32_t customer,
                       std::int64_t now, std::vector<RepeatPair>& pairs) {
    for (std::size_t h = 0; h < horizon_days.size(); ++h) {
        for (const DueItem& due : engine.models().replenishment.due(history, customer, now, horizon_days[h])) {
            const auto found = std::ranges::lower_bound(pairs, due.item, {}, &RepeatPair::item);
            if (found != pairs.end() && found->item == due.item) found->probability[h] = due.probability;
        }
    }
}

void require_dates(const Transactions& train, const Transactions& later) {
    if (train.time_kind() != TimeKind::timestamp || later.time_kind() != TimeKind::timestamp)
        throw DataError("repeat purchases can only be judged where both purchases have timestamps, and " +
                        std::string(train.time_kind() != TimeKind::timestamp ? "those of training" : "the later ones") +
                        " have none; give a time column with dates");
}

}  // namespace

RepeatPurchases find_repeat_purchases(const OfferEngine& engine, const Transactions& train, const Transactions& later,
                                      const EvaluationOptions& options, const std::stop_token& stop) {
    require_dates(train, later);
    const OfferModels& models = engine.models();
    const PurchaseHistory known = make_history(train, models.catalog.items(), models.customers);
    const PurchaseHistory history = joined(known, make_history(later, models.catalog.items(), models.customers));
    RepeatPurchases found;
    found.usual_gap = usual_gaps(known);
    std::vector<std::pair<std::int32_t, std::int64_t>> queries;  // customer, moment
    const auto longest = static_cast<std::int64_t>(horizon_days.back()) * day;
    for (std::int64_t now = known.latest_time(); now + longest <= history.latest_time(); now += week) {
        ++found.moments;
        for (std::int32_t customer = 0; customer < history.customers; ++customer) queries.emplace_back(customer, now);
    }
    Draws(options.seed + 4).sample_to_front(std::span(queries), static_cast<std::int64_t>(queries.size()));
    const std::size_t limit = options.max_queries > 0 ? idx(options.max_queries) : queries.size();
    std::vector<std::int64_t> cluster(idx(history.customers), -1);
    for (const auto& [customer, now] : queries) {
        if (idx(found.queries) >= limit) break;
        if (stop.stop_requested()) throw Stopped("the evaluation of repeat purchases was stopped");
        auto pairs = pairs_at(purchases_of(history, customer), now);
        if (pairs.empty()) continue;
        add_probabilities(engine, history, customer, now, pairs);
        if (cluster[idx(customer)] < 0) cluster[idx(customer)] = found.clusters++;
        for (RepeatPair& pair : pairs) {
            pair.query = found.queries;
            pair.cluster = cluster[idx(customer)];
            found.pairs.push_back(pair);
        }
        ++found.queries;
    }
    if (found.pairs.empty())
        throw DataError(
            "the later purchases hold nothing to ask about repeat purchases: give known customers who bought an item "
            "on two days, and at least 14 days after training");
    return found;
}

}  // namespace crosslift::evaluation
