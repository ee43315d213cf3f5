#include "evaluation/rank_recorder.hpp"
#include "evaluation/workers.hpp"

#include <algorithm>

namespace crosslift::evaluation {
namespace {

constexpr std::int64_t chunk = 128;  // queries per call: 128 x 10,000 scores are 5 MB

}  // namespace

BasketRanks rank_by_engine(const BasketTask& task, const OfferEngine& engine, const IdMap& items, bool personal) {
    BasketRanks ranks = make_ranks(personal ? "crosslift, personal" : "crosslift", task);
    std::vector<std::int32_t> column(static_cast<std::size_t>(items.size()));
    for (std::int32_t i = 0; i < items.size(); ++i) {
        column[static_cast<std::size_t>(i)] = engine.models().catalog.items().find(items[i]);
    }
    const auto queries = static_cast<std::int64_t>(ranks.rank.size());
    for_each_task(task.threads, (queries + chunk - 1) / chunk, task.stop, [&](std::int64_t n, int) {
        const std::int64_t end = std::min(queries, (n + 1) * chunk);
        std::vector<std::vector<std::string>> baskets;
        std::vector<std::string> customers;
        std::vector<std::int32_t> query_items;
        for (std::int64_t q = n * chunk; q < end; ++q) {
            const BasketQuery& query = task.queries.queries[static_cast<std::size_t>(q)];
            task.queries.items_of(query, query_items);
            auto& ids = baskets.emplace_back();
            for (const std::int32_t item : query_items) ids.emplace_back(items[item]);
            if (personal) customers.push_back(task.queries.customer[static_cast<std::size_t>(query.basket)]);
        }
        const Matrix all = engine.score_baskets(baskets, customers).to_host();
        std::vector<float> scores(column.size());
        for (std::int64_t q = n * chunk; q < end; ++q) {
            const auto row = all.row(q - n * chunk);
            for (std::size_t j = 0; j < column.size(); ++j) {
                const bool known = column[j] >= 0 && column[j] < static_cast<std::int32_t>(row.size());
                scores[j] = known ? row[static_cast<std::size_t>(column[j])] : not_ranked<float>;
            }
            task.queries.items_of(task.queries.queries[static_cast<std::size_t>(q)], query_items);
            record<float>(task, static_cast<std::size_t>(q), query_items, scores, ranks);
        }
    });
    return ranks;
}

}  // namespace crosslift::evaluation
