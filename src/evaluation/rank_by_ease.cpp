#include "evaluation/rank_recorder.hpp"
#include "evaluation/workers.hpp"

#include <crosslift/ease.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <numeric>
#include <sstream>

namespace crosslift::evaluation {
namespace {

/// The training baskets over the items that take part; `row_of[item]` is the item's row there, or -1.
struct ModelledBaskets {
    CsrMatrix baskets;
    std::vector<std::int32_t> row_of;
    std::int64_t sold = 0;  ///< items in baskets with two items or more
};

/// An item outside such baskets has a zero row and column, so leaving it out changes nothing.
ModelledBaskets best_sellers(const CsrView& train, std::int64_t max_items) {
    std::vector<std::int64_t> count(static_cast<std::size_t>(train.cols));
    for (std::int64_t b = 0; b < train.rows; ++b) {
        if (train.row(b).size() < 2) continue;
        for (const std::int32_t item : train.row(b)) ++count[static_cast<std::size_t>(item)];
    }
    std::vector<std::int32_t> items(count.size());
    std::iota(items.begin(), items.end(), 0);
    std::erase_if(items, [&](std::int32_t item) { return count[static_cast<std::size_t>(item)] == 0; });
    ModelledBaskets result;
    result.sold = static_cast<std::int64_t>(items.size());
    std::stable_sort(items.begin(), items.end(), [&](std::int32_t a, std::int32_t b) {
        return count[static_cast<std::size_t>(a)] > count[static_cast<std::size_t>(b)];
    });
    if (result.sold > max_items) items.resize(static_cast<std::size_t>(max_items));
    std::sort(items.begin(), items.end());
    result.row_of.assign(count.size(), -1);
    for (std::size_t n = 0; n < items.size(); ++n) {
        result.row_of[static_cast<std::size_t>(items[n])] = static_cast<std::int32_t>(n);
    }

    result.baskets.cols = static_cast<std::int64_t>(items.size());
    for (std::int64_t b = 0; b < train.rows; ++b) {
        if (train.row(b).size() < 2) continue;
        for (const std::int32_t item : train.row(b)) {
            const std::int32_t row = result.row_of[static_cast<std::size_t>(item)];
            if (row >= 0) result.baskets.indices.push_back(row);
        }
        result.baskets.indptr.push_back(static_cast<std::int64_t>(result.baskets.indices.size()));
        ++result.baskets.rows;
    }
    return result;
}

struct Scratch {
    std::vector<double> sum;     ///< of the whole basket, over modelled items
    std::vector<double> scores;  ///< of one query, over all items
    std::vector<std::int32_t> items;
};

/// Each query's score is its basket's sum less the left-out row. The sums are float64, so that what the subtraction
/// leaves behind lies far below float32 scores and cannot change their order.
BasketRanks rank_with(const BasketTask& task, const ModelledBaskets& modelled, const EaseModel& model) {
    BasketRanks ranks = make_ranks("EASE", task);
    const Matrix weights = model.weights;
    const auto starts = basket_starts(task.queries);
    const CsrView baskets = task.queries.baskets;
    std::vector<Scratch> scratch(static_cast<std::size_t>(worker_count(task.threads)));
    for_each_task(
        task.threads, static_cast<std::int64_t>(starts.size()) - 1, task.stop, [&](std::int64_t n, int worker) {
            auto& own = scratch[static_cast<std::size_t>(worker)];
            const std::size_t first = starts[static_cast<std::size_t>(n)];
            own.sum.assign(static_cast<std::size_t>(modelled.baskets.cols), 0.0);
            for (const std::int32_t item : baskets.row(task.queries.queries[first].basket)) {
                const std::int32_t row = modelled.row_of[static_cast<std::size_t>(item)];
                if (row < 0) continue;
                const auto from = weights.row(row);
                for (std::size_t j = 0; j < from.size(); ++j) own.sum[j] += from[j];
            }
            for (std::size_t q = first; q < starts[static_cast<std::size_t>(n) + 1]; ++q) {
                task.queries.items_of(task.queries.queries[q], own.items);
                const std::int32_t left_out = modelled.row_of[static_cast<std::size_t>(task.queries.queries[q].target)];
                const auto row = left_out < 0 ? std::span<const float>() : weights.row(left_out);
                own.scores.resize(modelled.row_of.size());
                for (std::size_t j = 0; j < modelled.row_of.size(); ++j) {
                    const std::int32_t at = modelled.row_of[j];
                    const auto m = static_cast<std::size_t>(at);
                    own.scores[j] = at < 0 ? 0.0 : own.sum[m] - (row.empty() ? 0.0 : static_cast<double>(row[m]));
                }
                record<double>(task, q, own.items, own.scores, ranks);
            }
        });
    return ranks;
}

/// Hit rate and nDCG at 10, summed.
std::pair<double, double> merit(const BasketRanks& ranks) {
    double hits = 0;
    double gain = 0;
    for (const std::int32_t rank : ranks.rank) {
        hits += hit(rank, 10);
        gain += ndcg(rank, 10);
    }
    return {hits, gain};
}

}  // namespace

BasketRanks rank_by_ease(const BasketTask& task, const CsrView& train_baskets, std::span<const double> grid,
                         std::int64_t max_items, Steps& steps, std::vector<std::string>& notes) {
    const ModelledBaskets modelled = best_sellers(train_baskets, max_items);
    std::vector<double> lambdas(grid.begin(), grid.end());
    std::sort(lambdas.begin(), lambdas.end());
    const double queries = std::max(1.0, static_cast<double>(task.queries.queries.size()));

    BasketRanks best;
    std::pair<double, double> best_merit{-1, -1};
    double best_lambda = 0;
    std::ostringstream tried;
    for (const double lambda : lambdas) {
        EaseOptions options;
        options.regularization = lambda;
        options.threads = task.threads;
        BasketRanks ranks = rank_with(task, modelled, fit_ease(modelled.baskets, {}, options, {{}, task.stop}));
        steps.done();
        const auto now = merit(ranks);
        tried << (tried.str().empty() ? "" : ", ") << lambda << ": " << now.first / queries;
        if (now > best_merit) {
            best_merit = now;
            best_lambda = lambda;
            best = std::move(ranks);
        }
    }
    std::ostringstream note;
    note << "EASE: lambda " << best_lambda
         << " is the best of the grid on these queries (HR@10 by lambda: " << tried.str() << ").";
    if (lambdas.size() > 1 && (best_lambda == lambdas.front() || best_lambda == lambdas.back())) {
        note << " It stands at the end of the grid: widen the grid before quoting the ratio.";
    }
    notes.push_back(note.str());
    if (modelled.sold > max_items) {
        notes.push_back("EASE: taken over the " + std::to_string(max_items) + " best sellers of " +
                        std::to_string(modelled.sold) + " items; it scores the others 0.");
    }
    return best;
}

}  // namespace crosslift::evaluation
