#include "evaluation/basket_ranks.hpp"

#include "evaluation/rank_recorder.hpp"
#include "evaluation/workers.hpp"

#include <algorithm>
#include <limits>

namespace crosslift::evaluation {
namespace {

constexpr std::int64_t chunk = 64;  // queries per call: 64 x 10,000 scores are 5 MB

}  // namespace

BasketTask make_basket_task(const BasketQueries& queries, const std::vector<std::int32_t>& leaf, std::int32_t leaves,
                            int threads, const std::stop_token& stop) {
    BasketTask task{queries, leaf, leaves, {}, threads, stop};
    task.crosses.assign(queries.queries.size(), 1);
    if (leaf.empty()) return task;
    std::vector<std::int32_t> basket;
    for (std::size_t q = 0; q < queries.queries.size(); ++q) {
        queries.items_of(queries.queries[q], basket);
        const std::int32_t own = leaf[static_cast<std::size_t>(queries.queries[q].target)];
        const bool shared = own != IdMap::unknown && std::any_of(basket.begin(), basket.end(), [&](std::int32_t item) {
                                return leaf[static_cast<std::size_t>(item)] == own;
                            });
        task.crosses[q] = shared ? 0 : 1;
    }
    return task;
}

BasketRanks rank_by(std::string method, const BasketTask& task, const Scorer& scorer) {
    BasketRanks ranks = make_ranks(std::move(method), task);
    const auto count = static_cast<std::int64_t>(ranks.rank.size());
    const auto items = static_cast<std::size_t>(task.queries.baskets.cols);
    for_each_task(task.threads, (count + chunk - 1) / chunk, task.stop, [&](std::int64_t n, int) {
        const auto first = static_cast<std::size_t>(n * chunk);
        const auto size = static_cast<std::size_t>(std::min(chunk, count - n * chunk));
        std::vector<std::vector<std::int32_t>> baskets(size);
        std::vector<Query> queries(size);
        for (std::size_t q = 0; q < size; ++q) {
            const BasketQuery& query = task.queries.queries[first + q];
            task.queries.items_of(query, baskets[q]);
            queries[q] = {baskets[q], task.queries.customer[static_cast<std::size_t>(query.basket)]};
        }
        std::vector<double> scores(size * items);
        scorer.score(queries, scores);
        for (std::size_t q = 0; q < size; ++q) {
            record<double>(task, first + q, baskets[q], std::span(scores).subspan(q * items, items), ranks);
        }
    });
    return ranks;
}

std::pair<double, double> merit(const BasketRanks& ranks) {
    double hits = 0;
    double gain = 0;
    for (const std::int32_t rank : ranks.rank) {
        hits += hit(rank, 10);
        gain += ndcg(rank, std::numeric_limits<int>::max());
    }
    const auto queries = static_cast<double>(std::max<std::size_t>(ranks.rank.size(), 1));
    return {hits / queries, gain / queries};
}

}  // namespace crosslift::evaluation
