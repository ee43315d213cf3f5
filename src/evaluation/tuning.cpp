#include "evaluation/tuning.hpp"

#include "evaluation/basket_ranks.hpp"
#include "evaluation/draws.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>

namespace crosslift::evaluation {
namespace {

/// Baskets of the slice from row `begin` on, over items and customers that the part before it knows.
LaterBaskets validation_baskets(const TrainingSet& set, const TrainingSet& earlier, std::int64_t begin) {
    const CsrView all = set.ordered ? set.receipts.view() : set.history.baskets.view();
    const CsrView sold = earlier.history.item_baskets;
    const CsrView known = earlier.history.customer_baskets;
    LaterBaskets later;
    later.ordered = set.ordered;
    later.baskets.cols = set.items();
    std::vector<std::int32_t> items;
    for (std::int64_t b = begin; b < all.rows; ++b) {
        items.clear();
        for (const std::int32_t item : all.row(b)) {
            if (!sold.row(item).empty()) items.push_back(item);
        }
        if (items.size() < 2) continue;
        later.baskets.indices.insert(later.baskets.indices.end(), items.begin(), items.end());
        later.baskets.indptr.push_back(static_cast<std::int64_t>(later.baskets.indices.size()));
        ++later.baskets.rows;
        const std::int32_t customer = set.history.customer[static_cast<std::size_t>(b)];
        later.owner.push_back(customer == IdMap::unknown ? -1 : customer);
        later.customer.push_back(customer != IdMap::unknown && !known.row(customer).empty() ? customer
                                                                                            : IdMap::unknown);
    }
    return later;
}

}  // namespace

const Setting* given_setting(const Baseline& baseline, const EvaluationOptions& options) {
    for (const auto& [method, text] : options.settings) {
        if (method != baseline.method) continue;
        for (const Setting& setting : baseline.grid) {
            if (setting.text() == text) return &setting;
        }
        throw InvalidArgument("evaluation option settings gives '" + method + "' the setting '" + text +
                              "', which is not in its grid; its textbook setting is '" + baseline.grid.front().text() +
                              "'");
    }
    return nullptr;
}

std::vector<Setting> trials_of(const Baseline& baseline, const EvaluationOptions& options) {
    std::vector<Setting> trials = baseline.grid;
    const auto wanted = static_cast<std::size_t>(options.tuning_trials);
    if (wanted == 0) return {};
    if (wanted < trials.size()) {
        Draws(options.seed + 5).sample_to_front(std::span(trials).subspan(1), options.tuning_trials - 1);
        trials.resize(wanted);
    }
    return trials;
}

std::vector<Baseline> wanted_baselines(const TrainingSet& set, const EvaluationOptions& options, bool personal,
                                       std::vector<std::string>* notes) {
    const std::vector<Baseline> all = all_baselines();
    for (const std::string& name : options.baselines) {
        if (std::any_of(all.begin(), all.end(), [&](const Baseline& b) { return b.method == name; })) continue;
        std::string names;
        for (const Baseline& baseline : all) names += (names.empty() ? "'" : ", '") + baseline.method + "'";
        throw InvalidArgument("evaluation option baselines names '" + name + "'; there are " + names);
    }
    std::vector<Baseline> wanted;
    for (const Baseline& baseline : all) {
        const auto& names = options.baselines;
        if (!names.empty() && std::find(names.begin(), names.end(), baseline.method) == names.end()) continue;
        const char* missing = "";
        if (baseline.needs_customers && set.history.customer_baskets.indices.empty()) missing = "customers";
        if (baseline.needs_leaves && set.leaf.empty()) missing = "categories";
        if (baseline.needs_content && set.content->empty()) missing = "categories, names or brands";
        if (*missing != 0) {
            if (notes != nullptr) notes->push_back(baseline.method + " is left out: no " + missing + ".");
        } else if (personal || !baseline.needs_customers) {
            wanted.push_back(baseline);
        }
    }
    return wanted;
}

ChosenBaselines choose_baselines(const TrainingSet& set, const EvaluationOptions& options, bool personal,
                                 Steps& steps) {
    ChosenBaselines chosen;
    const std::int64_t baskets = set.history.basket_count();
    const std::int64_t cut = baskets - std::llround(options.validation_share * static_cast<double>(baskets));
    const std::vector<Baseline> wanted = wanted_baselines(set, options, personal, &chosen.notes);
    const TrainingSet earlier = earlier_part(set, options.tuning_trials > 0 ? cut : 0);
    BasketQueries queries;
    if (options.tuning_trials > 0) {
        queries = make_basket_queries(validation_baskets(set, earlier, cut), options, options.validation_queries);
    }
    const bool tune = !queries.queries.empty() && earlier.baskets.rows > 0;
    const bool all_given = std::all_of(wanted.begin(), wanted.end(), [&](const Baseline& baseline) {
        return given_setting(baseline, options) != nullptr;
    });
    if (all_given) {
        chosen.notes.emplace_back("Baselines have the settings that were given.");
    } else if (tune) {
        chosen.notes.push_back("Baselines are tuned on " + std::to_string(queries.queries.size()) +
                               " queries of the newest " + std::to_string(baskets - cut) + " baskets of training, " +
                               std::to_string(options.tuning_trials) + " settings each at most.");
    } else {
        chosen.notes.emplace_back(options.tuning_trials > 0
                                      ? "Baselines have their textbook settings: training is too small to tune on."
                                      : "Baselines have their textbook settings.");
    }
    const BasketTask task = make_basket_task(queries, set.leaf, set.leaves, options.threads, set.stop);
    for (const Baseline& baseline : wanted) {
        const Setting* given = given_setting(baseline, options);
        Setting best = given != nullptr ? *given : baseline.grid.front();
        TunedMethod tuned{baseline.method, best.text(), {}};
        std::pair<double, double> best_merit{-1, -1};
        for (const Setting& setting : tune&& given == nullptr ? trials_of(baseline, options) : std::vector<Setting>()) {
            const auto now = merit(rank_by(baseline.method, task, *baseline.fit(earlier, setting)));
            tuned.trials.emplace_back(setting.text(), now.first);
            if (now > best_merit) {
                best_merit = now;
                best = setting;
                tuned.setting = setting.text();
            }
        }
        chosen.tuned.push_back(std::move(tuned));
        chosen.baselines.push_back({baseline, best});
        steps.done();
    }
    return chosen;
}

}  // namespace crosslift::evaluation
