#include "evaluation/basket_queries.hpp"

#include "evaluation/draws.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace crosslift::evaluation {
namespace {

/// Keeps the later baskets that can be queried and names their customers and clusters.
BasketQueries keep_baskets(const Transactions& train, const Transactions& later) {
    const PurchaseHistory history = make_history(later, train.items(), later.customers());
    const CsrView all = history.baskets;
    BasketQueries kept;
    kept.baskets.cols = all.cols;
    std::unordered_map<std::int32_t, std::int64_t> cluster_of;
    for (std::int64_t b = 0; b < all.rows; ++b) {
        const auto items = all.row(b);
        if (items.size() < 2) continue;
        kept.baskets.indices.insert(kept.baskets.indices.end(), items.begin(), items.end());
        kept.baskets.indptr.push_back(static_cast<std::int64_t>(kept.baskets.indices.size()));
        ++kept.baskets.rows;

        const std::int32_t customer = history.customer[static_cast<std::size_t>(b)];
        if (customer == IdMap::unknown) {
            kept.customer.emplace_back();
            kept.cluster.push_back(kept.clusters++);
            continue;
        }
        const std::string id(later.customers()[customer]);
        kept.customer.push_back(train.customers().find(id) == IdMap::unknown ? std::string() : id);
        const auto [place, is_new] = cluster_of.try_emplace(customer, kept.clusters);
        kept.clusters += is_new ? 1 : 0;
        kept.cluster.push_back(place->second);
    }
    kept.small_baskets = later.baskets().size() - kept.baskets.rows;
    return kept;
}

/// Numbers the clusters that have a query: the bootstrap must not draw empty ones.
void drop_empty_clusters(BasketQueries& queries) {
    std::vector<std::int64_t> number(static_cast<std::size_t>(queries.clusters), -1);
    queries.clusters = 0;
    for (const BasketQuery& query : queries.queries) {
        auto& own = number[static_cast<std::size_t>(queries.cluster[static_cast<std::size_t>(query.basket)])];
        if (own < 0) own = queries.clusters++;
    }
    for (auto& cluster : queries.cluster) cluster = number[static_cast<std::size_t>(cluster)];
}

}  // namespace

void BasketQueries::items_of(const BasketQuery& query, std::vector<std::int32_t>& items) const {
    const auto all = baskets.view().row(query.basket);
    items.assign(all.begin(), all.end());
    std::erase(items, query.target);
}

BasketQueries make_basket_queries(const Transactions& train, const Transactions& later,
                                  const EvaluationOptions& options) {
    BasketQueries result = keep_baskets(train, later);
    const CsrView baskets = result.baskets;
    std::vector<BasketQuery>& queries = result.queries;
    std::vector<std::int32_t> targets;
    for (std::int64_t b = 0; b < baskets.rows; ++b) {
        targets.assign(baskets.row(b).begin(), baskets.row(b).end());
        auto wanted = static_cast<std::int64_t>(targets.size());
        if (options.max_targets_per_basket > 0 && wanted > options.max_targets_per_basket) {
            wanted = options.max_targets_per_basket;
            Draws(options.seed, static_cast<std::uint64_t>(b)).sample_to_front(std::span(targets), wanted);
        }
        for (std::int64_t n = 0; n < wanted; ++n) {
            queries.push_back({static_cast<std::int32_t>(b), targets[static_cast<std::size_t>(n)]});
        }
    }
    result.possible = static_cast<std::int64_t>(queries.size());
    if (options.max_queries > 0 && result.possible > options.max_queries) {
        Draws(options.seed + 1).sample_to_front(std::span(queries), options.max_queries);
        queries.resize(static_cast<std::size_t>(options.max_queries));
    }
    std::sort(queries.begin(), queries.end(), [](const BasketQuery& a, const BasketQuery& b) {
        return std::tie(a.basket, a.target) < std::tie(b.basket, b.target);
    });
    drop_empty_clusters(result);
    return result;
}

std::vector<std::size_t> basket_starts(const BasketQueries& queries) {
    std::vector<std::size_t> starts;
    for (std::size_t q = 0; q < queries.queries.size(); ++q) {
        if (q == 0 || queries.queries[q].basket != queries.queries[q - 1].basket) starts.push_back(q);
    }
    starts.push_back(queries.queries.size());
    return starts;
}

}  // namespace crosslift::evaluation
