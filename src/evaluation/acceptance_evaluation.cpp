// The judge of P(up): do customers who come back to a leaf go for something dearer as often as said, and who?
#include "evaluation/binary_metrics.hpp"
#include "evaluation/draws.hpp"
#include "evaluation/joined_history.hpp"
#include "evaluation/leaf_returns.hpp"
#include "evaluation/options.hpp"
#include "evaluation/steps.hpp"
#include "evaluation/workers.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <sstream>

namespace crosslift {
namespace evaluation {
namespace {

constexpr std::int64_t chunk = 512;

struct Returns {
    PurchaseHistory history;
    std::vector<LeafReturn> all;
    Outcomes outcomes;
    std::int64_t seen = 0;
};

/// Training must come before the later slice, where there are times.
Returns find_returns(const OfferModels& models, const PurchaseHistory& train, const Transactions& later,
                     const ItemFacts& items, const EvaluationOptions& options) {
    Returns found;
    found.history = joined(train, make_history(later, models.catalog.items(), models.customers));
    found.all = find_leaf_returns(found.history, train.basket_count(), items, options.min_price_ratio);
    found.seen = static_cast<std::int64_t>(found.all.size());
    if (options.max_queries > 0 && found.seen > options.max_queries) {
        Draws(options.seed + 5).sample_to_front(std::span(found.all), options.max_queries);
        found.all.resize(static_cast<std::size_t>(options.max_queries));
    }
    std::vector<std::int64_t> number(static_cast<std::size_t>(train.customers), -1);
    for (const LeafReturn& it : found.all) {
        auto& own = number[static_cast<std::size_t>(it.customer)];
        if (own < 0) own = found.outcomes.clusters++;
        found.outcomes.add(own, it.up);
    }
    return found;
}

Predictions by_engine(const OfferModels& models, const Returns& returns, bool personal, int threads,
                      const std::stop_token& stop) {
    Predictions said{personal ? "crosslift" : "crosslift, anonymous", {}, true};
    const auto count = static_cast<std::int64_t>(returns.all.size());
    said.score.resize(returns.all.size());
    for_each_task(threads, (count + chunk - 1) / chunk, stop, [&](std::int64_t task, int) {
        for (std::int64_t n = task * chunk; n < std::min(count, (task + 1) * chunk); ++n) {
            const LeafReturn& it = returns.all[static_cast<std::size_t>(n)];
            const std::int64_t before = returns.history.time.empty()
                                            ? unknown_time
                                            : returns.history.time[static_cast<std::size_t>(it.basket)] - 1;
            said.score[static_cast<std::size_t>(n)] =
                models.acceptance.probability(returns.history, models.catalog, models.price, it.from,
                                              personal ? it.customer : IdMap::unknown, before);
        }
    });
    return said;
}

}  // namespace
}  // namespace evaluation

EvaluationReport evaluate_acceptance(const OfferEngine& engine, const Transactions& train, const Transactions& later,
                                     const EvaluationOptions& options, const Progress& progress) {
    using namespace evaluation;
    check(options);
    Steps steps(progress, 4);
    const OfferModels& models = engine.models();
    if (models.acceptance.empty())
        throw DataError(
            "the engine has no model of trading up: too few known customers came back to a category; fit it with "
            "customers, categories and prices");
    if (train.time_kind() == TimeKind::none || later.time_kind() != train.time_kind())
        throw DataError(
            "trading up is judged in the order of time, and one of the two purchases has no time like the "
            "other's; give both the same time column");
    const ItemFacts items{models.price.leaf, models.price.price, models.catalog.leaves().size()};
    const PurchaseHistory known = make_history(train, models.catalog.items(), models.customers);
    const Returns returns = find_returns(models, known, later, items, options);
    if (returns.all.empty())
        throw DataError(
            "no known customer came back to a category in the later purchases; give customer ids and a "
            "longer later slice");
    const UpShares shares = count_up_shares(known, items, options.min_price_ratio);
    std::vector<Predictions> methods = {{"share of dearer", {}, true}, {"item rate", {}, true}};
    for (const LeafReturn& it : returns.all) {
        methods[0].score.push_back(shares.dearer_share[static_cast<std::size_t>(it.from)]);
        methods[1].score.push_back(shares.item_rate[static_cast<std::size_t>(it.from)]);
    }
    steps.done();
    for (const bool personal : {false, true}) {
        methods.push_back(by_engine(models, returns, personal, options.threads, progress.stop));
        steps.done();
    }
    EvaluationReport report;
    report.task = "acceptance";
    report.queries = static_cast<std::int64_t>(returns.all.size());
    report.clusters = returns.outcomes.clusters;
    const auto estimates = judge_predictions(returns.outcomes, methods, 2, options, progress.stop);
    for (std::size_t m = 0; m < methods.size(); ++m)
        report.methods.push_back({methods[m].method,
                                  {{"auc", estimates[m].roc_auc},
                                   {"auc_above_best", estimates[m].roc_auc_to_best},
                                   {"pr_auc", estimates[m].pr_auc},
                                   {"brier", estimates[m].brier},
                                   {"ece", estimates[m].ece}}});
    steps.done();
    double ups = 0;
    for (const LeafReturn& it : returns.all) ups += it.up ? 1 : 0;
    std::ostringstream note;
    note << "A return goes up where its dearest item of the category costs at least " << options.min_price_ratio
         << " times the dearest of the customer's basket with it before; " << returns.seen << " returns were seen, of "
         << returns.all.size() << " judged " << ups / static_cast<double>(returns.all.size()) << " went up.";
    report.notes.push_back(note.str());
    report.notes.emplace_back(
        "Trading up is mostly variety and regression to the mean: this says who does it on their own, not whom an "
        "offer "
        "persuades.");
    return report;
}

}  // namespace crosslift
