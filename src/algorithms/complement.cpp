// EASE, tuned on the newest baskets, fitted on all of them, and compressed to what is served.
#include "algorithms/complement_compression.hpp"
#include "algorithms/complement_tuning.hpp"
#include "algorithms/ease_extension.hpp"
#include "algorithms/ease_rows.hpp"
#include "algorithms/sparse_cells.hpp"

#include <crosslift/complement.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

namespace crosslift {
namespace {

using namespace algorithms;

// Tuning looks at this many best sellers (the rest costs eight times as much and moves no choice) ...
constexpr std::int64_t tuning_items = 2500;
// ... with this many queries.
constexpr std::int64_t tuning_queries = 20000;

void check_arguments(const CsrView& baskets, std::size_t times, std::size_t ages, std::size_t lines,
                     const ComplementOptions& options) {
    check(baskets);
    const auto want = [](bool holds, const std::string& message) {
        if (!holds) throw InvalidArgument("fit_complement: " + message);
    };
    const std::string rows = std::to_string(baskets.rows);
    want(times == 0 || times == idx(baskets.rows),
         "time holds " + std::to_string(times) + " values; give none, or one for each of the " + rows + " baskets");
    want(ages == 0 || ages == idx(baskets.rows),
         "age_days holds " + std::to_string(ages) + " values; give none, or one for each of the " + rows + " baskets");
    want(lines == 0 || lines == idx(baskets.nnz()), "lines holds " + std::to_string(lines) +
                                                        " values; give none, or one for each of the " +
                                                        std::to_string(baskets.nnz()) + " stored cells");
    want(options.factors >= 0, "factors is " + std::to_string(options.factors) + "; give 0 or more");
    want(std::isfinite(options.residuals) && options.residuals >= 0,
         "residuals is " + std::to_string(options.residuals) + "; give 0 or more, per item on average");
    want(options.factors > 0 || options.residuals > 0,
         "factors and residuals are both 0, which leaves no model; give one of them");
    want(options.min_baskets >= 1, "min_baskets is " + std::to_string(options.min_baskets) + "; give 1 or more");
    want(options.max_items >= 1, "max_items is " + std::to_string(options.max_items) + "; give 1 or more");
}

// Tells the caller how far the whole fit is.
class Steps {
public:
    explicit Steps(const Progress& progress) : progress_(progress) {}

    void next() { report(std::min(step_ + 1, total - 1)); }
    void finish() { report(total); }

private:
    void report(int step) {
        step_ = step;
        if (!progress_.on_step) return;
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
        progress_.on_step({"complement", step, total, seconds.count(), std::numeric_limits<double>::quiet_NaN()});
    }

    static constexpr int total = most_trials + 2;  // the trials, the measure of what compression keeps, the last fit
    const Progress& progress_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    int step_ = 0;
};

// HR@10 of the compressed form / of the full matrix `full`, both fitted before the validation slice.
double measure_kept(const Slice& slice, const EaseModel& full, const ComplementOptions& options, std::stop_token stop) {
    ComplementModel served = compress(full.weights, slice.counts, options, stop);
    served.intercept = full.intercept;
    const std::vector<std::vector<float>> unscaled(1);
    const double of_full = hit_rates(slice.queries, ease_scores(slice.queries, full), unscaled)[0].hr10;
    return of_full > 0 ? hit_rates(slice.queries, complement_scores(slice.queries, served), unscaled)[0].hr10 / of_full
                       : 0;
}

// Chooses what needs no fit of its own over all items, into options.ease and `trials`; returns the kept share of HR@10.
double finish_tuning(const Slice& slice, const EaseOptions& ease, ComplementOptions& options,
                     std::vector<ComplementTrial>& trials, std::stop_token stop) {
    EaseOptions plain = ease;
    plain.damping = 0;
    plain.intercept_weight = 1;
    EaseModel full = fit_ease(slice.train, slice.age_days, plain, {.on_step = {}, .stop = stop}, slice.lines);
    options.ease = choose_scales(slice, full, ease, trials);
    full = with_scales(std::move(full), options.ease, slice.counts);
    return measure_kept(slice, full, options, stop);
}

// Rows of the modelled items become rows among all items.
ComplementModel spread(const ComplementModel& part, std::span<const std::int32_t> items, std::int64_t all) {
    ComplementModel model;
    model.in_factors = Matrix(all, part.in_factors.cols());
    model.out_factors = Matrix(all, part.in_factors.cols());
    model.residuals.rows = model.residuals.cols = all;
    model.residuals.values = part.residuals.values;
    for (const std::int32_t column : part.residuals.indices) model.residuals.indices.push_back(items[idx(column)]);
    model.residuals.indptr.assign(idx(all) + 1, 0);
    for (std::size_t n = 0; n < items.size(); ++n) {
        const auto row = static_cast<std::int64_t>(n);
        if (part.in_factors.cols() > 0) {
            std::ranges::copy(part.in_factors.row(row), model.in_factors.row(items[n]).begin());
            std::ranges::copy(part.out_factors.row(row), model.out_factors.row(items[n]).begin());
        }
        model.residuals.indptr[idx(items[n]) + 1] = part.residuals.indptr[n + 1] - part.residuals.indptr[n];
    }
    for (std::size_t n = 1; n < model.residuals.indptr.size(); ++n)
        model.residuals.indptr[n] += model.residuals.indptr[n - 1];
    return model;
}

// Baskets of two items or more.
double larger_baskets(const CsrView& baskets) {
    std::int64_t larger = 0;
    for (std::int64_t row = 0; row < baskets.rows; ++row) larger += baskets.row(row).size() > 1 ? 1 : 0;
    return static_cast<double>(larger);
}

// Items outside the closed form: the constant row's answer for an item that nothing else is known of.
std::vector<float> popularity_intercept(const CsrView& baskets, std::span<const std::int64_t> counts,
                                        const EaseOptions& ease) {
    std::vector<float> intercept(counts.size(), 0.0F);
    if (!ease.intercept) return intercept;
    const double larger = larger_baskets(baskets);
    for (std::size_t item = 0; item < counts.size(); ++item) {
        const auto count = static_cast<double>(counts[item]);
        if (count > 0)
            intercept[item] =
                static_cast<float>(count / larger * ease.intercept_weight * std::pow(count, -ease.damping));
    }
    return intercept;
}

// The baskets over the items that the model knows from purchases, in the order of time.
struct Purchases {
    CsrMatrix baskets;
    std::vector<float> age_days;
    std::vector<std::int32_t> lines;

    Purchases(const CsrView& all, std::span<const std::int64_t> rows, std::span<const float> ages,
              std::span<const std::int32_t> places, std::span<const std::int32_t> items)
        : baskets(select(all, rows, items)),
          age_days(gather(ages, rows)),
          lines(select_cells(all, places, rows, items)) {}
};

// The cells of an extension over the items `known`, damped, by rows among `all` items.
std::vector<std::vector<Cell>> cells_of(const EaseExtension& extension, std::span<const std::int32_t> known,
                                        std::span<const float> damping, std::size_t all) {
    std::vector<std::vector<Cell>> cells(all);
    for (std::size_t n = 0; n < extension.items.size(); ++n) {
        const std::int32_t column = extension.items[n], item = known[idx(column)];
        for (const Cell& cell : extension.targets[n])
            cells[idx(known[idx(cell.item)])].push_back({item, cell.value * damping[idx(column)]});
        for (const Cell& cell : extension.sources[n])
            cells[idx(item)].push_back({known[idx(cell.item)], cell.value * damping[idx(cell.item)]});
    }
    return cells;
}

// `known` are all items in min_baskets baskets or more; only `items`, some of them, enter the closed form's matrix.
// Adds the others' intercepts to `intercept`.
ComplementModel fit_extended(const Purchases& purchases, std::span<const std::int32_t> known,
                             std::span<const std::int32_t> items, const ComplementOptions& options,
                             std::vector<float>& intercept, std::stop_token stop) {
    check_ease_options(purchases.baskets, purchases.age_days, purchases.lines, options.ease);
    std::vector<std::int32_t> modelled;  // columns of the purchases
    for (std::size_t n = 0; n < known.size(); ++n)
        if (std::ranges::binary_search(items, known[n])) modelled.push_back(static_cast<std::int32_t>(n));
    const std::vector<std::int64_t> counts = basket_counts(purchases.baskets);
    std::vector<std::int64_t> modelled_counts;
    modelled_counts.reserve(modelled.size());
    for (const std::int32_t column : modelled) modelled_counts.push_back(counts[idx(column)]);
    std::vector<float> damping = damping_scale(counts, options.ease.damping);
    if (damping.empty()) damping.assign(counts.size(), 1.0F);

    EaseOptions plain = options.ease;
    plain.damping = 0;
    plain.intercept_weight = 1;
    const WeightedBaskets rows = ease_rows(purchases.baskets, purchases.age_days, purchases.lines, plain);
    std::vector<std::int64_t> all_rows(idx(rows.baskets.rows));
    std::iota(all_rows.begin(), all_rows.end(), std::int64_t{0});
    EaseModel full = fit_ease_rows({select(rows.baskets, all_rows, modelled), rows.weights}, modelled_counts, plain,
                                   {.on_step = {}, .stop = stop});
    const auto most = static_cast<std::size_t>(
        std::max(std::round(std::min(options.residuals, 2.0 * static_cast<double>(known.size())) / 2), 1.0));
    const EaseExtension extension = extend_ease(full, rows, modelled, damping, most, stop);
    full = with_scales(std::move(full), options.ease, modelled_counts);
    ComplementModel model = spread(compress(full.weights, modelled_counts, options, stop), items,
                                   static_cast<std::int64_t>(intercept.size()));
    for (std::size_t n = 0; n < items.size(); ++n) intercept[idx(items[n])] = full.intercept[n];

    model.residuals = with_cells(model.residuals, cells_of(extension, known, damping, intercept.size()));
    for (std::size_t n = 0; n < extension.items.size(); ++n) {
        const std::size_t column = idx(extension.items[n]);
        intercept[idx(known[column])] =
            static_cast<float>(options.ease.intercept_weight) * extension.intercept[n] * damping[column];
    }
    model.extended_items = static_cast<std::int64_t>(extension.items.size());
    return model;
}

ComplementModel fit_all(const CsrView& baskets, std::span<const std::int64_t> rows, std::span<const float> age_days,
                        std::span<const std::int32_t> lines, std::span<const std::int32_t> items,
                        const ComplementOptions& options, std::stop_token stop) {
    const std::vector<std::int64_t> counts = basket_counts(baskets);
    std::vector<float> intercept = popularity_intercept(baskets, counts, options.ease);
    const std::vector<std::int32_t> known = items_with_purchases(counts, options);
    const Purchases purchases(baskets, rows, age_days, lines, known);
    ComplementModel model;
    if (known.size() > items.size()) {
        model = fit_extended(purchases, known, items, options, intercept, stop);
    } else {
        const EaseModel full = fit_ease(purchases.baskets, purchases.age_days, options.ease,
                                        {.on_step = {}, .stop = stop}, purchases.lines);
        for (std::size_t n = 0; n < items.size(); ++n) intercept[idx(items[n])] = full.intercept[n];
        model = spread(compress(full.weights, basket_counts(purchases.baskets), options, stop), items, baskets.cols);
    }
    // The closed form saw the baskets with two known items only; its intercepts count among all.
    const auto seen = static_cast<float>(larger_baskets(purchases.baskets) / std::max(larger_baskets(baskets), 1.0));
    for (const std::int32_t item : known) intercept[idx(item)] *= seen;
    model.intercept = std::move(intercept);
    model.modelled_items = static_cast<std::int64_t>(items.size());
    return model;
}

}  // namespace

ComplementModel fit_complement(const CsrView& baskets, std::span<const std::int64_t> time,
                               std::span<const float> age_days, const ComplementOptions& options,
                               const Progress& progress, std::span<const std::int32_t> lines) {
    check_arguments(baskets, time.size(), age_days.size(), lines.size(), options);
    Steps steps(progress);
    const std::vector<float> ages = basket_ages(age_days, time);
    const std::vector<std::int64_t> counts = basket_counts(baskets);
    const std::vector<std::int32_t> items = best_sellers(counts, options.min_baskets, options.max_items);
    const std::vector<std::int64_t> rows = rows_by_time(baskets.rows, time);
    ComplementOptions chosen = options;
    std::vector<ComplementTrial> trials;
    double kept = 0;
    if (options.tune) {
        chosen.ease = untuned_ease(options.ease);
        const auto few = best_sellers(counts, options.min_baskets, std::min(options.max_items, tuning_items));
        const Slice slice = validation_slice(baskets, rows, ages, lines, few, tuning_queries, options.seed);
        if (slice.queries.size() >= fewest_queries) {
            EaseChoice choice = choose_ease(slice, options.ease, progress.stop, [&] { steps.next(); });
            trials = std::move(choice.trials);
            kept = finish_tuning(validation_slice(baskets, rows, ages, lines, items, tuning_queries, options.seed),
                                 choice.ease, chosen, trials, progress.stop);
            steps.next();
        }
    }
    ComplementModel model = fit_all(baskets, rows, ages, lines, items, chosen, progress.stop);
    model.options = chosen;
    model.trials = std::move(trials);
    model.kept_hr10 = kept;
    steps.finish();
    return model;
}

void add_basket_scores(const ComplementModel& model, std::span<const std::int32_t> basket, std::span<float> scores) {
    const std::int64_t items = static_cast<std::int64_t>(model.intercept.size());
    if (scores.size() != model.intercept.size())
        throw InvalidArgument("add_basket_scores: scores holds " + std::to_string(scores.size()) +
                              " numbers; give one for each of the " + std::to_string(items) + " items");
    const CsrView residuals = model.residuals;
    constexpr std::size_t lanes = 16;
    const std::size_t factors = idx(model.in_factors.cols());
    std::vector<float> query((factors + lanes - 1) / lanes * lanes, 0.0F);
    for (const std::int32_t item : basket) {
        if (item < 0 || item >= items)
            throw InvalidArgument("add_basket_scores: the basket holds item row " + std::to_string(item) +
                                  "; rows go from 0 to " + std::to_string(items - 1));
        const auto columns = residuals.row(item);
        const auto values = residuals.row_values(item);
        for (std::size_t n = 0; n < columns.size(); ++n) scores[idx(columns[n])] += values[n];
        if (factors == 0) continue;
        const auto in = model.in_factors.row(item);
        for (std::size_t f = 0; f < factors; ++f) query[f] += in[f];
    }
    for (std::size_t item = 0; item < scores.size(); ++item) scores[item] += model.intercept[item];
    if (factors == 0) return;
    for (std::int64_t item = 0; item < items; ++item) {
        const auto out = model.out_factors.row(item);
        std::array<float, lanes> sums{};  // independent sums, so that the compiler may use vectors
        std::size_t f = 0;
        for (; f + lanes <= factors; f += lanes)
            for (std::size_t l = 0; l < lanes; ++l) sums[l] += query[f + l] * out[f + l];
        for (; f < factors; ++f) sums[0] += query[f] * out[f];
        for (const float sum : sums) scores[idx(item)] += sum;
    }
}

}  // namespace crosslift
