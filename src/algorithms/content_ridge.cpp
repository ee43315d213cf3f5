#include "algorithms/content_ridge.hpp"

#include "algorithms/basket_slices.hpp"
#include "algorithms/memory_plan.hpp"
#include "devices/devices.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace crosslift::algorithms {
namespace {

constexpr float price_width = 0.7F;

}  // namespace

ContentSimilarity::ContentSimilarity(const ItemContent& content)
    : content_(content), holders_(transpose(content.features)), log_price_(content.log_price) {
    double sum = 0, known = 0;
    for (const float price : log_price_) {
        if (std::isnan(price)) continue;
        sum += static_cast<double>(price);
        ++known;
    }
    // Left out of some pairs only, prices would make similarities that are no inner products of anything.
    for (float& price : log_price_)
        if (std::isnan(price)) price = static_cast<float>(sum / std::max(known, 1.0));
}

void ContentSimilarity::row(std::int64_t item, std::span<float> out) const {
    std::ranges::fill(out, 0.0F);
    const CsrView features = content_.features, holders = holders_;
    for (std::size_t n = 0; n < features.row(item).size(); ++n) {
        const std::int64_t feature = features.row(item)[n];
        const float value = features.row_values(item)[n];
        const auto items = holders.row(feature);
        const auto values = holders.row_values(feature);
        for (std::size_t m = 0; m < items.size(); ++m) out[idx(items[m])] += value * values[m];
    }
    out[idx(item)] = 0;
    for (std::size_t j = 0; j < log_price_.size(); ++j) {
        if (out[j] == 0) continue;
        const float distance = (log_price_[idx(item)] - log_price_[j]) / price_width;
        out[j] *= std::exp(-0.5F * distance * distance);
    }
}

ContentRidge::ContentRidge(const ContentSimilarity& similarity, std::span<const std::int32_t> modelled,
                           const ComplementOptions& options, double regularization, std::stop_token stop)
    : modelled_(modelled),
      machine_(open_backend(options.ease.device)),
      lane_(machine_->lane(options.ease.threads)),
      size_(static_cast<std::int64_t>(modelled.size())) {
    if (size_ == 0) return;
    const std::int64_t bytes = size_ * size_ * static_cast<std::int64_t>(sizeof(float));
    MemoryPlan plan;
    plan.add("the items' similarities", bytes);
    plan.add("rows of new items", 2 * block_rows * size_ * static_cast<std::int64_t>(sizeof(float)));
    if (machine_->device().kind == Device::Kind::cpu) plan.add("their copy", bytes);
    plan.require(*machine_, "The regression of " + std::to_string(size_) + " items on their content",
                 "give a smaller ComplementOptions::max_items");
    similarities_.resize(idx(size_ * size_));
    std::vector<float> row(idx(similarity.items()));
    for (std::int64_t k = 0; k < size_; ++k) {
        similarity.row(modelled_[idx(k)], row);
        pick(row, std::span(similarities_).subspan(idx(k * size_), idx(size_)));
    }
    inverse_ = machine_->array<float>(size_ * size_);
    machine_->copy_in(*lane_, inverse_.data(), similarities_.data(), bytes);
    const backend::DenseSpan matrix{inverse_.data(), size_, size_, size_};
    const std::vector<float> diagonal(idx(size_), static_cast<float>(1 + regularization));
    machine_->set_diagonal(*lane_, diagonal, matrix);
    machine_->invert_spd(*lane_, matrix, std::move(stop));
}

void ContentRidge::pick(std::span<const float> row, std::span<float> out) const {
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = row[idx(modelled_[k])];
}

std::span<const float> ContentRidge::row(std::int64_t k) const {
    return std::span(similarities_).subspan(idx(k * size_), idx(size_));
}

void ContentRidge::solve(std::span<float> rows) const {
    if (rows.empty()) return;
    const std::int64_t count = static_cast<std::int64_t>(rows.size()) / size_;
    const auto bytes = static_cast<std::int64_t>(rows.size_bytes());
    auto left = machine_->array<float>(count * size_), out = machine_->array<float>(count * size_);
    machine_->copy_in(*lane_, left.data(), rows.data(), bytes);
    machine_->multiply(*lane_, 1.0F, {left.data(), count, size_, size_}, false, {inverse_.data(), size_, size_, size_},
                       false, 0.0F, {out.data(), count, size_, size_});
    machine_->copy_out(*lane_, rows.data(), out.data(), bytes);
}

}  // namespace crosslift::algorithms
