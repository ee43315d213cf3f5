#include "evaluation/engine_scorer.hpp"

#include "evaluation/ranking_metrics.hpp"

#include <crosslift/error.hpp>

#include <cmath>
#include <mutex>

namespace crosslift::evaluation {
namespace {

/// Queries by the caller's ids.
struct NamedQueries {
    std::vector<std::vector<std::string>> baskets;
    std::vector<std::string> customers;

    NamedQueries(std::span<const Query> queries, const IdMap& items, const IdMap& known) {
        for (const Query& query : queries) {
            auto& ids = baskets.emplace_back();
            for (const std::int32_t item : query.items) ids.emplace_back(items[item]);
            customers.emplace_back(query.customer == IdMap::unknown ? std::string_view() : known[query.customer]);
        }
    }
};

class EngineScorer : public Scorer {
public:
    EngineScorer(const OfferEngine& engine, const IdMap& items, const IdMap& customers, bool personal,
                 HistoryUse history)
        : engine_(engine), items_(items), customers_(customers), personal_(personal), history_(history) {
        for (std::int32_t i = 0; i < items.size(); ++i)
            column_.push_back(engine.models().catalog.items().find(items[i]));
    }

    void score(std::span<const Query> queries, std::span<double> scores) const override {
        NamedQueries named(queries, items_, customers_);
        if (!personal_) named.customers.clear();
        const Matrix all = engine_.score_baskets(named.baskets, named.customers, {}, history_).to_host();
        for (std::size_t q = 0; q < queries.size(); ++q) {
            const auto row = all.row(static_cast<std::int64_t>(q));
            for (std::size_t j = 0; j < column_.size(); ++j) {
                const bool known = column_[j] >= 0 && column_[j] < static_cast<std::int32_t>(row.size());
                scores[q * column_.size() + j] =
                    known ? static_cast<double>(row[static_cast<std::size_t>(column_[j])]) : not_ranked<double>;
            }
        }
    }

private:
    OfferEngine engine_;
    const IdMap& items_;
    const IdMap& customers_;
    bool personal_;
    HistoryUse history_;
    std::vector<std::int32_t> column_;
};

class FunctionScorer : public Scorer {
public:
    FunctionScorer(const BasketMethod& method, const IdMap& items, const IdMap& customers)
        : method_(method), items_(items), customers_(customers) {}

    void score(std::span<const Query> queries, std::span<double> scores) const override {
        const NamedQueries named(queries, items_, customers_);
        const std::lock_guard one_at_a_time(lock_);
        const Matrix all = method_.score(named.baskets, named.customers);
        const auto wanted = static_cast<std::int64_t>(queries.size());
        if (all.rows() != wanted || all.cols() != items_.size()) {
            throw InvalidArgument("method '" + method_.name + "' returned scores of shape " +
                                  std::to_string(all.rows()) + " x " + std::to_string(all.cols()) + "; " +
                                  std::to_string(wanted) + " baskets x " + std::to_string(items_.size()) +
                                  " items of training are wanted");
        }
        for (std::int64_t q = 0; q < wanted; ++q) {
            const auto row = all.row(q);
            for (std::size_t j = 0; j < row.size(); ++j) {
                if (std::isnan(row[j])) {
                    throw InvalidArgument("method '" + method_.name + "' returned NaN for item '" +
                                          std::string(items_[static_cast<std::int32_t>(j)]) +
                                          "'; give a number, or -infinity for an item that is not to be ranked");
                }
                scores[static_cast<std::size_t>(q) * row.size() + j] = static_cast<double>(row[j]);
            }
        }
    }

private:
    BasketMethod method_;
    const IdMap& items_;
    const IdMap& customers_;
    mutable std::mutex lock_;
};

}  // namespace

std::unique_ptr<Scorer> engine_scorer(const OfferEngine& engine, const IdMap& items, const IdMap& customers,
                                      bool personal, HistoryUse history) {
    return std::make_unique<EngineScorer>(engine, items, customers, personal, history);
}

std::unique_ptr<Scorer> function_scorer(const BasketMethod& method, const IdMap& items, const IdMap& customers) {
    return std::make_unique<FunctionScorer>(method, items, customers);
}

}  // namespace crosslift::evaluation
