// Next basket: what a known customer buys next, mostly what they bought before. For reference only.
#include "evaluation/customer_profiles.hpp"
#include "evaluation/engine_scorer.hpp"
#include "evaluation/mean_scores.hpp"
#include "evaluation/options.hpp"
#include "evaluation/partners.hpp"
#include "evaluation/tuning.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace crosslift {
namespace evaluation {
namespace {

/// TIFU-kNN (Hu et al., SIGIR 2020): a customer's baskets in groups, decayed inside and between groups; the nearest
/// customers by Euclidean distance fill in.
class TifuKnn : public SingleScorer {
public:
    TifuKnn(const TrainingSet& set, const Setting& setting) : alpha_(setting["alpha"]) {
        const CsrView customers = set.history.customer_baskets;
        for (std::int64_t c = 0; c < customers.rows; ++c) {
            profiles_.push_back(profile(set.history.baskets, customers.row(c), setting));
        }
        nearest_ = nearest_customers(profiles_, static_cast<std::size_t>(set.items()),
                                     static_cast<std::size_t>(setting["neighbours"]), Nearness::euclidean, set.threads,
                                     set.stop);
    }

private:
    static Profile profile(const CsrView& baskets, std::span<const std::int32_t> own, const Setting& setting) {
        std::map<std::int32_t, double> sum;
        const std::size_t groups = std::min(own.size(), static_cast<std::size_t>(setting["groups"]));
        for (std::size_t g = 0; g < groups; ++g) {
            const std::size_t begin = g * own.size() / groups;
            const std::size_t end = (g + 1) * own.size() / groups;
            const double group =
                std::pow(setting["group_decay"], static_cast<double>(groups - 1 - g)) / static_cast<double>(groups);
            for (std::size_t b = begin; b < end; ++b) {
                const double weight = std::pow(setting["basket_decay"], static_cast<double>(end - 1 - b)) /
                                      static_cast<double>(end - begin);
                for (const std::int32_t item : baskets.row(own[b])) sum[item] += group * weight;
            }
        }
        return {sum.begin(), sum.end()};
    }

    void score_one(const Query& query, std::span<double> scores) const override {
        std::ranges::fill(scores, 0.0);
        if (query.customer == IdMap::unknown) return;
        const auto add = [&](std::int32_t customer, double weight) {
            for (const auto& [item, value] : profiles_[static_cast<std::size_t>(customer)]) {
                scores[static_cast<std::size_t>(item)] += weight * value;
            }
        };
        add(query.customer, alpha_);
        const auto& nearest = nearest_[static_cast<std::size_t>(query.customer)];
        for (const Neighbour& other : nearest) {
            add(other.customer, (1 - alpha_) / static_cast<double>(nearest.size()));
        }
    }

    double alpha_;
    std::vector<Profile> profiles_;
    std::vector<std::vector<Neighbour>> nearest_;
};

/// The first basket with a known item of each customer who bought in training.
std::vector<PartnerQuery> next_baskets(const PurchaseHistory& later, const std::vector<std::int32_t>& train_customer,
                                       std::int64_t first_basket) {
    std::vector<PartnerQuery> queries;
    const CsrView customers = later.customer_baskets;
    for (std::int64_t c = 0; c < customers.rows; ++c) {
        const std::int32_t who = train_customer[static_cast<std::size_t>(c)];
        if (who == IdMap::unknown) continue;
        const auto own = customers.row(c);
        const auto next = std::lower_bound(own.begin(), own.end(), first_basket);
        if (next == own.end()) continue;
        PartnerQuery query;
        query.customer = who;
        const auto items = later.baskets.view().row(*next);
        query.partners.assign(items.begin(), items.end());
        query.cluster = static_cast<std::int64_t>(queries.size());
        queries.push_back(std::move(query));
    }
    return queries;
}

std::vector<Baseline> next_basket_baselines() {
    std::vector<Baseline> all;
    for (Baseline& baseline : popularity_baselines()) {
        if (!baseline.needs_leaves) all.push_back(std::move(baseline));
    }
    all.push_back({"TIFU-kNN",
                   all_settings({{"neighbours", {300, 100, 900}},
                                 {"basket_decay", {0.9, 0.7}},
                                 {"group_decay", {0.7, 0.6, 0.9}},
                                 {"alpha", {0.7, 0.2, 0.9}},
                                 {"groups", {7, 3}}}),
                   [](const TrainingSet& set, const Setting& setting) -> std::unique_ptr<Scorer> {
                       return std::make_unique<TifuKnn>(set, setting);
                   },
                   true});
    return all;
}

double mean_recall(const Scorer& scorer, const std::vector<PartnerQuery>& queries, const TrainingSet& set) {
    const auto lists = rank_partners(scorer, queries, set.items(), 20, set.threads, set.stop);
    double sum = 0;
    for (std::size_t q = 0; q < queries.size(); ++q) {
        sum += hits(lists[q], queries[q].partners, 20) / static_cast<double>(queries[q].partners.size());
    }
    return sum / static_cast<double>(std::max<std::size_t>(queries.size(), 1));
}

/// The setting with the highest recall at 20 on the first baskets of the validation slice.
std::vector<ChosenBaseline> choose(const TrainingSet& set, const EvaluationOptions& options, Steps& steps,
                                   std::vector<TunedMethod>& tuned) {
    const std::int64_t baskets = set.history.basket_count();
    const std::int64_t cut = baskets - std::llround(options.validation_share * static_cast<double>(baskets));
    const TrainingSet before = earlier_part(set, cut);
    std::vector<std::int32_t> same;
    for (std::int32_t c = 0; c < set.history.customers; ++c) {
        same.push_back(before.history.customer_baskets.view().row(c).empty() ? IdMap::unknown : c);
    }
    std::vector<PartnerQuery> queries = next_baskets(set.history, same, cut);
    if (static_cast<std::int64_t>(queries.size()) > options.validation_queries) {
        queries.resize(static_cast<std::size_t>(options.validation_queries));
    }
    std::vector<ChosenBaseline> chosen;
    for (const Baseline& baseline : next_basket_baselines()) {
        const Setting* given = given_setting(baseline, options);
        Setting best = given != nullptr ? *given : baseline.grid.front();
        TunedMethod method{baseline.method, best.text(), {}};
        double best_recall = -1;
        for (const Setting& setting :
             queries.empty() || given != nullptr ? std::vector<Setting>() : trials_of(baseline, options)) {
            const double recall = mean_recall(*baseline.fit(before, setting), queries, before);
            method.trials.emplace_back(setting.text(), recall);
            if (recall <= best_recall) continue;
            best_recall = recall;
            best = setting;
            method.setting = setting.text();
        }
        tuned.push_back(std::move(method));
        chosen.push_back({baseline, best});
        steps.done();
    }
    return chosen;
}

}  // namespace
}  // namespace evaluation

EvaluationReport evaluate_next_basket(const OfferEngine& engine, const Transactions& train, const Transactions& later,
                                      const EvaluationOptions& options, const Progress& progress) {
    using namespace evaluation;
    check(options);
    const TrainingSet set = training_set(train, engine.models().catalog, options, progress.stop);
    const PurchaseHistory after = make_history(later, train.items(), later.customers());
    std::vector<std::int32_t> known;
    for (std::int32_t c = 0; c < later.customers().size(); ++c) {
        known.push_back(train.customers().find(later.customers()[c]));
    }
    const std::vector<PartnerQuery> queries = next_baskets(after, known, 0);
    if (queries.empty()) {
        throw DataError("no customer of the later purchases (" + std::to_string(later.customers().size()) +
                        " customers) is known from training, so there is no next basket to judge");
    }
    EvaluationReport report;
    report.task = "next_basket";
    report.queries = report.clusters = static_cast<std::int64_t>(queries.size());
    Steps steps(progress, 5);
    std::vector<std::string> names;
    std::vector<std::vector<std::vector<std::int32_t>>> lists;
    const auto add = [&](const std::string& name, const Scorer& scorer) {
        names.push_back(name);
        lists.push_back(rank_partners(scorer, queries, set.items(), 20, options.threads, progress.stop));
    };
    for (const auto& [baseline, setting] : choose(set, options, steps, report.tuned)) {
        add(baseline.method, *baseline.fit(set, setting));
    }
    const std::size_t first_engine = names.size();
    add("crosslift", *engine_scorer(engine, train.items(), train.customers(), true));
    steps.done();
    MeanScores scores({"recall@10", "recall@20", "ndcg@10", "ndcg@20"}, names, report.clusters);
    for (std::size_t m = 0; m < names.size(); ++m) {
        for (std::size_t q = 0; q < queries.size(); ++q) {
            const auto& partners = queries[q].partners;
            const auto size = static_cast<double>(partners.size());
            for (const int k : {10, 20}) {
                const std::size_t place = k == 10 ? 0 : 1;
                scores.add(queries[q].cluster, m, place, hits(lists[m][q], partners, k) / size);
                scores.add(queries[q].cluster, m, 2 + place, ndcg(lists[m][q], partners, k));
            }
        }
    }
    scores.report(first_engine, names.size(), std::vector<std::string>{"recall@20"}, options, progress.stop, report);
    steps.done();
    report.notes.emplace_back(
        "Report only: each known customer's first later basket. The engine is asked with an empty basket; most of what "
        "is "
        "found are repeat purchases.");
    return report;
}

}  // namespace crosslift
