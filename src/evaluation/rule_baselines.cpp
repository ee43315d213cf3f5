// Association rules with one or two items before the arrow, as frequent-itemset mining finds them.
#include "evaluation/baselines.hpp"
#include "evaluation/co_counts.hpp"
#include "evaluation/workers.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace crosslift::evaluation {
namespace {

struct Rule {
    std::int32_t then = 0;
    double worth = 0;
};

/// Rules {a} -> j and {a, b} -> j whose items were bought together in at least `min_support` of the baskets. score_j is
/// the worth (confidence, or lift) of the best rule that the basket fires; popularity breaks ties, stays below any
/// rule.
class Rules : public SingleScorer {
public:
    Rules(const TrainingSet& set, const Setting& setting)
        : count_(set.count), total_(static_cast<double>(set.baskets.rows)), lift_(setting["lift"] > 0) {
        support_ = std::max(2.0, std::ceil(setting["min_support"] * total_));
        const std::vector<double> ones(static_cast<std::size_t>(set.baskets.rows), 1.0);
        const CoCounts counts = count_pairs(set.baskets, ones, set.threads, set.stop);
        add_single_rules(counts);
        add_pair_rules(counts, set);
        const double most = count_.empty() ? 1 : *std::max_element(count_.begin(), count_.end());
        for (const double count : count_) popular_.push_back(1e-9 * count / std::max(most, 1.0));
    }

private:
    double worth(double both, double before, std::int32_t then) const {
        return lift_ ? both / before * total_ / count_[static_cast<std::size_t>(then)] : both / before;
    }

    static std::int64_t key(std::int32_t a, std::int32_t b) { return (static_cast<std::int64_t>(a) << 32) | b; }

    void add_single_rules(const CoCounts& counts) {
        single_.resize(count_.size());
        for (std::int64_t i = 0; i < counts.pairs.rows; ++i) {
            const auto columns = counts.pairs.view().row(i);
            const auto values = counts.row_values(i);
            for (std::size_t n = 0; n < columns.size(); ++n) {
                if (values[n] < support_) continue;
                single_[static_cast<std::size_t>(i)].push_back(
                    {columns[n], worth(values[n], count_[static_cast<std::size_t>(i)], columns[n])});
            }
        }
    }

    /// Third items, counted over the baskets that hold both of a frequent pair.
    void add_pair_rules(const CoCounts& counts, const TrainingSet& set) {
        struct Pair {
            std::int32_t a, b;
            double both;
        };
        std::vector<Pair> frequent;
        for (std::int64_t i = 0; i < counts.pairs.rows; ++i) {
            const auto columns = counts.pairs.view().row(i);
            const auto values = counts.row_values(i);
            for (std::size_t n = 0; n < columns.size(); ++n) {
                if (columns[n] > i && values[n] >= support_) {
                    frequent.push_back({static_cast<std::int32_t>(i), columns[n], values[n]});
                }
            }
        }
        const CsrMatrix by_item = transpose(set.baskets);
        std::vector<std::vector<Rule>> rules(frequent.size());
        std::vector<std::vector<std::int32_t>> dense(static_cast<std::size_t>(worker_count(set.threads)));
        for_each_task(set.threads, static_cast<std::int64_t>(frequent.size()), set.stop,
                      [&](std::int64_t n, int worker) {
                          auto& seen = dense[static_cast<std::size_t>(worker)];
                          seen.resize(count_.size());
                          const Pair& pair = frequent[static_cast<std::size_t>(n)];
                          rules[static_cast<std::size_t>(n)] = rules_of(pair.a, pair.b, pair.both, by_item, set, seen);
                      });
        for (std::size_t n = 0; n < frequent.size(); ++n) {
            if (!rules[n].empty()) pair_.emplace(key(frequent[n].a, frequent[n].b), std::move(rules[n]));
        }
    }

    std::vector<Rule> rules_of(std::int32_t a, std::int32_t b, double both, const CsrView& by_item,
                               const TrainingSet& set, std::vector<std::int32_t>& seen) const {
        const CsrView baskets = set.baskets;
        const auto first = by_item.row(a);
        const auto second = by_item.row(b);
        std::vector<std::int32_t> touched;
        std::size_t m = 0;
        for (const std::int32_t basket : first) {
            while (m < second.size() && second[m] < basket) ++m;
            if (m == second.size()) break;
            if (second[m] != basket) continue;
            for (const std::int32_t item : baskets.row(basket)) {
                if (seen[static_cast<std::size_t>(item)]++ == 0) touched.push_back(item);
            }
        }
        std::sort(touched.begin(), touched.end());
        std::vector<Rule> rules;
        for (const std::int32_t item : touched) {
            const double all = seen[static_cast<std::size_t>(item)];
            seen[static_cast<std::size_t>(item)] = 0;
            if (item != a && item != b && all >= support_) rules.push_back({item, worth(all, both, item)});
        }
        return rules;
    }

    void score_one(const Query& query, std::span<double> scores) const override {
        std::ranges::copy(popular_, scores.begin());
        const auto fire = [&](const std::vector<Rule>& rules) {
            for (const Rule& rule : rules) {
                double& score = scores[static_cast<std::size_t>(rule.then)];
                score = std::max(score, rule.worth + popular_[static_cast<std::size_t>(rule.then)]);
            }
        };
        for (std::size_t n = 0; n < query.items.size(); ++n) {
            fire(single_[static_cast<std::size_t>(query.items[n])]);
            for (std::size_t m = n + 1; m < query.items.size() && !pair_.empty(); ++m) {
                const auto found =
                    pair_.find(key(std::min(query.items[n], query.items[m]), std::max(query.items[n], query.items[m])));
                if (found != pair_.end()) fire(found->second);
            }
        }
    }

    std::vector<double> count_;
    std::vector<double> popular_;
    double total_;
    double support_ = 2;
    bool lift_;
    std::vector<std::vector<Rule>> single_;
    std::unordered_map<std::int64_t, std::vector<Rule>> pair_;
};

}  // namespace

std::vector<Baseline> rule_baselines() {
    return {{"rules", all_settings({{"min_support", {0.002, 0.001, 0.005, 0.01}}, {"lift", {0, 1}}}),
             [](const TrainingSet& set, const Setting& setting) -> std::unique_ptr<Scorer> {
                 return std::make_unique<Rules>(set, setting);
             }}};
}

}  // namespace crosslift::evaluation
