#include "evaluation/co_counts.hpp"
#include "evaluation/rank_recorder.hpp"
#include "evaluation/workers.hpp"

namespace crosslift::evaluation {
namespace {

struct Scratch {
    std::vector<std::int32_t> items;
    CoCountScores scores;
    std::vector<double> popularity;
};

}  // namespace

std::vector<BasketRanks> rank_by_counts(const BasketTask& task, const CsrView& train_baskets) {
    const CoCounts counts = count_pairs(train_baskets, task.threads, task.stop);
    BasketRanks popularity = make_ranks("popularity", task);
    BasketRanks co_count = make_ranks("co-count", task);
    BasketRanks lift = make_ranks("lift", task);
    BasketRanks cosine = make_ranks("cosine kNN", task);

    const auto starts = basket_starts(task.queries);
    std::vector<Scratch> scratch(static_cast<std::size_t>(worker_count(task.threads)));
    for_each_task(task.threads, static_cast<std::int64_t>(starts.size()) - 1, task.stop,
                  [&](std::int64_t n, int worker) {
                      auto& own = scratch[static_cast<std::size_t>(worker)];
                      for (std::size_t q = starts[static_cast<std::size_t>(n)];
                           q < starts[static_cast<std::size_t>(n) + 1]; ++q) {
                          task.queries.items_of(task.queries.queries[q], own.items);
                          score_basket(counts, own.items, own.scores);
                          own.popularity = counts.count;
                          record<double>(task, q, own.items, own.popularity, popularity);
                          record<double>(task, q, own.items, own.scores.co_count, co_count);
                          record<double>(task, q, own.items, own.scores.lift, lift);
                          record<double>(task, q, own.items, own.scores.cosine, cosine);
                      }
                  });
    std::vector<BasketRanks> all;
    for (auto* ranks : {&popularity, &co_count, &lift, &cosine}) all.push_back(std::move(*ranks));
    return all;
}

}  // namespace crosslift::evaluation
