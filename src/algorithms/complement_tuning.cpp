#include "algorithms/complement_tuning.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace crosslift::algorithms {
namespace {

constexpr std::array<double, 7> dampings = {0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3};
constexpr std::array<double, 4> intercept_weights = {1, 0.5, 1.5, 2};

// A gain below this share of the objective is noise: the simpler or earlier setting stays.
constexpr double least_gain = 2e-3;

double objective(const ComplementTrial& trial) {
    return trial.validation_hr10 + trial.validation_ndcg;
}

bool same_fit(const EaseOptions& a, const EaseOptions& b) {
    return a.regularization == b.regularization && a.popularity_regularization == b.popularity_regularization &&
           a.size_exponent == b.size_exponent && a.half_life_days == b.half_life_days && a.intercept == b.intercept &&
           a.line_share == b.line_share;
}

class Search {
public:
    Search(const Slice& slice, std::stop_token stop, const std::function<void()>& after_trial)
        : slice_(slice), stop_(std::move(stop)), after_trial_(after_trial) {
        for (const double damping : dampings) scales_.push_back(damping_scale(slice_.counts, damping));
    }

    /// Tries each setting that differs from the best only as `change` makes it; true if one is better.
    template <class Change>
    bool improve(std::initializer_list<double> values, const Change& change) {
        const EaseOptions start = trials_[best_].ease;
        const std::size_t before = best_;
        for (const double value : values) {
            EaseOptions changed = start;
            change(changed, value);
            try_out(changed);
        }
        return best_ != before;
    }

    void try_out(EaseOptions options) {
        if (std::ranges::any_of(trials_, [&](const ComplementTrial& t) { return same_fit(t.ease, options); })) return;
        options.damping = 0;
        const EaseModel model =
            fit_ease(slice_.train, slice_.age_days, options, {.on_step = {}, .stop = stop_}, slice_.lines);
        const auto rates = hit_rates(slice_.queries, ease_scores(slice_.queries, model), scales_);
        std::size_t top = 0;
        for (std::size_t n = 1; n < rates.size(); ++n)
            if (rates[n].hr10 + rates[n].ndcg > rates[top].hr10 + rates[top].ndcg) top = n;
        options.damping = dampings[top];
        trials_.push_back({options, rates[top].hr10, rates[top].ndcg});
        const std::size_t last = trials_.size() - 1;
        if (objective(trials_[last]) > objective(trials_[best_]) * (1 + least_gain)) best_ = last;
        after_trial_();
    }

    EaseChoice result() const { return {trials_[best_].ease, trials_}; }

private:
    const Slice& slice_;
    std::stop_token stop_;
    const std::function<void()>& after_trial_;
    std::vector<std::vector<float>> scales_;
    std::vector<ComplementTrial> trials_;
    std::size_t best_ = 0;
};

void scale_regularization(EaseOptions& options, double factor) {
    options.regularization *= factor;
}

void tune_regularization(Search& search) {
    if (search.improve({3}, scale_regularization)) {
        if (search.improve({3}, scale_regularization)) search.improve({3}, scale_regularization);
    } else if (search.improve({1.0 / 3}, scale_regularization)) {
        search.improve({1.0 / 3}, scale_regularization);
    }
}

// `span`: days from the oldest to the newest basket; 0 where there is no time to decay by.
void tune_half_life(Search& search, double span) {
    if (span <= 0) return;
    const auto share_of_span = [span](EaseOptions& options, double share) { options.half_life_days = share * span; };
    if (!search.improve({0.5}, share_of_span)) {
        search.improve({0}, share_of_span);
    } else if (search.improve({0.25}, share_of_span)) {
        search.improve({0.125}, share_of_span);
    }
}

}  // namespace

Slice validation_slice(const CsrView& baskets, std::span<const std::int64_t> rows_by_time,
                       std::span<const float> age_days, std::span<const std::int32_t> lines,
                       std::span<const std::int32_t> items, std::int64_t max_queries, std::uint64_t seed) {
    const std::size_t older = idx(rows_before_validation(static_cast<std::int64_t>(rows_by_time.size())));
    Slice slice;
    slice.train = select(baskets, rows_by_time.first(older), items);
    slice.age_days = gather(age_days, rows_by_time.first(older));
    if (!slice.age_days.empty()) {
        const float newest = *std::ranges::min_element(slice.age_days);
        for (float& age : slice.age_days) age -= newest;
    }
    slice.lines = select_cells(baskets, lines, rows_by_time.first(older), items);
    slice.counts = basket_counts(slice.train);
    slice.queries = leave_one_out(select(baskets, rows_by_time.subspan(older), items), max_queries, seed);
    return slice;
}

EaseOptions untuned_ease(const EaseOptions& machine) {
    EaseOptions ease = machine;
    ease.regularization = 50;
    ease.popularity_regularization = 0.1;
    ease.size_exponent = 0.25;
    ease.half_life_days = 0;
    ease.intercept = true;
    ease.damping = 0.1;
    return ease;
}

EaseChoice choose_ease(const Slice& slice, const EaseOptions& machine, std::stop_token stop,
                       const std::function<void()>& after_trial) {
    const double span = slice.age_days.empty() ? 0.0 : static_cast<double>(*std::ranges::max_element(slice.age_days));
    EaseOptions start = untuned_ease(machine);
    start.half_life_days = span;
    Search search(slice, std::move(stop), after_trial);
    search.try_out(start);
    tune_regularization(search);
    tune_half_life(search, span);
    const auto size_exponent = [](EaseOptions& options, double value) { options.size_exponent = value; };
    if (!search.improve({0.5}, size_exponent)) search.improve({0}, size_exponent);
    const auto popularity = [](EaseOptions& options, double value) { options.popularity_regularization = value; };
    if (!search.improve({0.3}, popularity)) search.improve({0}, popularity);
    if (!slice.lines.empty()) {
        const auto line_share = [](EaseOptions& options, double value) { options.line_share = value; };
        if (search.improve({0.5}, line_share)) search.improve({0.8}, line_share);
    }
    search.improve({1 / 1.7, 1.7}, scale_regularization);
    search.improve({0}, [](EaseOptions& options, double) { options.intercept = false; });
    return search.result();
}

EaseOptions choose_scales(const Slice& slice, const EaseModel& model, const EaseOptions& given,
                          std::vector<ComplementTrial>& trials) {
    std::vector<std::vector<float>> scales;
    scales.reserve(std::size(dampings));
    for (const double damping : dampings) scales.push_back(damping_scale(slice.counts, damping));
    std::vector<ComplementTrial> tried;
    std::size_t start = 0, best = 0;
    EaseModel weighted = model;
    for (const double weight : intercept_weights) {
        if (weight != 1 && !given.intercept) break;
        for (std::size_t n = 0; n < weighted.intercept.size(); ++n)
            weighted.intercept[n] = static_cast<float>(weight) * model.intercept[n];
        const auto rates = hit_rates(slice.queries, ease_scores(slice.queries, weighted), scales);
        for (std::size_t n = 0; n < rates.size(); ++n) {
            tried.push_back({given, rates[n].hr10, rates[n].ndcg});
            tried.back().ease.damping = dampings[n];
            tried.back().ease.intercept_weight = weight;
            if (weight == given.intercept_weight && dampings[n] == given.damping) start = tried.size() - 1;
            if (objective(tried.back()) > objective(tried[best])) best = tried.size() - 1;
        }
    }
    if (objective(tried[best]) <= objective(tried[start]) * (1 + least_gain)) best = start;
    trials.push_back(tried[start]);
    if (best != start) trials.push_back(tried[best]);
    return tried[best].ease;
}

std::vector<float> damping_scale(std::span<const std::int64_t> counts, double damping) {
    std::vector<float> scale;
    if (damping == 0) return scale;
    scale.reserve(counts.size());
    for (const std::int64_t count : counts)
        scale.push_back(static_cast<float>(std::pow(static_cast<double>(std::max<std::int64_t>(count, 1)), -damping)));
    return scale;
}

EaseModel with_scales(EaseModel model, const EaseOptions& ease, std::span<const std::int64_t> counts) {
    const std::vector<float> scale = damping_scale(counts, ease.damping);
    for (std::size_t n = 0; n < model.intercept.size(); ++n)
        model.intercept[n] *= static_cast<float>(ease.intercept_weight) * (scale.empty() ? 1.0F : scale[n]);
    for (std::int64_t row = 0; !scale.empty() && row < model.weights.rows(); ++row) {
        const auto weights = model.weights.row(row);
        for (std::size_t n = 0; n < weights.size(); ++n) weights[n] *= scale[n];
    }
    model.options = ease;
    return model;
}

}  // namespace crosslift::algorithms
