#include "evaluation/basket_queries.hpp"

#include "evaluation/draws.hpp"
#include "evaluation/training_set.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace crosslift::evaluation {
namespace {

/// Numbers the clusters that have a query, in the order of baskets: the bootstrap must not draw empty ones.
void number_clusters(BasketQueries& queries, const std::vector<std::int64_t>& owner) {
    std::unordered_map<std::int64_t, std::int64_t> cluster_of;
    queries.cluster.assign(owner.size(), -1);
    for (const BasketQuery& query : queries.queries) {
        auto& own = queries.cluster[static_cast<std::size_t>(query.basket)];
        if (own >= 0) continue;
        const std::int64_t who = owner[static_cast<std::size_t>(query.basket)];
        if (who < 0) {
            own = queries.clusters++;
            continue;
        }
        const auto [place, is_new] = cluster_of.try_emplace(who, queries.clusters);
        queries.clusters += is_new ? 1 : 0;
        own = place->second;
    }
}

}  // namespace

void BasketQueries::items_of(const BasketQuery& query, std::vector<std::int32_t>& items) const {
    const auto all = baskets.view().row(query.basket);
    if (ordered) {
        items.assign(all.begin(), std::find(all.begin(), all.end(), query.target));
        return;
    }
    items.assign(all.begin(), all.end());
    std::erase(items, query.target);
}

LaterBaskets later_baskets(const Transactions& train, const Transactions& later, bool ordered) {
    const PurchaseHistory history = make_history(later, train.items(), later.customers());
    const CsrMatrix receipts = ordered ? receipt_order(later, history, train.items()) : CsrMatrix();
    const CsrView all = ordered ? receipts.view() : history.baskets.view();
    LaterBaskets kept;
    kept.ordered = ordered;
    kept.baskets.cols = history.items();
    for (std::int64_t b = 0; b < all.rows; ++b) {
        const auto items = all.row(b);
        if (items.size() < 2) continue;
        kept.baskets.indices.insert(kept.baskets.indices.end(), items.begin(), items.end());
        kept.baskets.indptr.push_back(static_cast<std::int64_t>(kept.baskets.indices.size()));
        ++kept.baskets.rows;
        const std::int32_t customer = history.customer[static_cast<std::size_t>(b)];
        kept.owner.push_back(customer == IdMap::unknown ? -1 : customer);
        kept.customer.push_back(customer == IdMap::unknown ? IdMap::unknown
                                                           : train.customers().find(later.customers()[customer]));
    }
    kept.left_out = later.baskets().size() - kept.baskets.rows;
    return kept;
}

BasketQueries make_basket_queries(LaterBaskets later, const EvaluationOptions& options, std::int64_t max_queries) {
    BasketQueries result;
    result.baskets = std::move(later.baskets);
    result.customer = std::move(later.customer);
    result.small_baskets = later.left_out;
    result.ordered = later.ordered;
    const CsrView baskets = result.baskets;
    std::vector<BasketQuery>& queries = result.queries;
    std::vector<std::int32_t> targets;
    for (std::int64_t b = 0; b < baskets.rows; ++b) {
        // Of a receipt, the first item has nothing before it.
        targets.assign(baskets.row(b).begin() + (result.ordered ? 1 : 0), baskets.row(b).end());
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
    if (max_queries > 0 && result.possible > max_queries) {
        Draws(options.seed + 1).sample_to_front(std::span(queries), max_queries);
        queries.resize(static_cast<std::size_t>(max_queries));
    }
    std::sort(queries.begin(), queries.end(), [](const BasketQuery& a, const BasketQuery& b) {
        return std::tie(a.basket, a.target) < std::tie(b.basket, b.target);
    });
    number_clusters(result, later.owner);
    return result;
}

}  // namespace crosslift::evaluation
