#include "evaluation/basket_metrics.hpp"

#include "evaluation/ranking_metrics.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace crosslift::evaluation {
namespace {

/// Kinds of queries; `other_leaves` are the queries of `cross_leaf`, ranked without the query's leaves.
enum Segment { all, known_customer, new_to_customer, bought_before, in_leaf, cross_leaf, other_leaves, segments };
constexpr std::array<const char*, segments> segment_names = {
    "", "known_customer_", "new_to_customer_", "bought_before_", "in_leaf_", "cross_leaf_", "other_leaves_"};

enum Gain { hr1, hr5, hr10, hr20, ndcg10, ndcg20, mrr, gains };
constexpr std::array<const char*, gains> gain_names = {"hr@1", "hr@5", "hr@10", "hr@20", "ndcg@10", "ndcg@20", "mrr"};

// Columns below the line: one per segment, then prices. Above it, a block per method: gains by segment, then the rest.
constexpr int price_column = segments;
constexpr int below_columns = segments + 1;
enum Rest {
    priced10 = static_cast<int>(segments) * static_cast<int>(gains),
    substitutes10,
    popularity10,
    above_columns
};

std::array<double, gains> gains_of(std::int32_t rank) {
    return {hit(rank, 1),   hit(rank, 5),   hit(rank, 10),        hit(rank, 20),
            ndcg(rank, 10), ndcg(rank, 20), reciprocal_rank(rank)};
}

std::array<bool, segments> segments_of(const QueryFacts& facts, const BasketTask& task, std::size_t q) {
    const bool leaves = !task.leaf.empty();
    const bool known = facts.known[q] != 0;
    const bool again = facts.repeated[q] != 0;
    const bool crosses = task.crosses[q] != 0;
    return {true, known, known && !again, again, leaves && !crosses, leaves && crosses, leaves && crosses};
}

/// Share of the ten first that lie in a leaf of the query.
double substitute_share(const BasketTask& task, const std::array<std::int32_t, list_length>& best,
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

/// Mean share of the training baskets that hold the offers.
double mean_popularity(const std::array<std::int32_t, list_length>& best, const std::vector<double>& item_count,
                       double baskets) {
    double offers = 0;
    double sum = 0;
    for (const std::int32_t offer : best) {
        if (offer < 0) break;
        ++offers;
        sum += item_count[static_cast<std::size_t>(offer)] / std::max(baskets, 1.0);
    }
    return offers == 0 ? 0 : sum / offers;
}

bool any(const auto& values) {
    return std::any_of(values.begin(), values.end(), [](auto value) { return value > 0; });
}

}  // namespace

QueryFacts make_facts(const BasketQueries& queries, const TrainingSet& set, const Transactions& train,
                      const Catalog& catalog) {
    const CsrMatrix bought = customer_items(set.history);
    QueryFacts facts;
    for (const BasketQuery& query : queries.queries) {
        const std::int32_t row = catalog.items().find(train.items()[query.target]);
        const bool priced = row != IdMap::unknown && !catalog.price().empty();
        const float price = priced ? catalog.price()[static_cast<std::size_t>(row)] : 0.0F;
        facts.price.push_back(std::isfinite(price) ? static_cast<double>(price) : 0.0);
        const std::int32_t who = queries.customer[static_cast<std::size_t>(query.basket)];
        facts.known.push_back(who != IdMap::unknown ? 1 : 0);
        const auto items = who == IdMap::unknown ? std::span<const std::int32_t>() : bought.view().row(who);
        facts.repeated.push_back(std::binary_search(items.begin(), items.end(), query.target) ? 1 : 0);
    }
    return facts;
}

BasketScores::BasketScores(const QueryFacts& facts, const BasketTask& task, const std::vector<double>& item_count,
                           double baskets, std::span<const BasketRanks> methods)
    : sums_(task.queries.clusters, below_columns + above_columns * static_cast<int>(methods.size())) {
    name_metrics(facts, !task.leaf.empty());
    std::vector<std::int32_t> basket;
    for (std::size_t q = 0; q < task.queries.queries.size(); ++q) {
        const BasketQuery& query = task.queries.queries[q];
        const std::int64_t cluster = task.queries.cluster[static_cast<std::size_t>(query.basket)];
        const auto member = segments_of(facts, task, q);
        task.queries.items_of(query, basket);
        for (int s = 0; s < segments; ++s) sums_.at(cluster, s) += member[static_cast<std::size_t>(s)] ? 1 : 0;
        sums_.at(cluster, price_column) += facts.price[q];
        for (std::size_t m = 0; m < methods.size(); ++m) {
            const BasketRanks& ranks = methods[m];
            const auto plain = gains_of(ranks.rank[q]);
            const auto other = gains_of(ranks.other_leaf_rank[q]);
            for (int s = 0; s < segments; ++s) {
                if (!member[static_cast<std::size_t>(s)]) continue;
                for (int g = 0; g < gains; ++g) {
                    sums_.at(cluster, column(m, s * gains + g)) +=
                        (s == other_leaves ? other : plain)[static_cast<std::size_t>(g)];
                }
            }
            sums_.at(cluster, column(m, priced10)) += facts.price[q] * plain[hr10];
            sums_.at(cluster, column(m, popularity10)) += mean_popularity(ranks.best[q], item_count, baskets);
            if (task.leaf.empty()) continue;
            sums_.at(cluster, column(m, substitutes10)) += substitute_share(task, ranks.best[q], basket);
        }
    }
}

void BasketScores::name_metrics(const QueryFacts& facts, bool leaves) {
    const auto add = [&](const std::string& name, int above, int below) {
        names_.push_back(name);
        places_.push_back({above, below});
    };
    for (int s = 0; s < segments; ++s) {
        if (s >= in_leaf && !leaves) continue;
        if (s >= known_customer && s <= bought_before && !any(facts.known)) continue;
        for (int g = 0; g < gains; ++g) {
            add(std::string(segment_names[static_cast<std::size_t>(s)]) + gain_names[static_cast<std::size_t>(g)],
                s * gains + g, s);
        }
    }
    if (any(facts.price)) add("price_weighted_hr@10", priced10, price_column);
    if (leaves) add("substitute_rate@10", substitutes10, all);
    add("mean_popularity@10", popularity10, all);
}

BasketScores::Place BasketScores::place(const std::string& metric) const {
    const auto found = std::find(names_.begin(), names_.end(), metric);
    if (found != names_.end()) return places_[static_cast<std::size_t>(found - names_.begin())];
    std::string list;
    for (const auto& name : names_) list += (list.empty() ? "" : ", ") + name;
    throw InvalidArgument("there is no metric '" + metric + "' here; there are " + list);
}

int BasketScores::column(std::size_t method, int above) const {
    return below_columns + above_columns * static_cast<int>(method) + above;
}

Quotient BasketScores::quotient(const std::string& metric, std::size_t method, std::ptrdiff_t over) const {
    const Place at = place(metric);
    Quotient quotient{column(method, at.above), at.below};
    if (over >= 0) {
        quotient.over_numerator = column(static_cast<std::size_t>(over), at.above);
        quotient.over_denominator = at.below;
    }
    return quotient;
}

std::vector<double> BasketScores::differences(const std::string& metric, std::size_t method, std::size_t other) const {
    const int above = place(metric).above;
    std::vector<double> result;
    for (std::int64_t c = 0; c < sums_.clusters; ++c) {
        const auto row = sums_.row(c);
        result.push_back(row[static_cast<std::size_t>(column(method, above))] -
                         row[static_cast<std::size_t>(column(other, above))]);
    }
    return result;
}

double coverage(const BasketRanks& ranks, std::int64_t items) {
    std::vector<std::uint8_t> offered(static_cast<std::size_t>(items));
    for (const auto& best : ranks.best) {
        for (const std::int32_t item : best) {
            if (item >= 0) offered[static_cast<std::size_t>(item)] = 1;
        }
    }
    return static_cast<double>(std::count(offered.begin(), offered.end(), 1)) /
           static_cast<double>(std::max<std::int64_t>(1, items));
}

}  // namespace crosslift::evaluation
