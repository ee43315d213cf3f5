// Bundles that people marked: what goes together by judgement, not by co-purchase.
#include "evaluation/engine_scorer.hpp"
#include "evaluation/mean_scores.hpp"
#include "evaluation/options.hpp"
#include "evaluation/partners.hpp"
#include "evaluation/tuning.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <algorithm>
#include <array>

namespace crosslift {
namespace evaluation {
namespace {

constexpr std::array<int, 3> depths = {10, 20, 50};

/// One query per item of each set; partners are the set's other items, all rows of `items`.
std::vector<PartnerQuery> bundle_queries(const Transactions& bundles, const IdMap& items, std::int64_t& clusters) {
    const PurchaseHistory sets = make_history(bundles, items, bundles.customers());
    std::vector<PartnerQuery> queries;
    for (std::int64_t b = 0; b < sets.basket_count(); ++b) {
        const auto members = sets.baskets.view().row(b);
        if (members.size() < 2) continue;
        for (const std::int32_t item : members) {
            PartnerQuery query;
            query.items = query.barred = {item};
            query.partners.assign(members.begin(), members.end());
            std::erase(query.partners, item);
            query.cluster = clusters;
            queries.push_back(std::move(query));
        }
        ++clusters;
    }
    return queries;
}

class BundleJudge {
public:
    BundleJudge(const std::vector<PartnerQuery>& queries, const TrainingSet& set) : queries_(queries), set_(set) {
        for (const PartnerQuery& query : queries) {
            auto& cold = cold_.emplace_back();
            for (const std::int32_t item : query.partners) {
                if (set.history.item_baskets.view().row(item).empty()) cold.push_back(item);
            }
            mates += static_cast<std::int64_t>(query.partners.size());
            cold_mates += static_cast<std::int64_t>(cold.size());
        }
    }

    void add(const std::string& name, const Scorer& scorer) {
        names_.push_back(name);
        lists_.push_back(rank_partners(scorer, queries_, set_.items(), depths.back(), set_.threads, set_.stop));
    }

    std::size_t methods() const { return names_.size(); }

    void report(std::size_t baselines, std::int64_t clusters, const EvaluationOptions& options,
                EvaluationReport& report) const {
        MeanScores scores({"recall@10", "recall@20", "recall@50", "cold_recall@10", "cold_recall@20", "cold_recall@50"},
                          names_, clusters);
        for (std::size_t m = 0; m < names_.size(); ++m) {
            for (std::size_t q = 0; q < queries_.size(); ++q) {
                for (std::size_t d = 0; d < depths.size(); ++d) add_query(scores, m, q, d);
            }
        }
        scores.report(baselines, baselines + 1, std::vector<std::string>{"recall@10", "recall@50"}, options, set_.stop,
                      report);
    }

    std::int64_t mates = 0;
    std::int64_t cold_mates = 0;

private:
    void add_query(MeanScores& scores, std::size_t m, std::size_t q, std::size_t d) const {
        const auto& list = lists_[m][q];
        const auto& partners = queries_[q].partners;
        scores.add(queries_[q].cluster, m, d, hits(list, partners, depths[d]) / static_cast<double>(partners.size()));
        if (cold_[q].empty()) return;
        scores.add(queries_[q].cluster, m, depths.size() + d,
                   hits(list, cold_[q], depths[d]) / static_cast<double>(cold_[q].size()));
    }

    const std::vector<PartnerQuery>& queries_;
    const TrainingSet& set_;
    std::vector<std::vector<std::int32_t>> cold_;  ///< per query: partners that training never sold
    std::vector<std::string> names_;
    std::vector<std::vector<std::vector<std::int32_t>>> lists_;
};

}  // namespace
}  // namespace evaluation

EvaluationReport evaluate_bundles(const OfferEngine& engine, const Transactions& train, const Transactions& bundles,
                                  const EvaluationOptions& options, const Progress& progress) {
    using namespace evaluation;
    check(options);
    const Catalog& catalog = engine.models().catalog;
    const IdMap& items = catalog.items();
    std::int64_t clusters = 0;
    const std::vector<PartnerQuery> queries = bundle_queries(bundles, items, clusters);
    if (queries.empty()) {
        throw DataError("no bundle has two items of the engine's catalog (" + std::to_string(bundles.baskets().size()) +
                        " bundles came); check that both use the same item ids");
    }
    TrainingSet set = make_training_set(make_history(train, items, train.customers()), leaves_of(catalog, items),
                                        catalog.leaves().size(), {}, options.threads, progress.stop);
    set.content = content_of(catalog, items);
    const auto baselines = static_cast<int>(wanted_baselines(set, options, false).size());
    Steps steps(progress, 2 * baselines + 2);
    const ChosenBaselines chosen = choose_baselines(set, options, false, steps);
    BundleJudge judge(queries, set);
    for (const auto& [baseline, setting] : chosen.baselines) {
        judge.add(baseline.method, *baseline.fit(set, setting));
        steps.done();
    }
    const std::size_t first_engine = judge.methods();
    judge.add("crosslift", *engine_scorer(engine, items, train.customers(), false));
    for (const auto& [name, other] : options.engines) {
        judge.add(name, *engine_scorer(other, items, train.customers(), false));
    }
    for (const BasketMethod& method : options.methods) {
        judge.add(method.name, *function_scorer(method, items, train.customers()));
    }
    steps.done();
    EvaluationReport report;
    report.task = "bundles";
    report.queries = static_cast<std::int64_t>(queries.size());
    report.clusters = clusters;
    report.tuned = chosen.tuned;
    report.notes = chosen.notes;
    judge.report(first_engine, clusters, options, report);
    report.notes.push_back("Each item of a marked bundle is a query for its " + std::to_string(judge.mates) +
                           " mates in all, of which " + std::to_string(judge.cold_mates) +
                           " were never sold in training; " + std::to_string(set.items()) + " items are ranked.");
    steps.done();
    return report;
}

}  // namespace crosslift
