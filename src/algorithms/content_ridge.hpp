// How similar items are by their content, and the ridge regression on it.
#pragma once

#include "backend/backend.hpp"

#include <crosslift/complement.hpp>
#include <crosslift/content.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

namespace crosslift::algorithms {

/// s of ItemContent, a row at a time. `content` must outlive it.
class ContentSimilarity {
public:
    explicit ContentSimilarity(const ItemContent& content);

    /// out[j] = s_ij for every item j; 0 for i itself.
    void row(std::int64_t item, std::span<float> out) const;

    std::int64_t items() const { return content_.features.rows; }

private:
    const ItemContent& content_;
    CsrMatrix holders_;  // features x items
    std::vector<float> log_price_;
};

/// (s_WW + regularization I)^-1 and s_WW itself, W the modelled items; these must outlive it.
class ContentRidge {
public:
    static constexpr std::int64_t block_rows = 512;  ///< solved at a time, at most

    /// Throws DeviceError where it does not fit into memory, Stopped on request.
    ContentRidge(const ContentSimilarity& similarity, std::span<const std::int32_t> modelled,
                 const ComplementOptions& options, double regularization, std::stop_token stop);

    /// The modelled items' values of a row over all items.
    void pick(std::span<const float> row, std::span<float> out) const;

    /// s_kW of the k-th modelled item.
    std::span<const float> row(std::int64_t k) const;

    /// Replaces rows of s_cW, one after the other, by s_cW (s_WW + regularization I)^-1.
    void solve(std::span<float> rows) const;

private:
    std::span<const std::int32_t> modelled_;
    std::shared_ptr<const backend::Backend> machine_;
    std::unique_ptr<backend::Lane> lane_;
    std::int64_t size_;
    std::vector<float> similarities_;
    backend::Array<float> inverse_;
};

}  // namespace crosslift::algorithms
