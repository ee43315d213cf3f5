// Ridge regression of the closed form's rows and columns on content, and likeness for what it does not tell.
#include "algorithms/cold_placing.hpp"

#include "algorithms/basket_slices.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace crosslift::algorithms {
namespace {

constexpr std::int64_t weight_baskets = 1000;  // the slope of co-purchase on similarity is taken from so many
constexpr double prior_sales = 3;

// Least squares of "j is in the basket" on t_j = sum of s_ij^2 over its items, about its popularity.
double similarity_slope(const ContentSimilarity& similarity, const CsrView& baskets, const Sales& sales) {
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

// in_w . out_w: the embeddings' word about an item and itself, which is none and must not go into mixtures.
float own_product(const ComplementModel& model, std::int32_t item) {
    float sum = 0;
    const auto in = model.in_factors.row(item), out = model.out_factors.row(item);
    for (std::size_t f = 0; f < in.size(); ++f) sum += in[f] * out[f];
    return sum;
}

float square(float value) {
    return value * value;
}

}  // namespace

Sales::Sales(const CsrView& all, std::span<const std::int64_t> time)
    : counts(basket_counts(all)), since_first(counts.size(), 0) {
    const std::vector<std::int64_t> rows = rows_by_time(all.rows, time);
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        const auto items = all.row(*row);
        if (items.size() < 2) continue;
        ++baskets;
        for (const std::int32_t item : items) since_first[idx(item)] = baskets;
    }
}

ColdPlacing::ColdPlacing(const ComplementModel& model, const CsrView& baskets, std::span<const std::int64_t> time,
                         const ContentSimilarity& similarity, const ItemContent& content,
                         const ColdStartOptions& options, std::stop_token stop)
    : fitted_(model),
      sales_(baskets, time),
      similarity_(similarity),
      modelled_(best_sellers(sales_.counts, model.options.min_baskets, model.options.max_items)),
      options_(options),
      stop_(std::move(stop)),
      residual_columns_(transpose(model.residuals)) {
    const std::vector<std::int32_t> known = items_with_purchases(sales_.counts, model.options);
    for (std::int32_t item = 0; item < static_cast<std::int32_t>(model.intercept.size()); ++item)
        if (!std::ranges::binary_search(known, item) && !content.features.view().row(item).empty())
            cold_.push_back(item);
    for (const std::int32_t item : modelled_)
        damping_.push_back(std::pow(static_cast<float>(std::max<std::int64_t>(sales_.counts[idx(item)], 1)),
                                    static_cast<float>(-model.options.ease.damping)));
    if (!damping_.empty())
        usual_damping_ = std::accumulate(damping_.begin(), damping_.end(), 0.0F) / static_cast<float>(damping_.size());
    if (needed()) slope_ = similarity_slope(similarity_, baskets, sales_);
}

ComplementModel ColdPlacing::place(double multiple) {
    if (!ridge_) {
        ridge_.emplace(similarity_, modelled_, fitted_.options, options_.regularization, stop_);
        find_relatives();
        mix_factors();
    }
    model_ = fitted_;
    model_.in_factors = in_factors_;
    model_.out_factors = out_factors_;
    rows_.assign(model_.intercept.size(), {});
    values_.assign(model_.intercept.size(), 0.0F);
    weight_ = static_cast<float>(multiple * slope_);
    for (std::size_t n = 0; n < cold_.size(); ++n) {
        if (stop_.stop_requested()) throw Stopped("the cold start was stopped before every new item was placed");
        add_cells(n);
    }
    model_.residuals = with_cells(model_.residuals, std::move(rows_));
    model_.cold_items = static_cast<std::int64_t>(cold_.size());
    model_.similarity_weight = multiple * slope_;
    return std::move(model_);
}

// a_c and share_c of every new item.
void ColdPlacing::find_relatives() {
    const std::size_t size = modelled_.size();
    std::vector<float> row(idx(similarity_.items()));
    std::vector<float> block;
    for (std::size_t first = 0; first < cold_.size(); first += ContentRidge::block_rows) {
        if (stop_.stop_requested()) throw Stopped("the cold start was stopped before every new item was solved");
        const std::size_t count = std::min<std::size_t>(ContentRidge::block_rows, cold_.size() - first);
        block.resize(count * size);
        for (std::size_t n = 0; n < count; ++n) {
            similarity_.row(cold_[first + n], row);
            ridge_->pick(row, std::span(block).subspan(n * size, size));
        }
        ridge_->solve(block);
        for (std::size_t n = 0; n < count; ++n)
            keep_relatives(cold_[first + n], std::span<const float>(block).subspan(n * size, size));
    }
}

void ColdPlacing::keep_relatives(std::int32_t item, std::span<const float> mixture) {
    std::vector<Cell>& relatives = relatives_.emplace_back();  // Cell::item counts the modelled items
    for (std::size_t k = 0; k < mixture.size(); ++k) relatives.push_back({static_cast<std::int32_t>(k), mixture[k]});
    keep_largest(relatives, idx(options_.relatives));
    double sold = 0;
    for (const Cell& relative : relatives)
        sold += static_cast<double>(relative.value) *
                static_cast<double>(sales_.counts[idx(modelled_[idx(relative.item)])]);
    const double in_each_basket = std::max(sold, 0.0) / static_cast<double>(sales_.baskets);
    const double expected = in_each_basket * static_cast<double>(sales_.since_first[idx(item)]);
    shares_.push_back(static_cast<float>(prior_sales / (prior_sales + expected)));
}

void ColdPlacing::mix_factors() {
    in_factors_ = fitted_.in_factors.to_host();  // copies: a Matrix is shared
    out_factors_ = fitted_.out_factors.to_host();
    if (in_factors_.cols() == 0) return;
    for (std::size_t n = 0; n < cold_.size(); ++n) {
        const auto in = in_factors_.row(cold_[n]), out = out_factors_.row(cold_[n]);
        for (const Cell& relative : relatives_[n]) {
            const auto from = static_cast<std::int64_t>(modelled_[idx(relative.item)]);
            for (std::size_t f = 0; f < in.size(); ++f) {
                in[f] += relative.value * in_factors_.row(from)[f];
                out[f] += shares_[n] * relative.value * out_factors_.row(from)[f];
            }
        }
    }
}

// Adds factor * the row of `matrix` to values_.
void ColdPlacing::add_row(const CsrView& matrix, std::int32_t row, float factor) {
    for (std::size_t n = 0; n < matrix.row(row).size(); ++n)
        values_[idx(matrix.row(row)[n])] += factor * matrix.row_values(row)[n];
}

void ColdPlacing::add_cells(std::size_t n) {
    const std::int32_t item = cold_[n];
    const float share = shares_[n];
    const std::vector<Cell>& relatives = relatives_[n];
    std::vector<float> all(values_.size()), untold(modelled_.size());
    similarity_.row(item, all);
    for (std::size_t k = 0; k < untold.size(); ++k) untold[k] = square(all[idx(modelled_[k])]);
    for (const Cell& relative : relatives) {
        const auto row = ridge_->row(relative.item);
        for (std::size_t k = 0; k < untold.size(); ++k) untold[k] -= relative.value * square(row[k]);
    }
    // As one in the basket: what goes with its relatives, and other new items that are like it.
    std::ranges::fill(values_, 0.0F);
    for (const Cell& relative : relatives) add_row(model_.residuals, modelled_[idx(relative.item)], relative.value);
    for (const Cell& relative : relatives)
        values_[idx(modelled_[idx(relative.item)])] -=
            relative.value * own_product(fitted_, modelled_[idx(relative.item)]);
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
            share * relative.value * own_product(fitted_, modelled_[idx(relative.item)]);
    for (std::size_t k = 0; k < untold.size(); ++k)
        values_[idx(modelled_[k])] += share * weight_ * usual_damping_ * untold[k];
    for (const Cell& cell : largest(item)) rows_[idx(cell.item)].push_back({item, cell.value});
}

std::vector<Cell> ColdPlacing::largest(std::int32_t item) {
    values_[idx(item)] = 0;
    std::vector<Cell> cells;
    for (std::size_t j = 0; j < values_.size(); ++j)
        if (values_[j] != 0) cells.push_back({static_cast<std::int32_t>(j), values_[j]});
    keep_largest(cells, idx(options_.residuals));
    return cells;
}

}  // namespace crosslift::algorithms
