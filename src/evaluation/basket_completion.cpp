// The judge of cross-selling: does the list hold the item that was taken out of a later basket?
#include "evaluation/basket_ranks.hpp"
#include "evaluation/bootstrap.hpp"
#include "evaluation/options.hpp"
#include "evaluation/ranking_metrics.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace crosslift {
namespace evaluation {
namespace {

constexpr std::int64_t max_ease_items = 8000;  // as many as the engine models
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Facts about each query that the metrics divide by; the same for every method.
struct QueryFacts {
    std::vector<double> price;           ///< of the target, 0 where unknown
    std::vector<std::uint8_t> known;     ///< the customer is known from training
    std::vector<std::uint8_t> repeated;  ///< that customer bought the target in training
};

/// Leaf of each item of training, by the engine's catalog; empty where the catalog has no categories.
std::vector<std::int32_t> leaves_of(const Catalog& catalog, const IdMap& items) {
    if (catalog.leaves().size() == 0) return {};
    std::vector<std::int32_t> leaf(static_cast<std::size_t>(items.size()), IdMap::unknown);
    for (std::int32_t i = 0; i < items.size(); ++i) {
        const std::int32_t row = catalog.items().find(items[i]);
        if (row != IdMap::unknown) leaf[static_cast<std::size_t>(i)] = catalog.leaf(row);
    }
    return leaf;
}

BasketTask make_task(const BasketQueries& queries, const Catalog& catalog, const IdMap& items, int threads,
                     const std::stop_token& stop) {
    BasketTask task{queries, leaves_of(catalog, items), catalog.leaves().size(), {}, threads, stop};
    task.crosses.assign(queries.queries.size(), 1);
    if (task.leaf.empty()) return task;
    std::vector<std::int32_t> basket;
    for (std::size_t q = 0; q < queries.queries.size(); ++q) {
        queries.items_of(queries.queries[q], basket);
        const std::int32_t leaf = task.leaf[static_cast<std::size_t>(queries.queries[q].target)];
        const bool shared = leaf != IdMap::unknown && std::any_of(basket.begin(), basket.end(), [&](std::int32_t item) {
                                return task.leaf[static_cast<std::size_t>(item)] == leaf;
                            });
        task.crosses[q] = shared ? 0 : 1;
    }
    return task;
}

QueryFacts make_facts(const BasketQueries& queries, const PurchaseHistory& history, const Transactions& train,
                      const Catalog& catalog) {
    const CsrMatrix bought = customer_items(history);
    QueryFacts facts;
    for (const BasketQuery& query : queries.queries) {
        const std::int32_t row = catalog.items().find(train.items()[query.target]);
        const bool priced = row != IdMap::unknown && !catalog.price().empty();
        const float price = priced ? catalog.price()[static_cast<std::size_t>(row)] : 0.0F;
        facts.price.push_back(std::isfinite(price) ? price : 0.0);
        const std::string& customer = queries.customer[static_cast<std::size_t>(query.basket)];
        const std::int32_t who = customer.empty() ? IdMap::unknown : train.customers().find(customer);
        facts.known.push_back(who != IdMap::unknown ? 1 : 0);
        const auto items = who == IdMap::unknown ? std::span<const std::int32_t>() : bought.view().row(who);
        facts.repeated.push_back(std::binary_search(items.begin(), items.end(), query.target) ? 1 : 0);
    }
    return facts;
}

/// Share of the ten first that lie in a leaf of the query.
double same_leaf_share(const BasketTask& task, const std::array<std::int32_t, list_length>& best,
                       std::span<const std::int32_t> basket) {
    double offers = 0;
    double same = 0;
    for (const std::int32_t offer : best) {
        if (offer < 0) break;
        ++offers;
        const std::int32_t leaf = task.leaf[static_cast<std::size_t>(offer)];
        const bool shared = leaf != IdMap::unknown && std::any_of(basket.begin(), basket.end(), [&](std::int32_t item) {
                                return task.leaf[static_cast<std::size_t>(item)] == leaf;
                            });
        same += shared ? 1 : 0;
    }
    return offers == 0 ? 0 : same / offers;
}

/// Share of the items of training that stand in some list of ten.
double coverage(const BasketRanks& ranks, std::int32_t items) {
    std::vector<std::uint8_t> offered(static_cast<std::size_t>(items));
    for (const auto& best : ranks.best) {
        for (const std::int32_t item : best) {
            if (item >= 0) offered[static_cast<std::size_t>(item)] = 1;
        }
    }
    return static_cast<double>(std::count(offered.begin(), offered.end(), 1)) / std::max(1, items);
}

// Columns of sums: below the line first, then one block per method.
enum Below { queries_column, crossing_column, price_column, fresh_column, repeat_column, below_columns };
enum Above { hr1, hr10, hr20, ndcg10, mrr, cross10, other_leaf10, same10, priced10, fresh10, repeat10, above_columns };

void add_below(const QueryFacts& facts, const BasketTask& task, std::size_t q, std::int64_t cluster,
               ClusterSums& sums) {
    sums.at(cluster, queries_column) += 1;
    sums.at(cluster, crossing_column) += task.crosses[q];
    sums.at(cluster, price_column) += facts.price[q];
    sums.at(cluster, fresh_column) += facts.known[q] - facts.repeated[q];
    sums.at(cluster, repeat_column) += facts.repeated[q];
}

void add_above(const QueryFacts& facts, const BasketTask& task, const BasketRanks& ranks, std::size_t q,
               std::span<const std::int32_t> basket, std::int64_t cluster, int block, ClusterSums& sums) {
    const std::int32_t rank = ranks.rank[q];
    const double hit10 = hit(rank, 10);
    const auto add = [&](Above metric, double value) { sums.at(cluster, block + metric) += value; };
    add(hr1, hit(rank, 1));
    add(hr10, hit10);
    add(hr20, hit(rank, 20));
    add(ndcg10, ndcg(rank, 10));
    add(mrr, reciprocal_rank(rank));
    add(cross10, task.crosses[q] * hit10);
    add(other_leaf10, task.crosses[q] * hit(ranks.other_leaf_rank[q], 10));
    if (!task.leaf.empty()) add(same10, same_leaf_share(task, ranks.best[q], basket));
    add(priced10, facts.price[q] * hit10);
    add(fresh10, (facts.known[q] - facts.repeated[q]) * hit10);
    add(repeat10, facts.repeated[q] * hit10);
}

ClusterSums sum_up(const QueryFacts& facts, const BasketTask& task, std::span<const BasketRanks> methods) {
    const BasketQueries& queries = task.queries;
    ClusterSums sums(queries.clusters, below_columns + above_columns * static_cast<int>(methods.size()));
    std::vector<std::int32_t> basket;
    for (std::size_t q = 0; q < queries.queries.size(); ++q) {
        const BasketQuery& query = queries.queries[q];
        const std::int64_t cluster = queries.cluster[static_cast<std::size_t>(query.basket)];
        queries.items_of(query, basket);
        add_below(facts, task, q, cluster, sums);
        for (std::size_t m = 0; m < methods.size(); ++m) {
            add_above(facts, task, methods[m], q, basket, cluster, below_columns + above_columns * static_cast<int>(m),
                      sums);
        }
    }
    return sums;
}

struct NamedQuotient {
    const char* name;
    Above above;
    Below below;
};

/// The metrics that this data can tell: leaves, prices and customers may be missing.
std::vector<NamedQuotient> metrics_for(const QueryFacts& facts, const BasketTask& task) {
    std::vector<NamedQuotient> metrics = {{"hr@1", hr1, queries_column},
                                          {"hr@10", hr10, queries_column},
                                          {"hr@20", hr20, queries_column},
                                          {"ndcg@10", ndcg10, queries_column},
                                          {"mrr", mrr, queries_column}};
    if (!task.leaf.empty()) {
        metrics.push_back({"cross_leaf_hr@10", cross10, crossing_column});
        metrics.push_back({"other_leaves_hr@10", other_leaf10, crossing_column});
        metrics.push_back({"same_leaf@10", same10, queries_column});
    }
    const auto any = [](const auto& values) {
        return std::any_of(values.begin(), values.end(), [](auto value) { return value > 0; });
    };
    if (any(facts.price)) metrics.push_back({"price_weighted_hr@10", priced10, price_column});
    if (any(facts.known)) {
        metrics.push_back({"new_to_customer_hr@10", fresh10, fresh_column});
        metrics.push_back({"bought_before_hr@10", repeat10, repeat_column});
    }
    return metrics;
}

/// Index of the EASE line: what the others are measured against.
std::size_t yardstick(std::span<const BasketRanks> methods) {
    const auto found = std::find_if(methods.begin(), methods.end(), [](const auto& m) { return m.method == "EASE"; });
    return static_cast<std::size_t>(found - methods.begin());
}

std::vector<MethodResult> results(const QueryFacts& facts, const BasketTask& task, std::span<const BasketRanks> methods,
                                  std::int32_t items, const EvaluationOptions& options) {
    const ClusterSums sums = sum_up(facts, task, methods);
    const auto named = metrics_for(facts, task);
    const auto block = [](std::size_t m) { return below_columns + above_columns * static_cast<int>(m); };
    const std::size_t ease = yardstick(methods);
    std::vector<Quotient> quotients;
    for (std::size_t m = 0; m < methods.size(); ++m) {
        for (const auto& metric : named) quotients.push_back({block(m) + metric.above, metric.below});
        quotients.push_back({block(m) + hr10, queries_column, block(ease) + hr10, queries_column});
    }
    const auto estimates = estimate(sums, quotients, options.bootstrap, options.seed, options.threads, task.stop);

    std::vector<MethodResult> lines;
    std::size_t next = 0;
    for (const BasketRanks& ranks : methods) {
        MethodResult line{ranks.method, {}};
        for (const auto& metric : named) line.metrics.emplace_back(metric.name, estimates[next++]);
        line.metrics.emplace_back("coverage@10", Estimate{coverage(ranks, items), nan, nan});
        line.metrics.emplace_back("hr@10_to_ease", estimates[next++]);
        lines.push_back(std::move(line));
    }
    return lines;
}

void add_notes(const BasketQueries& queries, const BasketTask& task, std::int32_t items, EvaluationReport& report) {
    report.notes.push_back("Each query is a later basket less one item; all " + std::to_string(items) +
                           " items of training but the query's own are ranked.");
    if (queries.small_baskets > 0) {
        report.notes.push_back(std::to_string(queries.small_baskets) +
                               " later baskets are left out: fewer than two items known from training.");
    }
    if (queries.possible > report.queries) {
        report.notes.push_back("Queries are a random sample of " + std::to_string(queries.possible) + ".");
    }
    if (task.leaf.empty()) report.notes.emplace_back("No categories: nothing is said about leaves.");
}

}  // namespace
}  // namespace evaluation

EvaluationReport evaluate_basket_completion(const OfferEngine& engine, const Transactions& train,
                                            const Transactions& later, const EvaluationOptions& options,
                                            const Progress& progress) {
    using namespace evaluation;
    check(options);
    const Catalog& catalog = engine.models().catalog;
    const BasketQueries queries = make_basket_queries(train, later, options);
    EvaluationReport report;
    report.task = "basket_completion";
    report.queries = static_cast<std::int64_t>(queries.queries.size());
    if (queries.queries.empty()) {
        throw DataError(
            "no later basket has two items that are known from training, so there is nothing to complete "
            "(" +
            std::to_string(later.baskets().size()) +
            " later baskets came); check that both files "
            "use the same item ids");
    }
    const PurchaseHistory history = make_history(train, train.items(), train.customers());
    const BasketTask task = make_task(queries, catalog, train.items(), options.threads, progress.stop);
    const QueryFacts facts = make_facts(queries, history, train, catalog);

    const bool known = std::any_of(facts.known.begin(), facts.known.end(), [](auto k) { return k != 0; });

    Steps steps(progress, static_cast<int>(options.ease_grid.size()) + (known ? 4 : 3));
    std::vector<BasketRanks> methods = rank_by_counts(task, history.baskets);
    steps.done();
    methods.push_back(rank_by_ease(task, history.baskets, options.ease_grid, max_ease_items, steps, report.notes));
    methods.push_back(rank_by_engine(task, engine, train.items(), false));
    steps.done();
    if (known) {
        methods.push_back(rank_by_engine(task, engine, train.items(), true));
        steps.done();
    }
    report.clusters = queries.clusters;
    report.methods = results(facts, task, methods, train.items().size(), options);
    steps.done();
    add_notes(queries, task, train.items().size(), report);
    return report;
}

}  // namespace crosslift
