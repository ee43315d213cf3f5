// The judge of reminders: is what is said to be due bought, and as often as said?
#include "evaluation/binary_metrics.hpp"
#include "evaluation/bootstrap.hpp"
#include "evaluation/draws.hpp"
#include "evaluation/options.hpp"
#include "evaluation/repeat_purchases.hpp"
#include "evaluation/steps.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <sstream>
#include <utility>

namespace crosslift {
namespace evaluation {
namespace {

constexpr std::array<int, 3> list_lengths = {1, 3, 10};

struct Method {
    std::string name;
    std::function<double(const RepeatPair&, std::size_t horizon)> score;
    bool is_probability = false;
};

std::vector<Method> methods_of(const RepeatPurchases& found) {
    const auto days_known = [](const RepeatPair& pair) { return pair.days_since_first + 1; };
    return {
        {"own frequency",
         [=](const RepeatPair& pair, std::size_t horizon) {
             return -std::expm1(-pair.purchases / days_known(pair) * horizon_days[horizon]);
         },
         true},
        {"own frequency, half-life 28 days", [](const RepeatPair& pair, std::size_t) { return pair.recent_month; }},
        {"own frequency, half-life 90 days", [](const RepeatPair& pair, std::size_t) { return pair.recent_season; }},
        {"item's usual gap",
         [&found](const RepeatPair& pair, std::size_t) {
             return -std::abs(
                 std::log((pair.days_since_last + 0.5) / found.usual_gap[static_cast<std::size_t>(pair.item)]));
         }},
        {"recency", [](const RepeatPair& pair, std::size_t) { return -pair.days_since_last; }},
        {"crosslift", [](const RepeatPair& pair, std::size_t horizon) { return pair.probability[horizon]; }, true},
    };
}

/// Of the customers at a moment who bought one of their items within a horizon: how many had one in the first K.
ClusterSums count_hits(const RepeatPurchases& found, std::span<const Method> methods, std::size_t horizon) {
    constexpr int per_method = static_cast<int>(list_lengths.size());
    ClusterSums sums(found.clusters, 1 + per_method * static_cast<int>(methods.size()));
    std::vector<std::pair<double, bool>> list;
    for (std::size_t begin = 0, end = 0; begin < found.pairs.size(); begin = end) {
        bool any = false;
        for (end = begin; end < found.pairs.size() && found.pairs[end].query == found.pairs[begin].query; ++end)
            any = any || found.pairs[end].bought[horizon];
        if (!any) continue;
        const auto cluster = found.pairs[begin].cluster;
        sums.at(cluster, 0) += 1;
        for (std::size_t m = 0; m < methods.size(); ++m) {
            list.clear();
            for (std::size_t n = begin; n < end; ++n)
                list.emplace_back(methods[m].score(found.pairs[n], horizon), found.pairs[n].bought[horizon]);
            std::ranges::stable_sort(list, [](const auto& a, const auto& b) { return a.first > b.first; });
            const auto first = std::ranges::find_if(list, [](const auto& it) { return it.second; }) - list.begin();
            for (std::size_t k = 0; k < list_lengths.size(); ++k)
                sums.at(cluster, 1 + per_method * static_cast<int>(m) + static_cast<int>(k)) +=
                    first < list_lengths[k] ? 1 : 0;
        }
    }
    return sums;
}

void add_curve_metrics(const RepeatPurchases& found, std::span<const Method> methods, std::size_t horizon,
                       const EvaluationOptions& options, const std::stop_token& stop,
                       std::vector<MethodResult>& lines) {
    Outcomes outcomes;
    outcomes.clusters = found.clusters;
    for (const RepeatPair& pair : found.pairs) outcomes.add(pair.cluster, pair.bought[horizon]);
    std::vector<Predictions> predictions;
    for (const Method& method : methods) {
        auto& scores = predictions.emplace_back(Predictions{method.name, {}, method.is_probability}).score;
        for (const RepeatPair& pair : found.pairs) scores.push_back(method.score(pair, horizon));
    }
    const auto estimates = judge_predictions(outcomes, predictions, methods.size() - 1, options, stop);
    const std::string at = "@" + std::to_string(static_cast<int>(horizon_days[horizon])) + "d";
    for (std::size_t m = 0; m < methods.size(); ++m) {
        lines[m].metrics.emplace_back("pr_auc" + at, estimates[m].pr_auc);
        lines[m].metrics.emplace_back("pr_auc_to_best" + at, estimates[m].pr_auc_to_best);
        lines[m].metrics.emplace_back("brier" + at, estimates[m].brier);
        lines[m].metrics.emplace_back("ece" + at, estimates[m].ece);
    }
}

void add_hits(const RepeatPurchases& found, std::span<const Method> methods, const EvaluationOptions& options,
              const std::stop_token& stop, std::vector<MethodResult>& lines) {
    std::vector<Quotient> quotients;
    const auto columns = static_cast<int>(list_lengths.size() * methods.size());
    for (int column = 1; column <= columns; ++column) quotients.push_back({column, 0});
    const auto estimates =
        estimate(count_hits(found, methods, 0), quotients, options.bootstrap, options.seed, options.threads, stop);
    for (std::size_t m = 0; m < methods.size(); ++m)
        for (std::size_t k = 0; k < list_lengths.size(); ++k)
            lines[m].metrics.emplace_back("hit@" + std::to_string(list_lengths[k]) + "_7d",
                                          estimates[m * list_lengths.size() + k]);
}

void add_notes(const RepeatPurchases& found, EvaluationReport& report) {
    std::ostringstream note;
    std::array<double, horizon_days.size()> bought{};
    for (const RepeatPair& pair : found.pairs)
        for (std::size_t h = 0; h < bought.size(); ++h) bought[h] += pair.bought[h] ? 1 : 0;
    const auto all = static_cast<double>(found.pairs.size());
    note << "A query is a known customer at one of " << found.moments << " moments a week apart; " << found.pairs.size()
         << " pairs of customer and item (bought on two days or more before), of which " << bought[0] / all
         << " were bought within 7 and " << bought[1] / all << " within 14 days.";
    report.notes.push_back(note.str());
    report.notes.emplace_back(
        "The engine learned from the purchases of training alone; at later moments it is told what was bought before "
        "them.");
}

}  // namespace
}  // namespace evaluation

EvaluationReport evaluate_replenishment(const OfferEngine& engine, const Transactions& train, const Transactions& later,
                                        const EvaluationOptions& options, const Progress& progress) {
    using namespace evaluation;
    check(options);
    Steps steps(progress, 4);
    const RepeatPurchases found = find_repeat_purchases(engine, train, later, options, progress.stop);
    steps.done();
    const auto methods = methods_of(found);
    EvaluationReport report;
    report.task = "replenishment";
    report.queries = found.queries;
    report.clusters = found.clusters;
    for (const Method& method : methods) report.methods.push_back({method.name, {}});
    for (std::size_t horizon = 0; horizon < horizon_days.size(); ++horizon) {
        add_curve_metrics(found, methods, horizon, options, progress.stop, report.methods);
        steps.done();
    }
    add_hits(found, methods, options, progress.stop, report.methods);
    steps.done();
    add_notes(found, report);
    return report;
}

}  // namespace crosslift
