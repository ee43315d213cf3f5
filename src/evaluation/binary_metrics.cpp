#include "evaluation/binary_metrics.hpp"

#include "evaluation/bootstrap.hpp"
#include "evaluation/draws.hpp"
#include "evaluation/workers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace crosslift::evaluation {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t bins = 10;

enum Metric { pr_auc, roc_auc, brier, ece, metrics };
using Values = std::array<double, metrics>;

/// One method's rows, best score first, so that every resample is one pass.
class Ranked {
public:
    Ranked(const Outcomes& outcomes, const Predictions& predictions)
        : outcomes_(outcomes), is_probability_(predictions.is_probability), order_(predictions.score.size()) {
        std::iota(order_.begin(), order_.end(), std::int32_t{0});
        const auto score = [&](std::int32_t row) { return predictions.score[static_cast<std::size_t>(row)]; };
        std::ranges::sort(order_, [&](std::int32_t a, std::int32_t b) { return score(a) > score(b); });
        for (std::size_t n = 0; n < order_.size(); ++n) {
            const bool tied = n > 0 && score(order_[n]) == score(order_[n - 1]);
            starts_.push_back(tied ? 0 : 1);
            score_.push_back(score(order_[n]));
            bin_.push_back(tied ? bin_.back() : static_cast<std::uint8_t>(n * bins / order_.size()));
        }
    }

    /// Each row counts as often as its cluster was drawn.
    Values values(std::span<const std::int32_t> drawn) const {
        Values result = areas(drawn);
        if (is_probability_) add_errors(drawn, result);
        return result;
    }

private:
    double weight(std::size_t n, std::span<const std::int32_t> drawn) const {
        return drawn[static_cast<std::size_t>(outcomes_.cluster[static_cast<std::size_t>(order_[n])])];
    }
    bool yes(std::size_t n) const { return outcomes_.yes[static_cast<std::size_t>(order_[n])] != 0; }

    Values areas(std::span<const std::int32_t> drawn) const {
        double all_yes = 0, all = 0, precision = 0, pairs = 0, tied_yes = 0, tied_no = 0;
        const auto close_ties = [&] {
            if (tied_yes + tied_no == 0) return;
            pairs += tied_no * (all_yes + 0.5 * tied_yes);
            all_yes += tied_yes;
            all += tied_yes + tied_no;
            precision += tied_yes * all_yes / all;
            tied_yes = tied_no = 0;
        };
        for (std::size_t n = 0; n < order_.size(); ++n) {
            if (starts_[n] != 0) close_ties();
            (yes(n) ? tied_yes : tied_no) += weight(n, drawn);
        }
        close_ties();
        const double all_no = all - all_yes;
        return {all_yes > 0 ? precision / all_yes : nan, all_yes > 0 && all_no > 0 ? pairs / (all_yes * all_no) : nan,
                nan, nan};
    }

    void add_errors(std::span<const std::int32_t> drawn, Values& result) const {
        std::array<double, bins> said{}, came{};
        double squares = 0, all = 0;
        for (std::size_t n = 0; n < order_.size(); ++n) {
            const double w = weight(n, drawn);
            const double happened = yes(n) ? 1 : 0;
            squares += w * (score_[n] - happened) * (score_[n] - happened);
            said[bin_[n]] += w * score_[n];
            came[bin_[n]] += w * happened;
            all += w;
        }
        if (all == 0) return;
        result[brier] = squares / all;
        result[ece] = 0;
        for (std::size_t b = 0; b < bins; ++b) result[ece] += std::abs(said[b] - came[b]) / all;
    }

    const Outcomes& outcomes_;
    bool is_probability_;
    std::vector<std::int32_t> order_;
    std::vector<std::uint8_t> starts_;  // 1 where the score differs from the one before
    std::vector<double> score_;
    std::vector<std::uint8_t> bin_;
};

Estimate with_interval(double value, std::vector<double> drawn) {
    std::erase_if(drawn, [](double v) { return std::isnan(v); });
    std::ranges::sort(drawn);
    return {value, quantile(drawn, 0.025), quantile(drawn, 0.975)};
}

}  // namespace

std::vector<BinaryEstimates> judge_predictions(const Outcomes& outcomes, std::span<const Predictions> methods,
                                               std::size_t simple, const EvaluationOptions& options,
                                               const std::stop_token& stop) {
    std::vector<Ranked> ranked;
    for (const Predictions& predictions : methods) ranked.emplace_back(outcomes, predictions);
    const std::vector<std::int32_t> once(static_cast<std::size_t>(outcomes.clusters), 1);
    std::vector<Values> values;
    for (const Ranked& method : ranked) values.push_back(method.values(once));
    const auto best = [&](Metric metric) {
        std::size_t first = 0;
        for (std::size_t m = 1; m < simple; ++m)
            if (values[m][metric] > values[first][metric]) first = m;
        return first;
    };
    const std::size_t best_pr = best(pr_auc), best_roc = best(roc_auc);

    const auto draws = static_cast<std::size_t>(options.bootstrap);
    std::vector<Values> drawn(methods.size() * draws);  // method by method
    for_each_task(options.threads, options.bootstrap, stop, [&](std::int64_t task, int) {
        Draws random(options.seed, static_cast<std::uint64_t>(task));
        std::vector<std::int32_t> times(once.size());
        for (std::int64_t n = 0; n < outcomes.clusters; ++n)
            ++times[static_cast<std::size_t>(random.below(outcomes.clusters))];
        for (std::size_t m = 0; m < ranked.size(); ++m)
            drawn[m * draws + static_cast<std::size_t>(task)] = ranked[m].values(times);
    });

    std::vector<BinaryEstimates> result;
    for (std::size_t m = 0; m < methods.size(); ++m) {
        const auto over_draws = [&](auto&& of) {
            std::vector<double> all;
            for (std::size_t r = 0; r < draws; ++r)
                all.push_back(of(drawn[m * draws + r], drawn[best_pr * draws + r], drawn[best_roc * draws + r]));
            return with_interval(of(values[m], values[best_pr], values[best_roc]), std::move(all));
        };
        const auto plain = [&](Metric metric) {
            return over_draws([&](const Values& own, const Values&, const Values&) { return own[metric]; });
        };
        result.push_back({plain(pr_auc), plain(roc_auc), plain(brier), plain(ece),
                          over_draws([](const Values& own, const Values& pr, const Values&) {
                              return pr[pr_auc] > 0 ? own[pr_auc] / pr[pr_auc] : nan;
                          }),
                          over_draws([](const Values& own, const Values&, const Values& roc) {
                              return own[roc_auc] - roc[roc_auc];
                          })});
    }
    return result;
}

}  // namespace crosslift::evaluation
