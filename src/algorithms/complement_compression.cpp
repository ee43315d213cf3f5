#include "algorithms/complement_compression.hpp"

#include "algorithms/basket_slices.hpp"
#include "algorithms/memory_plan.hpp"
#include "algorithms/randomized_svd.hpp"
#include "devices/devices.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

namespace crosslift::algorithms {
namespace {

// A popular item stands in more baskets, but its weights are also known best: measured against 0 to 0.5 in
// docs/complement.md.
constexpr float row_weight_exponent = 0.35F;

// The largest cells set aside, factors of the rest; what these miss says better which cells to set aside.
constexpr int rounds = 2;

// The k-th largest of the absolute values, exactly, by counting bit patterns: floats of one sign order as integers.
float kth_largest(std::span<const float> values, std::int64_t k) {
    const auto pattern = [](float value) { return std::bit_cast<std::uint32_t>(std::abs(value)); };
    std::uint32_t prefix = 0;
    for (const unsigned shift : {16U, 0U}) {
        std::vector<std::int64_t> counts(1U << 16U, 0);
        for (const float value : values) {
            const std::uint32_t bits = pattern(value);
            if (shift == 16 || bits >> 16U == prefix) ++counts[(bits >> shift) & 0xFFFFU];
        }
        std::uint32_t bin = 0xFFFF;
        while (bin > 0 && k > counts[bin]) k -= counts[bin--];
        prefix = shift == 16 ? bin : prefix << 16U | bin;
    }
    return std::bit_cast<float>(prefix);
}

// What is compressed: weights with row i multiplied by w_i, and a zero diagonal.
class Weighted {
public:
    Weighted(const Matrix& weights, std::span<const std::int64_t> counts) : weights_(weights) {
        for (const std::int64_t count : counts)
            scale_.push_back(std::pow(static_cast<float>(std::max<std::int64_t>(count, 1)), row_weight_exponent));
        values_.resize(idx(size() * size()));
        fill();
    }

    std::int64_t size() const { return weights_.rows(); }
    float scale(std::int64_t row) const { return scale_[idx(row)]; }
    std::span<float> values() { return values_; }
    std::span<float> row(std::int64_t r) { return std::span(values_).subspan(idx(r * size()), idx(size())); }
    std::int64_t bytes() const { return size() * size() * static_cast<std::int64_t>(sizeof(float)); }

    float original(std::int64_t r, std::size_t c) const { return scale(r) * weights_.row(r)[c]; }

    void fill() {
        for (std::int64_t r = 0; r < size(); ++r) {
            const auto from = weights_.row(r);
            const auto to = row(r);
            for (std::size_t n = 0; n < to.size(); ++n) to[n] = scale(r) * from[n];
        }
        clear_diagonal();
    }

    void clear_diagonal() {
        for (std::int64_t r = 0; r < size(); ++r) row(r)[idx(r)] = 0;
    }

private:
    const Matrix& weights_;
    std::vector<float> scale_;
    std::vector<float> values_;
};

// `rest` is what the factors miss, all where there are none yet: makes it what they are to be made of next, everything
// but its `count` largest cells.
void set_aside_largest(Weighted& rest, std::int64_t count) {
    const float bar = kth_largest(rest.values(), count);
    for (std::int64_t r = 0; r < rest.size(); ++r) {
        const auto row = rest.row(r);
        for (std::size_t c = 0; c < row.size(); ++c) {
            const float whole = rest.original(r, c);
            row[c] = std::abs(row[c]) >= bar ? whole - row[c] : whole;
        }
    }
    rest.clear_diagonal();
}

CsrMatrix largest(Weighted& rest, std::int64_t count) {
    CsrMatrix kept;
    kept.rows = kept.cols = rest.size();
    const float bar = count > 0 ? kth_largest(rest.values(), count) : 0;
    for (std::int64_t r = 0; r < rest.size(); ++r) {
        const auto row = rest.row(r);
        for (std::size_t c = 0; count > 0 && c < row.size(); ++c) {
            if (row[c] == 0 || std::abs(row[c]) < bar) continue;
            kept.indices.push_back(static_cast<std::int32_t>(c));
            kept.values.push_back(row[c] / rest.scale(r));
        }
        kept.indptr.push_back(static_cast<std::int64_t>(kept.indices.size()));
    }
    return kept;
}

// Factorises `rest` without its `count` largest cells; leaves in `rest` what the factors miss of all cells.
BalancedSvd factorise(Weighted& rest, std::int64_t count, const ComplementOptions& options, std::stop_token stop) {
    const auto machine = open_backend(options.ease.device);
    const auto lane = machine->lane(options.ease.threads);
    const std::int64_t n = rest.size(), rank = options.factors;
    MemoryPlan plan;
    plan.add("the items' matrix", rest.bytes());
    plan.add("its factors", 6 * n * (rank + svd_oversampling) * static_cast<std::int64_t>(sizeof(float)));
    plan.require(*machine, "The compression of " + std::to_string(n) + " items to " + std::to_string(rank) + " factors",
                 "give a smaller ComplementOptions::max_items or factors");
    auto square = machine->array<float>(n * n);
    const backend::DenseSpan matrix{square.data(), n, n, n};

    if (count > 0) set_aside_largest(rest, count);
    auto left = machine->array<float>(n * rank), right = machine->array<float>(n * rank);
    const std::int64_t bytes = n * rank * static_cast<std::int64_t>(sizeof(float));
    for (int round = 1;; ++round) {
        machine->copy_in(*lane, square.data(), rest.values().data(), rest.bytes());
        BalancedSvd svd = randomized_svd(*machine, *lane, matrix, options.factors, options.seed, stop);
        rest.fill();
        machine->copy_in(*lane, square.data(), rest.values().data(), rest.bytes());
        machine->copy_in(*lane, left.data(), svd.left.data(), bytes);
        machine->copy_in(*lane, right.data(), svd.right.data(), bytes);
        machine->multiply(*lane, -1.0F, {left.data(), n, rank, rank}, false, {right.data(), n, rank, rank}, true, 1.0F,
                          matrix);
        machine->copy_out(*lane, rest.values().data(), square.data(), rest.bytes());
        rest.clear_diagonal();
        if (count == 0 || round == rounds) return svd;
        set_aside_largest(rest, count);
    }
}

}  // namespace

ComplementModel compress(const Matrix& weights, std::span<const std::int64_t> counts, const ComplementOptions& options,
                         std::stop_token stop) {
    const std::int64_t items = weights.rows();
    const std::int64_t count =
        std::llround(std::min(options.residuals, static_cast<double>(items)) * static_cast<double>(items));
    Weighted rest(weights, counts);
    ComplementModel model;
    if (options.factors > 0 && items > 0) {
        BalancedSvd svd = factorise(rest, count, options, stop);
        for (std::int64_t r = 0; r < items; ++r)
            for (float& value : svd.left.row(r)) value /= rest.scale(r);
        model.in_factors = std::move(svd.left);
        model.out_factors = std::move(svd.right);
    } else {
        model.in_factors = Matrix(items, options.factors);
        model.out_factors = Matrix(items, options.factors);
    }
    model.residuals = largest(rest, count);
    return model;
}

}  // namespace crosslift::algorithms
