// The judge of up-selling: does the list hold the dearer item that the customer went for?
#include "evaluation/bootstrap.hpp"
#include "evaluation/compare.hpp"
#include "evaluation/draws.hpp"
#include "evaluation/options.hpp"
#include "evaluation/ranking_metrics.hpp"
#include "evaluation/steps.hpp"
#include "evaluation/trade_up_events.hpp"
#include "evaluation/workers.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <sstream>
#include <utility>

namespace crosslift {
namespace evaluation {
namespace {

constexpr std::int64_t chunk = 256;  // events per call of the engine

struct EventRanks {
    std::string method;
    std::vector<std::int32_t> rank;
    std::vector<std::int32_t> first;  ///< item row of the first of the list
};

/// The candidate with the highest score; of equal ones the first. -1 if all are NaN.
template <class T>
std::int32_t first_of(const TradeUpEvent& event, std::span<const T> scores) {
    std::array<std::int32_t, 1> best{};
    best_positions<T>(scores, best);
    return best[0] < 0 ? -1 : event.candidates[static_cast<std::size_t>(best[0])];
}

ItemFacts item_facts(const Catalog& catalog, const IdMap& items) {
    const auto size = static_cast<std::size_t>(items.size());
    ItemFacts facts{std::vector<std::int32_t>(size, IdMap::unknown),
                    std::vector<float>(size, std::numeric_limits<float>::quiet_NaN()), catalog.leaves().size()};
    for (std::int32_t i = 0; i < items.size(); ++i) {
        const std::int32_t row = catalog.items().find(items[i]);
        if (row == IdMap::unknown) continue;
        facts.leaf[static_cast<std::size_t>(i)] = catalog.leaf(row);
        if (catalog.price().empty() || !(catalog.price()[static_cast<std::size_t>(row)] > 0)) continue;
        facts.price[static_cast<std::size_t>(i)] = catalog.price()[static_cast<std::size_t>(row)];
    }
    return facts;
}

/// Ranks every event by a number per candidate; of equal numbers the lower item row comes first.
EventRanks rank_by(std::string method, const std::vector<TradeUpEvent>& events,
                   const std::function<double(const TradeUpEvent&, std::int32_t)>& score) {
    EventRanks ranks{std::move(method), {}, {}};
    std::vector<double> scores;
    for (const auto& event : events) {
        scores.clear();
        for (const std::int32_t j : event.candidates) scores.push_back(score(event, j));
        ranks.rank.push_back(rank_of<double>(scores, event.to));
        ranks.first.push_back(first_of<double>(event, scores));
    }
    return ranks;
}

std::vector<EventRanks> baselines(const std::vector<TradeUpEvent>& events, const PurchaseHistory& train,
                                  const ItemFacts& items, std::uint64_t seed) {
    const TransitionCounts transitions(train, items);
    const CsrView by_item = train.item_baskets;
    const auto bought = [&](std::int32_t j) { return static_cast<double>(by_item.row(j).size()); };
    // Popularity breaks the ties of counts: it stays below one half.
    const double most = static_cast<double>(train.basket_count()) * 2 + 1;
    Draws random(seed + 3);
    std::vector<EventRanks> all;
    all.push_back(
        rank_by("random", events, [&](const auto&, std::int32_t) { return static_cast<double>(random.next() >> 11); }));
    all.push_back(rank_by("next dearer", events, [&](const auto&, std::int32_t j) {
        return -static_cast<double>(items.price[static_cast<std::size_t>(j)]);
    }));
    all.push_back(rank_by("popular dearer", events, [&](const auto&, std::int32_t j) { return bought(j); }));
    all.push_back(rank_by("transition count", events, [&](const auto& event, std::int32_t j) {
        return transitions(event.from, j) + bought(j) / most;
    }));
    return all;
}

EventRanks rank_by_engine(const std::vector<TradeUpEvent>& events, const OfferEngine& engine, const IdMap& items,
                          bool personal, int threads, const std::stop_token& stop) {
    EventRanks ranks{personal ? "crosslift" : "crosslift, anonymous", {}, {}};
    ranks.rank.resize(events.size());
    ranks.first.resize(events.size());
    const auto count = static_cast<std::int64_t>(events.size());
    for_each_task(threads, (count + chunk - 1) / chunk, stop, [&](std::int64_t n, int) {
        const auto part = std::span(events).subspan(static_cast<std::size_t>(n * chunk),
                                                    static_cast<std::size_t>(std::min(chunk, count - n * chunk)));
        std::vector<std::string> from;
        std::vector<std::string> customers;
        std::vector<std::vector<std::string>> candidates;
        for (const auto& event : part) {
            from.emplace_back(items[event.from]);
            if (personal) customers.push_back(event.customer);
            auto& ids = candidates.emplace_back();
            for (const std::int32_t j : event.candidates) ids.emplace_back(items[j]);
        }
        const auto scores = engine.score_upsells(from, candidates, customers);
        for (std::size_t e = 0; e < part.size(); ++e) {
            const std::size_t at = static_cast<std::size_t>(n * chunk) + e;
            ranks.rank[at] = rank_of<float>(scores[e], part[e].to);
            ranks.first[at] = first_of<float>(part[e], scores[e]);
        }
    });
    return ranks;
}

// Columns of sums: below the line first, then one block per method.
enum Below { events_column, rise_column, below_columns };
enum Above { hr1, hr3, hr5, mrr, rise3, too_dear, above_columns };

ClusterSums sum_up(const TradeUpEvents& found, const ItemFacts& items, std::span<const EventRanks> methods) {
    ClusterSums sums(found.clusters, below_columns + above_columns * static_cast<int>(methods.size()));
    for (std::size_t e = 0; e < found.events.size(); ++e) {
        const TradeUpEvent& event = found.events[e];
        const std::int32_t to = event.candidates[static_cast<std::size_t>(event.to)];
        const double rise = static_cast<double>(items.price[static_cast<std::size_t>(to)]) -
                            static_cast<double>(items.price[static_cast<std::size_t>(event.from)]);
        sums.at(event.cluster, events_column) += 1;
        sums.at(event.cluster, rise_column) += rise;
        for (std::size_t m = 0; m < methods.size(); ++m) {
            const int block = below_columns + above_columns * static_cast<int>(m);
            const std::int32_t rank = methods[m].rank[e];
            sums.at(event.cluster, block + hr1) += hit(rank, 1);
            sums.at(event.cluster, block + hr3) += hit(rank, 3);
            sums.at(event.cluster, block + hr5) += hit(rank, 5);
            sums.at(event.cluster, block + mrr) += reciprocal_rank(rank);
            sums.at(event.cluster, block + rise3) += rise * hit(rank, 3);
            const std::int32_t first = methods[m].first[e];
            sums.at(event.cluster, block + too_dear) +=
                first >= 0 && items.price[static_cast<std::size_t>(first)] > event.usual_top ? 1 : 0;
        }
    }
    return sums;
}

/// The baseline with the highest MRR on these events; `count` baselines stand first.
std::size_t best_baseline(std::span<const EventRanks> methods, std::size_t count) {
    std::size_t best = 0;
    double best_sum = -1;
    for (std::size_t m = 0; m < count; ++m) {
        double sum = 0;
        for (const std::int32_t rank : methods[m].rank) sum += reciprocal_rank(rank);
        if (sum > best_sum) {
            best_sum = sum;
            best = m;
        }
    }
    return best;
}

constexpr std::array<const char*, above_columns> metric_names = {
    "hr@1", "hr@3", "hr@5", "mrr", "price_rise_weighted_hr@3", "budget_violation_rate"};

/// A metric of a method, and over that of another where `over` >= 0. Throws InvalidArgument for an unknown name.
Quotient quotient_of(const std::string& metric, std::size_t method, std::ptrdiff_t over) {
    const auto* const found = std::find(metric_names.begin(), metric_names.end(), metric);
    if (found == metric_names.end()) throw InvalidArgument("there is no metric '" + metric + "' of trade-ups");
    const auto above = static_cast<int>(found - metric_names.begin());
    const int below = above == rise3 ? rise_column : events_column;
    const auto column = [&](std::size_t m) { return below_columns + above_columns * static_cast<int>(m) + above; };
    if (over < 0) return {column(method), below};
    return {column(method), below, column(static_cast<std::size_t>(over)), below};
}

void add_results(const TradeUpEvents& found, const ItemFacts& items, std::span<const EventRanks> methods,
                 std::size_t baseline_count, std::size_t yardstick, const EvaluationOptions& options,
                 const std::stop_token& stop, EvaluationReport& report) {
    const ClusterSums sums = sum_up(found, items, methods);
    std::vector<Quotient> quotients;
    std::vector<std::string> names;
    for (std::size_t m = 0; m < methods.size(); ++m) {
        names.push_back(methods[m].method);
        for (const char* metric : metric_names) quotients.push_back(quotient_of(metric, m, -1));
        quotients.push_back(quotient_of("mrr", m, static_cast<std::ptrdiff_t>(yardstick)));
    }
    const auto estimates = estimate(sums, quotients, options.bootstrap, options.seed, options.threads, stop);
    std::size_t next = 0;
    for (const std::string& name : names) {
        MethodResult line{name, {}};
        for (const char* metric : metric_names) line.metrics.emplace_back(metric, estimates[next++]);
        line.metrics.emplace_back("mrr_to_best_baseline", estimates[next++]);
        report.methods.push_back(std::move(line));
    }
    const auto differences = [&](const std::string& metric, std::size_t method, std::size_t other) {
        const int left = quotient_of(metric, method, -1).numerator;
        const int right = quotient_of(metric, other, -1).numerator;
        std::vector<double> result;
        for (std::int64_t c = 0; c < sums.clusters; ++c) {
            const auto row = sums.row(c);
            result.push_back(row[static_cast<std::size_t>(left)] - row[static_cast<std::size_t>(right)]);
        }
        return result;
    };
    const Field field{names, baseline_count, methods.size(), sums, quotient_of, differences};
    report.comparisons = compare(field, std::vector<std::string>{"mrr"}, options, stop);
    report.verdicts = judge_goals(field, options, stop);
}

void add_notes(const TradeUpEvents& found, const std::string& yardstick, const EvaluationOptions& options,
               EvaluationReport& report) {
    std::ostringstream note;
    note << "An event is a purchase, new to the customer, at least " << options.min_price_ratio
         << " times as dear as the " << (options.own_maximum ? "dearest" : "last")
         << " item the customer had bought in the leaf; " << found.seen << " were seen, " << found.events.size()
         << " are judged (2 to 100 candidates each";
    if (!found.events.empty()) {
        note << ", " << static_cast<double>(found.candidates) / static_cast<double>(found.events.size())
             << " on average";
    }
    note << ").";
    report.notes.push_back(note.str());
    report.notes.push_back("The best baseline on these events is " + yardstick + ".");
    report.notes.emplace_back(
        "These events show which dearer item people pick when they trade up, not that an offer persuades them.");
}

void require_facts(const ItemFacts& items) {
    const bool leaf = std::any_of(items.leaf.begin(), items.leaf.end(), [](std::int32_t l) { return l >= 0; });
    const bool price = std::any_of(items.price.begin(), items.price.end(), [](float p) { return p > 0; });
    if (leaf && price) return;
    throw DataError(std::string("trade-ups need categories and prices, and the engine's catalog has no ") +
                    (leaf ? "prices" : "categories") + " for the items of training; fit the engine with a catalog");
}

}  // namespace
}  // namespace evaluation

EvaluationReport evaluate_trade_up(const OfferEngine& engine, const Transactions& train, const Transactions& later,
                                   const EvaluationOptions& options, const Progress& progress) {
    using namespace evaluation;
    check(options);
    const ItemFacts items = item_facts(engine.models().catalog, train.items());
    require_facts(items);
    const TradeUpEvents found = find_trade_ups(train, later, items, options);
    if (found.events.empty()) {
        throw DataError("the later purchases (" + std::to_string(later.baskets().size()) + " baskets, " +
                        std::to_string(later.customers().size()) +
                        " customers) hold no trade-up that can be judged; give customer ids and a longer later slice");
    }
    const PurchaseHistory history = make_history(train, train.items(), train.customers());
    Steps steps(progress, 4);
    std::vector<EventRanks> methods = baselines(found.events, history, items, options.seed);
    const std::size_t baseline_count = methods.size();
    const std::size_t yardstick = best_baseline(methods, baseline_count);
    steps.done();
    for (const bool personal : {false, true}) {
        methods.push_back(
            rank_by_engine(found.events, engine, train.items(), personal, options.threads, progress.stop));
        steps.done();
    }

    EvaluationReport report;
    report.task = "trade_up";
    report.queries = static_cast<std::int64_t>(found.events.size());
    report.clusters = found.clusters;
    add_results(found, items, methods, baseline_count, yardstick, options, progress.stop, report);
    steps.done();
    add_notes(found, methods[yardstick].method, options, report);
    return report;
}

}  // namespace crosslift
