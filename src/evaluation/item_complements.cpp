// Item -> complements: pairs of the later baskets that are bought together beyond chance.
#include "evaluation/co_counts.hpp"
#include "evaluation/engine_scorer.hpp"
#include "evaluation/mean_scores.hpp"
#include "evaluation/options.hpp"
#include "evaluation/partners.hpp"
#include "evaluation/tuning.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <algorithm>

namespace crosslift {
namespace evaluation {
namespace {

constexpr double min_together = 3;
constexpr double min_g2 = 10.83;  // p < 0.001 with one degree of freedom
constexpr std::size_t min_partners = 5;

/// Queries are items; partners pass the test in `later` (over the items of training) and lie in another leaf.
std::vector<PartnerQuery> complement_queries(const TrainingSet& set, const TrainingSet& later) {
    const std::vector<double> ones(static_cast<std::size_t>(later.baskets.rows), 1.0);
    const CoCounts counts = count_pairs(later.baskets, ones, later.threads, later.stop);
    const auto whole = [](double number) { return static_cast<std::int64_t>(number); };
    std::vector<PartnerQuery> queries;
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(set.items()); ++i) {
        PartnerQuery query;
        query.items = query.barred = {i};
        const auto columns = counts.pairs.view().row(i);
        const auto values = counts.row_values(i);
        const std::int32_t leaf = set.leaf.empty() ? -1 : set.leaf[static_cast<std::size_t>(i)];
        const auto same_leaf = [&](std::int32_t j) {
            return leaf >= 0 && set.leaf[static_cast<std::size_t>(j)] == leaf;
        };
        for (std::size_t n = 0; n < columns.size(); ++n) {
            if (values[n] < min_together || same_leaf(columns[n])) continue;
            const Evidence pair =
                count_evidence(whole(values[n]), whole(counts.count[static_cast<std::size_t>(i)]),
                               whole(counts.count[static_cast<std::size_t>(columns[n])]), later.baskets.rows);
            if (pair.lift > 1 && pair.g2 >= min_g2) query.partners.push_back(columns[n]);
        }
        if (query.partners.size() < min_partners) continue;
        for (std::int32_t j = 0; j < static_cast<std::int32_t>(set.items()); ++j) {
            if (j != i && same_leaf(j)) query.barred.push_back(j);
        }
        query.cluster = static_cast<std::int64_t>(queries.size());
        queries.push_back(std::move(query));
    }
    return queries;
}

struct Lists {
    std::string method;
    std::vector<std::vector<std::int32_t>> lists;
};

void add_results(const std::vector<PartnerQuery>& queries, const std::vector<Lists>& methods, std::size_t baselines,
                 const EvaluationOptions& options, const std::stop_token& stop, EvaluationReport& report) {
    std::vector<std::string> names;
    for (const auto& method : methods) names.push_back(method.method);
    MeanScores scores({"precision@20", "recall@20", "precision@50", "recall@50"}, names,
                      static_cast<std::int64_t>(queries.size()));
    for (std::size_t m = 0; m < methods.size(); ++m) {
        for (std::size_t q = 0; q < queries.size(); ++q) {
            std::size_t metric = 0;
            for (const int k : {20, 50}) {
                const double right = hits(methods[m].lists[q], queries[q].partners, k);
                scores.add(queries[q].cluster, m, metric++, right / k);
                scores.add(queries[q].cluster, m, metric++, right / static_cast<double>(queries[q].partners.size()));
            }
        }
    }
    scores.report(baselines, baselines + 1, std::vector<std::string>{"precision@20", "recall@50"}, options, stop,
                  report);
}

}  // namespace
}  // namespace evaluation

EvaluationReport evaluate_item_complements(const OfferEngine& engine, const Transactions& train,
                                           const Transactions& later, const EvaluationOptions& options,
                                           const Progress& progress) {
    using namespace evaluation;
    check(options);
    const TrainingSet set = training_set(train, engine.models().catalog, options, progress.stop);
    const TrainingSet after = make_training_set(make_history(later, train.items(), later.customers()), {}, 0, {},
                                                options.threads, progress.stop);
    const std::vector<PartnerQuery> queries = complement_queries(set, after);
    if (queries.empty()) {
        throw DataError("no item has " + std::to_string(min_partners) +
                        " partners in the later baskets that are bought together beyond chance (" +
                        std::to_string(after.baskets.rows) + " baskets of two known items); give a longer later slice");
    }
    const auto baselines = static_cast<int>(wanted_baselines(set, options, false).size());
    Steps steps(progress, 2 * baselines + 2);
    const ChosenBaselines chosen = choose_baselines(set, options, false, steps);
    std::vector<Lists> methods;
    const auto add = [&](const std::string& name, const Scorer& scorer) {
        methods.push_back({name, rank_partners(scorer, queries, set.items(), 50, options.threads, progress.stop)});
    };
    for (const auto& [baseline, setting] : chosen.baselines) {
        add(baseline.method, *baseline.fit(set, setting));
        steps.done();
    }
    const std::size_t first_engine = methods.size();
    add("crosslift", *engine_scorer(engine, train.items(), train.customers(), false));
    for (const auto& [name, other] : options.engines) {
        add(name, *engine_scorer(other, train.items(), train.customers(), false));
    }
    for (const BasketMethod& method : options.methods) {
        add(method.name, *function_scorer(method, train.items(), train.customers()));
    }
    steps.done();
    EvaluationReport report;
    report.task = "item_complements";
    report.queries = report.clusters = static_cast<std::int64_t>(queries.size());
    report.tuned = chosen.tuned;
    report.notes = chosen.notes;
    add_results(queries, methods, first_engine, options, progress.stop, report);
    report.notes.emplace_back(
        "Settings are those of basket completion. Partners: at least 3 later baskets with both, more than by chance, "
        "G2 "
        ">= 10.83, another leaf; queries have at least 5. Items of the query's leaf are not ranked.");
    steps.done();
    return report;
}

}  // namespace crosslift
