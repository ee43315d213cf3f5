// Places items that purchases say little about as mixtures of those that they are like; formulas in cold_start.hpp.
#pragma once

#include "algorithms/content_ridge.hpp"
#include "algorithms/sparse_cells.hpp"

#include <crosslift/cold_start.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace crosslift::algorithms {

/// What baskets say about the items in general.
struct Sales {
    std::vector<std::int64_t> counts;
    std::vector<std::int64_t> since_first;  // baskets of two items or more from an item's first sale on; 0: never sold
    std::int64_t baskets = 0;               // of two items or more

    Sales(const CsrView& all, std::span<const std::int64_t> time);
};

class ColdPlacing {
public:
    /// `model` was fitted on `baskets`. All but `options` and `stop` must outlive it.
    ColdPlacing(const ComplementModel& model, const CsrView& baskets, std::span<const std::int64_t> time,
                const ContentSimilarity& similarity, const ItemContent& content, const ColdStartOptions& options,
                std::stop_token stop);

    /// There are items to place, and baskets.
    bool needed() const { return !cold_.empty() && sales_.baskets > 0; }

    /// The model with its new items, likeness counting `multiple` times its slope. Throws Stopped on request.
    ComplementModel place(double multiple);

private:
    void find_relatives();
    void keep_relatives(std::int32_t item, std::span<const float> mixture);
    void mix_factors();
    void add_row(const CsrView& matrix, std::int32_t row, float factor);
    void add_cells(std::size_t n);
    std::vector<Cell> largest(std::int32_t item);

    const ComplementModel& fitted_;
    Sales sales_;
    const ContentSimilarity& similarity_;
    std::vector<std::int32_t> modelled_, cold_;
    ColdStartOptions options_;
    std::stop_token stop_;
    CsrMatrix residual_columns_;
    std::vector<float> damping_;  // of the modelled
    float usual_damping_ = 1;
    double slope_ = 0;
    std::optional<ContentRidge> ridge_;
    std::vector<std::vector<Cell>> relatives_;  // of each new item
    std::vector<float> shares_;
    Matrix in_factors_, out_factors_;      // with those of the new items
    ComplementModel model_;                // being placed
    std::vector<std::vector<Cell>> rows_;  // new cells of each row of the residuals
    std::vector<float> values_;
    float weight_ = 0;
};

}  // namespace crosslift::algorithms
