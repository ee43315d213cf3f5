// Items without purchases, from what they are like: ridge regression of the closed form's rows and columns on content.
#include "algorithms/basket_slices.hpp"
#include "algorithms/content_ridge.hpp"
#include "algorithms/sparse_cells.hpp"

#include <crosslift/cold_start.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace crosslift {
namespace {

using namespace algorithms;

constexpr std::int64_t weight_baskets = 1000;  // the slope of co-purchase on similarity is taken from so many
constexpr double prior_sales = 3;

void check_arguments(const ComplementModel& model, const CsrView& baskets, std::size_t times,
                     const ItemContent& content, const ColdStartOptions& options) {
    check(baskets);
    check(content.features);
    const auto want = [](bool holds, const std::string& message) {
        if (!holds) throw InvalidArgument("add_cold_items: " + message);
    };
    const auto items = static_cast<std::int64_t>(model.intercept.size());
    want(baskets.cols == items, "the baskets hold " + std::to_string(baskets.cols) + " items and the model " +
                                    std::to_string(items) + "; give the baskets that it was fitted on");
    want(times == 0 || times == idx(baskets.rows), "time holds " + std::to_string(times) +
                                                       " values; give none, or one for each of the " +
                                                       std::to_string(baskets.rows) + " baskets");
    want(content.features.rows == items, "content has " + std::to_string(content.features.rows) +
                                             " rows; give one for each of the " + std::to_string(items) + " items");
    want(content.log_price.empty() || content.log_price.size() == model.intercept.size(),
         "content has " + std::to_string(content.log_price.size()) + " prices; give none, or one for each of the " +
             std::to_string(items) + " items");
    want(options.regularization > 0 && std::isfinite(options.regularization),
         "regularization is " + std::to_string(options.regularization) + "; give a positive number");
    want(options.relatives >= 1, "relatives is " + std::to_string(options.relatives) + "; give 1 or more");
    want(options.residuals >= 0, "residuals is " + std::to_string(options.residuals) + "; give 0 or more");
}

// What baskets say about the items in general.
struct Sales {
    std::vector<std::int64_t> counts;
    std::vector<std::int64_t> since_first;  // baskets of two items or more from an item's first sale on; 0: never sold
    std::int64_t baskets = 0;               // of two items or more

    Sales(const CsrView& all, std::span<const std::int64_t> time)
        : counts(basket_counts(all)), since_first(counts.size(), 0) {
        const std::vector<std::int64_t> rows = rows_by_time(all.rows, time);
        for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
            const auto items = all.row(*row);
            if (items.size() < 2) continue;
            ++baskets;
            for (const std::int32_t item : items) since_first[idx(item)] = baskets;
        }
    }
};

// Least squares of "j is in the basket" on t_j = sum of s_ij^2 over its items, about its popularity.
double similarity_weight(const ContentSimilarity& similarity, const CsrView& baskets, const Sales& sales) {
    std::vector<float> row(idx(similarity.items()));
    std::vector<double> sums(row.size());
    const std::int64_t step = std::max<std::int64_t>(baskets.rows / weight_baskets, 1);
    double together = 0, squares = 0;
    for (std::int64_t basket = 0; basket < baskets.rows; basket += step) {
        const auto items = baskets.row(basket);
        if (items.size() < 2) continue;
        std::ranges::fill(sums, 0.0);
        for (const std::int32_t item : items) {
            similarity.row(item, row);
            for (std::size_t j = 0; j < row.size(); ++j) sums[j] += static_cast<double>(row[j] * row[j]);
        }
        for (const std::int32_t item : items) together += sums[idx(item)];
        for (std::size_t j = 0; j < sums.size(); ++j) {
            together -= sums[j] * static_cast<double>(sales.counts[j]) / static_cast<double>(sales.baskets);
            squares += sums[j] * sums[j];
        }
    }
    return squares > 0 ? std::max(together / squares, 0.0) : 0.0;
}

class ColdStart {
public:
    ColdStart(ComplementModel model, const Sales& sales, const ContentSimilarity& similarity,
              std::span<const std::int32_t> modelled, std::span<const std::int32_t> cold,
              const ColdStartOptions& options, std::stop_token stop)
        : model_(std::move(model)),
          sales_(sales),
          similarity_(similarity),
          modelled_(modelled),
          cold_(cold),
          options_(options),
          stop_(std::move(stop)),
          residual_columns_(transpose(model_.residuals)),
          rows_(model_.intercept.size()),
          values_(model_.intercept.size()) {
        for (const std::int32_t item : modelled_)
            damping_.push_back(std::pow(static_cast<float>(std::max<std::int64_t>(sales.counts[idx(item)], 1)),
                                        static_cast<float>(-model_.options.ease.damping)));
        if (!damping_.empty())
            usual_damping_ =
                std::accumulate(damping_.begin(), damping_.end(), 0.0F) / static_cast<float>(damping_.size());
    }

    ComplementModel run(const ContentRidge& ridge, double weight) {
        weight_ = static_cast<float>(weight);
        find_relatives(ridge);
        for (std::size_t n = 0; n < cold_.size(); ++n) {
            if (stop_.stop_requested()) throw Stopped("the cold start was stopped before every new item was placed");
            mix_factors(n);
            add_cells(ridge, n);
        }
        model_.residuals = with_cells(model_.residuals, std::move(rows_));
        model_.cold_items = static_cast<std::int64_t>(cold_.size());
        model_.similarity_weight = weight;
        return std::move(model_);
    }

private:
    // a_c and share_c of every new item.
    void find_relatives(const ContentRidge& ridge) {
        const std::size_t size = modelled_.size();
        std::vector<float> row(idx(similarity_.items()));
        std::vector<float> block;
        for (std::size_t first = 0; first < cold_.size(); first += ContentRidge::block_rows) {
            if (stop_.stop_requested()) throw Stopped("the cold start was stopped before every new item was solved");
            const std::size_t count = std::min<std::size_t>(ContentRidge::block_rows, cold_.size() - first);
            block.resize(count * size);
            for (std::size_t n = 0; n < count; ++n) {
                similarity_.row(cold_[first + n], row);
                ridge.pick(row, std::span(block).subspan(n * size, size));
            }
            ridge.solve(block);
            for (std::size_t n = 0; n < count; ++n)
                keep_relatives(cold_[first + n], std::span<const float>(block).subspan(n * size, size));
        }
    }

    void keep_relatives(std::int32_t item, std::span<const float> mixture) {
        std::vector<Cell>& relatives = relatives_.emplace_back();  // Cell::item counts the modelled items
        for (std::size_t k = 0; k < mixture.size(); ++k)
            relatives.push_back({static_cast<std::int32_t>(k), mixture[k]});
        keep_largest(relatives, idx(options_.relatives));
        double sold = 0;
        for (const Cell& relative : relatives)
            sold += static_cast<double>(relative.value) *
                    static_cast<double>(sales_.counts[idx(modelled_[idx(relative.item)])]);
        const double in_each_basket = std::max(sold, 0.0) / static_cast<double>(sales_.baskets);
        const double expected = in_each_basket * static_cast<double>(sales_.since_first[idx(item)]);
        shares_.push_back(static_cast<float>(prior_sales / (prior_sales + expected)));
    }

    // in_w . out_w: the embeddings' word about an item and itself, which is none and must not go into mixtures.
    float own_product(std::int32_t item) const {
        float sum = 0;
        const auto in = model_.in_factors.row(item), out = model_.out_factors.row(item);
        for (std::size_t f = 0; f < in.size(); ++f) sum += in[f] * out[f];
        return sum;
    }

    void mix_factors(std::size_t n) {
        if (model_.in_factors.cols() == 0) return;
        const auto in = model_.in_factors.row(cold_[n]), out = model_.out_factors.row(cold_[n]);
        for (const Cell& relative : relatives_[n]) {
            const auto from = static_cast<std::int64_t>(modelled_[idx(relative.item)]);
            for (std::size_t f = 0; f < in.size(); ++f) {
                in[f] += relative.value * model_.in_factors.row(from)[f];
                out[f] += shares_[n] * relative.value * model_.out_factors.row(from)[f];
            }
        }
    }

    // Adds factor * the row of `matrix` to values_.
    void add_row(const CsrView& matrix, std::int32_t row, float factor) {
        for (std::size_t n = 0; n < matrix.row(row).size(); ++n)
            values_[idx(matrix.row(row)[n])] += factor * matrix.row_values(row)[n];
    }

    void add_cells(const ContentRidge& ridge, std::size_t n) {
        const std::int32_t item = cold_[n];
        const float share = shares_[n];
        const std::vector<Cell>& relatives = relatives_[n];
        std::vector<float> all(values_.size()), untold(modelled_.size());
        similarity_.row(item, all);
        for (std::size_t k = 0; k < untold.size(); ++k) untold[k] = square(all[idx(modelled_[k])]);
        for (const Cell& relative : relatives) {
            const auto row = ridge.row(relative.item);
            for (std::size_t k = 0; k < untold.size(); ++k) untold[k] -= relative.value * square(row[k]);
        }
        // As one in the basket: what goes with its relatives, and other new items that are like it.
        std::ranges::fill(values_, 0.0F);
        for (const Cell& relative : relatives) add_row(model_.residuals, modelled_[idx(relative.item)], relative.value);
        for (const Cell& relative : relatives)
            values_[idx(modelled_[idx(relative.item)])] -= relative.value * own_product(modelled_[idx(relative.item)]);
        for (std::size_t k = 0; k < untold.size(); ++k) values_[idx(modelled_[k])] += weight_ * damping_[k] * untold[k];
        for (std::size_t other = 0; other < cold_.size(); ++other)
            values_[idx(cold_[other])] = shares_[other] * weight_ * usual_damping_ * square(all[idx(cold_[other])]);
        for (const Cell& cell : largest(item)) rows_[idx(item)].push_back(cell);
        // As one offered to the modelled.
        std::ranges::fill(values_, 0.0F);
        for (const Cell& relative : relatives)
            add_row(residual_columns_, modelled_[idx(relative.item)], share * relative.value);
        for (const Cell& relative : relatives)
            values_[idx(modelled_[idx(relative.item)])] -=
                share * relative.value * own_product(modelled_[idx(relative.item)]);
        for (std::size_t k = 0; k < untold.size(); ++k)
            values_[idx(modelled_[k])] += share * weight_ * usual_damping_ * untold[k];
        for (const Cell& cell : largest(item)) rows_[idx(cell.item)].push_back({item, cell.value});
    }

    std::vector<Cell> largest(std::int32_t item) {
        values_[idx(item)] = 0;
        std::vector<Cell> cells;
        for (std::size_t j = 0; j < values_.size(); ++j)
            if (values_[j] != 0) cells.push_back({static_cast<std::int32_t>(j), values_[j]});
        keep_largest(cells, idx(options_.residuals));
        return cells;
    }

    static float square(float value) { return value * value; }

    ComplementModel model_;
    const Sales& sales_;
    const ContentSimilarity& similarity_;
    std::span<const std::int32_t> modelled_, cold_;
    const ColdStartOptions& options_;
    std::stop_token stop_;
    CsrMatrix residual_columns_;
    std::vector<std::vector<Cell>> rows_;  // new cells of each row of the residuals
    std::vector<float> values_;
    std::vector<std::vector<Cell>> relatives_;  // of each new item
    std::vector<float> shares_;
    std::vector<float> damping_;  // of the modelled
    float usual_damping_ = 1;
    float weight_ = 0;
};

}  // namespace

ComplementModel add_cold_items(ComplementModel model, const CsrView& baskets, std::span<const std::int64_t> time,
                               const ItemContent& content, const ColdStartOptions& options, const Progress& progress) {
    check_arguments(model, baskets, time.size(), content, options);
    const Sales sales(baskets, time);
    const std::vector<std::int32_t> modelled =
        best_sellers(sales.counts, model.options.min_baskets, model.options.max_items);
    const std::vector<std::int32_t> known = items_with_purchases(sales.counts, model.options);
    std::vector<std::int32_t> cold;
    for (std::int32_t item = 0; item < static_cast<std::int32_t>(model.intercept.size()); ++item)
        if (!std::ranges::binary_search(known, item) && !content.features.view().row(item).empty())
            cold.push_back(item);
    if (!options.enabled || cold.empty() || sales.baskets == 0) return model;
    const ContentSimilarity similarity(content);
    const double weight = similarity_weight(similarity, baskets, sales);
    const ContentRidge ridge(similarity, modelled, model.options, options.regularization, progress.stop);
    return ColdStart(std::move(model), sales, similarity, modelled, cold, options, progress.stop).run(ridge, weight);
}

}  // namespace crosslift
