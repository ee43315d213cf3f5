// Gives items without purchases embeddings and residuals, and chooses how much likeness counts for them.
#include "algorithms/cold_placing.hpp"
#include "algorithms/complement_tuning.hpp"

#include <crosslift/cold_start.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

namespace crosslift {
namespace {

using namespace algorithms;

// Multiples of the slope of co-purchase on likeness to choose from.
constexpr std::array<double, 4> multiples = {1, 3, 10, 30};
// They are judged on the newest slice of the baskets and, until there are enough queries, on those before it.
constexpr std::int64_t slice_queries = 5000;
constexpr std::size_t enough_queries = 2000;
constexpr int most_slices = 3;
// Where new items are few there is little to gain, and a fit of the older baskets to lose.
constexpr double least_cold_share = 0.02;
constexpr std::size_t fewest_cold_targets = 100;

void check_arguments(const ComplementModel& model, const CsrView& baskets, const ItemContent& content,
                     const ColdStartOptions& options) {
    check(baskets);
    check(content.features);
    const auto want = [](bool holds, const std::string& message) {
        if (!holds) throw InvalidArgument("add_cold_items: " + message);
    };
    const auto items = static_cast<std::int64_t>(model.intercept.size());
    want(baskets.cols == items, "the baskets hold " + std::to_string(baskets.cols) + " items and the model " +
                                    std::to_string(items) + "; give the baskets that it was fitted on");
    want(content.features.rows == items, "content has " + std::to_string(content.features.rows) +
                                             " rows; give one for each of the " + std::to_string(items) + " items");
    want(content.log_price.empty() || content.log_price.size() == model.intercept.size(),
         "content has " + std::to_string(content.log_price.size()) + " prices; give none, or one for each of the " +
             std::to_string(items) + " items");
    want(options.regularization > 0 && std::isfinite(options.regularization),
         "regularization is " + std::to_string(options.regularization) + "; give a positive number");
    want(options.relatives >= 1, "relatives is " + std::to_string(options.relatives) + "; give 1 or more");
    want(options.residuals >= 0, "residuals is " + std::to_string(options.residuals) + "; give 0 or more");
    want(options.similarity >= 0 && std::isfinite(options.similarity),
         "similarity is " + std::to_string(options.similarity) + "; give 0 or a positive number");
}

// Each is empty, or has one number for each of `baskets`, lines one for each stored cell.
void check_lengths(const CsrView& baskets, std::size_t times, std::size_t ages, std::size_t lines) {
    const auto want = [](const char* name, std::size_t came, std::int64_t wanted, const char* each) {
        if (came != 0 && came != idx(wanted))
            throw InvalidArgument("add_cold_items: " + std::string(name) + " holds " + std::to_string(came) +
                                  " values; give none, or one for each of the " + std::to_string(wanted) + each);
    };
    want("time", times, baskets.rows, " baskets");
    want("age_days", ages, baskets.rows, " baskets");
    want("lines", lines, baskets.nnz(), " stored cells");
}

// Slices of the newest baskets over all items, as far as new items play a part in them; empty where they do not.
std::vector<Slice> cold_slices(const ComplementOptions& options, const CsrView& baskets,
                               std::span<const std::int64_t> time, std::span<const float> age_days,
                               std::span<const std::int32_t> lines) {
    std::vector<std::int32_t> items(idx(baskets.cols));
    std::iota(items.begin(), items.end(), 0);
    const std::vector<std::int64_t> rows = rows_by_time(baskets.rows, time);
    const std::vector<float> ages = basket_ages(age_days, time);
    std::vector<Slice> slices;
    std::size_t queries = 0, cold = 0;
    std::int64_t left = baskets.rows;
    for (int n = 0; n < most_slices && queries < enough_queries; ++n) {
        Slice slice = validation_slice(baskets, std::span(rows).first(idx(left)), ages, lines, items, slice_queries,
                                       options.seed);
        const std::vector<std::int32_t> known = items_with_purchases(slice.counts, options);
        queries += slice.queries.size();
        cold += idx(std::ranges::count_if(slice.queries.targets,
                                          [&](std::int32_t item) { return !std::ranges::binary_search(known, item); }));
        if (static_cast<double>(cold) < least_cold_share * static_cast<double>(queries)) return {};
        slices.push_back(std::move(slice));
        left = rows_before_validation(left);
    }
    if (cold < fewest_cold_targets) slices.clear();
    return slices;
}

// The multiple of the slope that ranks what the newest baskets hold best, each slice by a model of what came before it.
double choose_multiple(const std::vector<Slice>& slices, const ComplementModel& model,
                       const ContentSimilarity& similarity, const ItemContent& content, const ColdStartOptions& options,
                       const std::stop_token& stop) {
    ComplementOptions fixed = model.options;
    fixed.tune = false;
    std::array<double, multiples.size()> merit{};
    for (const Slice& slice : slices) {
        const ComplementModel older =
            fit_complement(slice.train, {}, slice.age_days, fixed, {.on_step = {}, .stop = stop}, slice.lines);
        ColdPlacing cold(older, slice.train, {}, similarity, content, options, stop);
        if (!cold.needed()) continue;
        for (std::size_t n = 0; n < multiples.size(); ++n) {
            const ComplementModel placed = cold.place(options.similarity * multiples[n]);
            const std::vector<std::vector<float>> unscaled(1);
            const HitRates rates = hit_rates(slice.queries, complement_scores(slice.queries, placed), unscaled)[0];
            merit[n] += (rates.hr10 + rates.ndcg) * static_cast<double>(slice.queries.size());
        }
    }
    std::size_t best = 0;
    for (std::size_t n = 1; n < merit.size(); ++n)
        if (merit[n] > merit[best]) best = n;
    return multiples[best];
}

}  // namespace

ComplementModel add_cold_items(ComplementModel model, const CsrView& baskets, std::span<const std::int64_t> time,
                               const ItemContent& content, const ColdStartOptions& options, const Progress& progress,
                               std::span<const float> age_days, std::span<const std::int32_t> lines) {
    check_arguments(model, baskets, content, options);
    check_lengths(baskets, time.size(), age_days.size(), lines.size());
    if (!options.enabled) return model;
    const ContentSimilarity similarity(content);
    ColdPlacing cold(model, baskets, time, similarity, content, options, progress.stop);
    if (!cold.needed()) return model;
    double multiple = options.similarity;
    if (options.tune && multiple > 0)
        multiple *= choose_multiple(cold_slices(model.options, baskets, time, age_days, lines), model, similarity,
                                    content, options, progress.stop);
    return cold.place(multiple);
}

}  // namespace crosslift
