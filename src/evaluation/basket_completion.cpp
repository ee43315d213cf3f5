// The judge of cross-selling: does the list hold the item that was taken out of a later basket?
#include "evaluation/basket_metrics.hpp"
#include "evaluation/compare.hpp"
#include "evaluation/ease_scorer.hpp"
#include "evaluation/engine_scorer.hpp"
#include "evaluation/options.hpp"
#include "evaluation/tuning.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <algorithm>
#include <limits>
#include <sstream>

namespace crosslift {
namespace evaluation {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr const char* bar = "EASE";  // tuned on the very queries

/// EASE with the lambda of `grid` that has the highest hit rate at 10 on these queries (ties: nDCG, then the smaller).
BasketRanks best_ease(const BasketTask& task, const TrainingSet& set, std::vector<double> grid, Steps& steps,
                      std::vector<std::string>& notes) {
    std::sort(grid.begin(), grid.end());
    BasketRanks best;
    std::pair<double, double> best_merit{-1, -1};
    double best_lambda = 0;
    std::ostringstream tried;
    for (const double lambda : grid) {
        BasketRanks ranks = rank_by(bar, task, EaseScorer(set, lambda));
        steps.done();
        const auto now = merit(ranks);
        tried << (tried.str().empty() ? "" : ", ") << lambda << ": " << now.first;
        if (now > best_merit) {
            best_merit = now;
            best_lambda = lambda;
            best = std::move(ranks);
        }
    }
    std::ostringstream note;
    note << "EASE: lambda " << best_lambda
         << " is the best of the grid on these queries (HR@10 by lambda: " << tried.str() << ").";
    if (grid.size() > 1 && (best_lambda == grid.front() || best_lambda == grid.back())) {
        note << " It stands at the end of the grid: widen the grid before quoting the ratio.";
    }
    notes.push_back(note.str());
    const std::int64_t sold = ease_items(set).sold;
    if (sold > max_ease_items) {
        notes.push_back("EASE: taken over the " + std::to_string(max_ease_items) + " best sellers of " +
                        std::to_string(sold) + " items; it scores the others 0.");
    }
    return best;
}

/// Who is measured against whom: engines against baselines and one another.
struct Roles {
    std::size_t baselines = 0;  ///< methods before this one are baselines, EASE the last of them
    std::size_t engines = 0;  ///< methods before this one, from `baselines` on, are lines of the engine that is judged
};

void add_engine(const OfferEngine& engine, const std::string& name, bool known, const BasketTask& task,
                const Transactions& train, std::vector<BasketRanks>& methods) {
    methods.push_back(rank_by(name, task, *engine_scorer(engine, train.items(), train.customers(), false)));
    if (!known) return;
    methods.push_back(
        rank_by(name + ", personal", task, *engine_scorer(engine, train.items(), train.customers(), true)));
}

std::vector<std::string> shown_metrics(const BasketScores& scores) {
    std::vector<std::string> shown;
    const std::vector<std::string> wanted = {"hr@1",
                                             "hr@10",
                                             "hr@20",
                                             "ndcg@10",
                                             "mrr",
                                             "other_leaves_hr@10",
                                             "new_to_customer_hr@10",
                                             "bought_before_hr@10",
                                             "substitute_rate@10"};
    for (const auto& name : wanted) {
        const auto& known = scores.metrics();
        if (std::find(known.begin(), known.end(), name) != known.end()) shown.push_back(name);
    }
    shown.insert(shown.end(), {"coverage@10", "hr@10_to_ease"});
    return shown;
}

void add_results(const BasketScores& scores, std::span<const BasketRanks> methods, const Roles& roles,
                 const TrainingSet& set, const EvaluationOptions& options, EvaluationReport& report) {
    const auto ease = static_cast<std::ptrdiff_t>(roles.baselines) - 1;
    const bool yardstick = !options.ease_grid.empty();
    const bool leaves = yardstick && !set.leaf.empty();
    std::vector<Quotient> quotients;
    for (std::size_t m = 0; m < methods.size(); ++m) {
        for (const auto& metric : scores.metrics()) quotients.push_back(scores.quotient(metric, m));
        if (yardstick) quotients.push_back(scores.quotient("hr@10", m, ease));
        if (leaves) quotients.push_back(scores.quotient("other_leaves_hr@10", m, ease));
    }
    const auto estimates =
        estimate(scores.sums(), quotients, options.bootstrap, options.seed, options.threads, set.stop);
    std::size_t next = 0;
    for (const BasketRanks& ranks : methods) {
        MethodResult line{ranks.method, {}};
        for (const auto& metric : scores.metrics()) line.metrics.emplace_back(metric, estimates[next++]);
        line.metrics.emplace_back("coverage@10", Estimate{coverage(ranks, set.items()), nan, nan});
        if (yardstick) line.metrics.emplace_back("hr@10_to_ease", estimates[next++]);
        if (leaves) line.metrics.emplace_back("other_leaves_hr@10_to_ease", estimates[next++]);
        report.methods.push_back(std::move(line));
    }
}

void add_comparisons(const BasketScores& scores, std::span<const BasketRanks> methods, const Roles& roles,
                     const EvaluationOptions& options, const std::stop_token& stop, EvaluationReport& report) {
    std::vector<std::string> names;
    for (const auto& ranks : methods) names.push_back(ranks.method);
    const auto quotient = [&](const std::string& metric, std::size_t m, std::ptrdiff_t over) {
        return scores.quotient(metric, m, over);
    };
    const auto differences = [&](const std::string& metric, std::size_t m, std::size_t other) {
        return scores.differences(metric, m, other);
    };
    std::vector<std::string> metrics = {"hr@10"};
    if (std::find(scores.metrics().begin(), scores.metrics().end(), "other_leaves_hr@10") != scores.metrics().end()) {
        metrics.emplace_back("other_leaves_hr@10");
    }
    const Field field{names, roles.baselines, roles.engines, scores.sums(), quotient, differences};
    report.comparisons = compare(field, metrics, options, stop);
    report.verdicts = judge_goals(field, options, stop);
}

void add_notes(const BasketQueries& queries, const TrainingSet& set, EvaluationReport& report) {
    report.notes.push_back((queries.ordered ? "Each query is the receipt up to an item of a later basket; all "
                                            : "Each query is a later basket less one item; all ") +
                           std::to_string(set.items()) + " items of training but the query's own are ranked.");
    if (queries.small_baskets > 0) {
        report.notes.push_back(std::to_string(queries.small_baskets) +
                               " later baskets are left out: fewer than two items known from training.");
    }
    if (queries.possible > report.queries) {
        report.notes.push_back("Queries are a random sample of " + std::to_string(queries.possible) + ".");
    }
    if (set.leaf.empty()) report.notes.emplace_back("No categories: nothing is said about leaves.");
}

}  // namespace
}  // namespace evaluation

EvaluationReport evaluate_basket_completion(const OfferEngine& engine, const Transactions& train,
                                            const Transactions& later, const EvaluationOptions& options,
                                            const Progress& progress) {
    using namespace evaluation;
    check(options);
    const Catalog& catalog = engine.models().catalog;
    const BasketQueries queries =
        make_basket_queries(later_baskets(train, later, options.receipt_order), options, options.max_queries);
    EvaluationReport report;
    report.task = "basket_completion";
    report.queries = static_cast<std::int64_t>(queries.queries.size());
    report.clusters = queries.clusters;
    if (queries.queries.empty()) {
        throw DataError(
            "no later basket has two items that are known from training, so there is nothing to complete (" +
            std::to_string(later.baskets().size()) +
            " later baskets came); check that both files use the same item ids");
    }
    const TrainingSet set = training_set(train, catalog, options, progress.stop);
    const BasketTask task = make_basket_task(queries, set.leaf, set.leaves, options.threads, progress.stop);
    const QueryFacts facts = make_facts(queries, set, train, catalog);
    const bool known = std::any_of(facts.known.begin(), facts.known.end(), [](auto k) { return k != 0; });

    const auto baselines = static_cast<int>(wanted_baselines(set, options, true).size());
    Steps steps(progress,
                2 * baselines +
                    static_cast<int>(options.ease_grid.size() + options.engines.size() + options.methods.size()) + 2);
    const ChosenBaselines chosen = choose_baselines(set, options, true, steps);
    std::vector<BasketRanks> methods;
    for (const auto& [baseline, setting] : chosen.baselines) {
        methods.push_back(rank_by(baseline.method, task, *baseline.fit(set, setting)));
        steps.done();
    }
    if (!options.ease_grid.empty()) {
        methods.push_back(best_ease(task, set, options.ease_grid, steps, report.notes));
    }
    Roles roles{methods.size(), 0};
    add_engine(engine, "crosslift", known, task, train, methods);
    roles.engines = methods.size();
    if (known) {  // another game: no target that the customer had bought can be found
        methods.push_back(
            rank_by("crosslift, discovery", task,
                    *engine_scorer(engine, train.items(), train.customers(), true, HistoryUse::discovery)));
    }
    steps.done();
    for (const auto& [name, other] : options.engines) {
        add_engine(other, name, known, task, train, methods);
        steps.done();
    }
    for (const BasketMethod& method : options.methods) {
        methods.push_back(rank_by(method.name, task, *function_scorer(method, train.items(), train.customers())));
        steps.done();
    }
    const BasketScores scores(facts, task, set.count, static_cast<double>(set.baskets.rows), methods);
    report.shown = shown_metrics(scores);
    report.tuned = chosen.tuned;
    report.notes.insert(report.notes.begin(), chosen.notes.begin(), chosen.notes.end());
    add_results(scores, methods, roles, set, options, report);
    add_comparisons(scores, methods, roles, options, progress.stop, report);
    steps.done();
    add_notes(queries, set, report);
    return report;
}

}  // namespace crosslift
