// Implicit-feedback matrix factorisation: cosine of item factors, fold-in of the basket, the customer's own factors.
#include "evaluation/baselines.hpp"

#include <crosslift/als.hpp>

#include <algorithm>
#include <cmath>

namespace crosslift::evaluation {
namespace {

constexpr std::int64_t max_rows = 40'000;  // newest baskets that stand in for rows where baskets are the rows

AlsOptions options_of(const Setting& setting, int threads) {
    AlsOptions options;
    options.objective = AlsObjective::rendle;
    options.factors = static_cast<int>(setting["factors"]);
    options.regularization = static_cast<float>(setting["regularization"]);
    options.unobserved_weight = static_cast<float>(setting["unobserved_weight"]);
    options.iterations = 8;
    options.threads = threads;
    return options;
}

/// The newest baskets x items.
CsrMatrix newest_baskets(const TrainingSet& set) {
    const CsrView all = set.baskets;
    CsrMatrix kept;
    kept.cols = all.cols;
    for (std::int64_t b = std::max<std::int64_t>(0, all.rows - max_rows); b < all.rows; ++b) {
        kept.indices.insert(kept.indices.end(), all.row(b).begin(), all.row(b).end());
        kept.indptr.push_back(static_cast<std::int64_t>(kept.indices.size()));
        ++kept.rows;
    }
    return kept;
}

/// Customers x items, cells 1.
CsrMatrix taste_rows(const TrainingSet& set) {
    CsrMatrix rows = customer_items(set.history);
    rows.values.clear();
    return rows;
}

AlsModel fit_rows(const CsrMatrix& rows, const TrainingSet& set, const Setting& setting) {
    return fit_als(rows, options_of(setting, set.threads), {{}, set.stop});
}

void score_rows(const Matrix& factors, const Matrix& items, std::span<double> scores) {
    const auto size = static_cast<std::size_t>(items.rows());
    for (std::int64_t q = 0; q < factors.rows(); ++q) {
        const auto row = factors.row(q);
        for (std::size_t j = 0; j < size; ++j) {
            const auto item = items.row(static_cast<std::int64_t>(j));
            float sum = 0;
            for (std::size_t f = 0; f < row.size(); ++f) sum += row[f] * item[f];
            scores[static_cast<std::size_t>(q) * size + j] = sum;
        }
    }
}

/// score_j = sum over i in the basket of cos(y_i, y_j).
class ItemCosine : public SingleScorer {
public:
    explicit ItemCosine(const AlsModel& model) : items_(model.item_factors.to_host()) {
        for (std::int64_t i = 0; i < items_.rows(); ++i) {
            auto row = items_.row(i);
            double square = 0;
            for (const float y : row) square += static_cast<double>(y) * static_cast<double>(y);
            if (square == 0) continue;
            for (float& y : row) y = static_cast<float>(static_cast<double>(y) / std::sqrt(square));
        }
    }

private:
    void score_one(const Query& query, std::span<double> scores) const override {
        Matrix sum(1, items_.cols());
        std::ranges::fill(sum.row(0), 0.0F);
        for (const std::int32_t i : query.items) {
            const auto row = items_.row(i);
            for (std::size_t f = 0; f < row.size(); ++f) sum.row(0)[f] += row[f];
        }
        score_rows(sum, items_, scores);
    }

    Matrix items_;
};

/// score_j = x . y_j, with x the customer's factors, or those of a customer who bought the basket and nothing else.
class FactorScorer : public Scorer {
public:
    FactorScorer(AlsModel model, bool by_customer)
        : model_(std::move(model)),
          items_(model_.item_factors.to_host()),
          customers_(model_.customer_factors.to_host()),
          by_customer_(by_customer) {
        // One thread per call: the judge deals the calls to threads.
        model_.options.threads = 1;
    }

    void score(std::span<const Query> queries, std::span<double> scores) const override {
        CsrMatrix rows;
        rows.cols = items_.rows();
        for (const Query& query : queries) {
            const std::size_t begin = rows.indices.size();
            rows.indices.insert(rows.indices.end(), query.items.begin(), query.items.end());
            std::sort(rows.indices.begin() + static_cast<std::ptrdiff_t>(begin), rows.indices.end());
            rows.indptr.push_back(static_cast<std::int64_t>(rows.indices.size()));
            ++rows.rows;
        }
        Matrix factors = fold_in(model_, rows).to_host();
        for (std::size_t q = 0; by_customer_ && q < queries.size(); ++q) {
            if (queries[q].customer == IdMap::unknown) continue;
            std::ranges::copy(customers_.row(queries[q].customer), factors.row(static_cast<std::int64_t>(q)).begin());
        }
        score_rows(factors, items_, scores);
    }

private:
    AlsModel model_;
    Matrix items_;
    Matrix customers_;
    bool by_customer_;
};

std::unique_ptr<Scorer> item_cosine(const TrainingSet& set, const Setting& setting) {
    const CsrMatrix rows = taste_rows(set);
    return std::make_unique<ItemCosine>(fit_rows(rows.indices.empty() ? newest_baskets(set) : rows, set, setting));
}

std::unique_ptr<Scorer> basket_fold_in(const TrainingSet& set, const Setting& setting) {
    return std::make_unique<FactorScorer>(fit_rows(newest_baskets(set), set, setting), false);
}

std::unique_ptr<Scorer> customer_factors(const TrainingSet& set, const Setting& setting) {
    return std::make_unique<FactorScorer>(fit_rows(taste_rows(set), set, setting), true);
}

}  // namespace

std::vector<Baseline> als_baselines() {
    const auto grid = all_settings({{"factors", {64, 128}},
                                    {"regularization", {0.003, 0.0003, 0.001, 0.01, 0.03}},
                                    {"unobserved_weight", {0.1, 0.01, 0.03, 0.3, 1}}});
    return {{"ALS cosine", grid, item_cosine},
            {"ALS fold-in", grid, basket_fold_in},
            {"ALS customer", grid, customer_factors, true}};
}

}  // namespace crosslift::evaluation
