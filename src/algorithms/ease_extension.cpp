#include "algorithms/ease_extension.hpp"

#include "algorithms/basket_slices.hpp"
#include "algorithms/co_purchases.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace crosslift::algorithms {
namespace {

constexpr std::size_t neighbours = 32;

// Cells of P g_c that are remembered; docs/complement.md says what fewer cost.
constexpr std::size_t remembered = 256;

// The columns of the rows, numbered anew on either side.
struct Sides {
    std::vector<char> is_inside;
    std::vector<std::int32_t> place;  // of each column on its side
    std::vector<std::int32_t> outside;

    Sides(std::int64_t columns, std::span<const std::int32_t> modelled)
        : is_inside(idx(columns), 0), place(idx(columns), 0) {
        for (std::size_t k = 0; k < modelled.size(); ++k) {
            is_inside[idx(modelled[k])] = 1;
            place[idx(modelled[k])] = static_cast<std::int32_t>(k);
        }
        for (std::int32_t column = 0; column < columns; ++column) {
            if (is_inside[idx(column)] != 0) continue;
            place[idx(column)] = static_cast<std::int32_t>(outside.size());
            outside.push_back(column);
        }
    }
};

// What the items outside were bought with: how often they were themselves, with those inside, with the others outside.
struct Pairs {
    std::vector<double> own;
    std::vector<std::vector<Cell>> inside, outside;
};

Pairs count(const WeightedBaskets& rows, const Sides& sides, const std::stop_token& stop) {
    CoPurchases co_purchases(rows.baskets, rows.weights);
    Pairs pairs;
    for (const std::int32_t item : sides.outside) {
        if (stop.stop_requested()) throw Stopped("EASE was stopped before its items outside the matrix were counted");
        double own = 0;
        auto& inside = pairs.inside.emplace_back();
        auto& outside = pairs.outside.emplace_back();
        for (const auto& [other, weight] : co_purchases.of(item)) {
            if (other == item)
                own = weight;
            else
                (sides.is_inside[idx(other)] != 0 ? inside : outside)
                    .push_back({sides.place[idx(other)], static_cast<float>(weight)});
        }
        pairs.own.push_back(own);
    }
    return pairs;
}

// The symmetric system of a few unknowns, solved by elimination in the order given. A pair that never met counts as 0,
// so the matrix need not be positive definite: an unknown whose pivot falls below `least` is left at 0.
class SmallSystem {
public:
    void solve(std::vector<double>& matrix, std::vector<double>& right, double least) {
        const std::size_t n = right.size();
        used_.assign(n, true);
        for (std::size_t p = 0; p < n; ++p) {
            const double pivot = matrix[p * n + p];
            used_[p] = pivot >= least;
            for (std::size_t i = p + 1; used_[p] && i < n; ++i) {
                const double factor = matrix[i * n + p] / pivot;
                for (std::size_t j = p + 1; j < n; ++j) matrix[i * n + j] -= factor * matrix[p * n + j];
                right[i] -= factor * right[p];
            }
        }
        for (std::size_t p = n; p-- > 0;) {
            for (std::size_t j = p + 1; j < n; ++j) right[p] -= matrix[p * n + j] * right[j];
            right[p] = used_[p] ? right[p] / matrix[p * n + p] : 0.0;
        }
    }

private:
    std::vector<bool> used_;
};

class Extension {
public:
    Extension(const EaseModel& inside, std::span<const std::int32_t> modelled, const Sides& sides, Pairs pairs,
              std::span<const float> damping, std::size_t most)
        : inside_(inside),
          modelled_(modelled),
          sides_(sides),
          pairs_(std::move(pairs)),
          damping_(damping),
          most_(most),
          row_(modelled.size()),
          complement_(sides.outside.size()) {
        result_.items = sides.outside;
        result_.sources.resize(sides.outside.size());
    }

    EaseExtension run(const std::stop_token& stop) {
        const auto require_not_stopped = [&] {
            if (stop.stop_requested())
                throw Stopped("EASE was stopped before its items outside the matrix were solved");
        };
        for (std::size_t n = 0; n < sides_.outside.size(); ++n) {
            require_not_stopped();
            take_out_inside(n);
        }
        for (std::size_t n = 0; n < sides_.outside.size(); ++n) {
            require_not_stopped();
            solve(n);
        }
        for (auto& cells : result_.sources) keep_sources(cells);
        return std::move(result_);
    }

private:
    bool has_constant() const { return inside_.options.intercept; }
    double regularization() const { return inside_.options.regularization; }

    // row_ = P g_c for the items inside; returns the constant row's. P_ij = -B_ij P_jj, and B_jj = 0.
    double product(std::size_t n) {
        std::ranges::fill(row_, 0.0F);
        const std::span<const float> diagonal = inside_.inverse_diagonal;
        double constant = has_constant() ? static_cast<double>(diagonal.back()) * pairs_.own[n] : 0.0;
        for (const Cell& met : pairs_.inside[n]) {
            const auto weights = inside_.weights.row(met.item);
            for (std::size_t k = 0; k < row_.size(); ++k) row_[k] -= met.value * weights[k];
            row_[idx(met.item)] += met.value;
            constant -= static_cast<double>(inside_.intercept[idx(met.item)]) *
                        static_cast<double>(diagonal[idx(met.item)]) * static_cast<double>(met.value);
        }
        const auto own = static_cast<float>(has_constant() ? pairs_.own[n] : 0.0);
        for (std::size_t k = 0; k < row_.size(); ++k) row_[k] = diagonal[k] * (row_[k] - own * inside_.intercept[k]);
        return constant;
    }

    // g_m' P g_c for the item numbered m, where row_ and `constant` hold P g_c.
    double explained(std::size_t m, double constant) const {
        double sum = has_constant() ? pairs_.own[m] * constant : 0.0;
        for (const Cell& met : pairs_.inside[m])
            sum += static_cast<double>(met.value) * static_cast<double>(row_[idx(met.item)]);
        return sum;
    }

    // P g_c, S_cc and S_cd for the items d after c.
    void take_out_inside(std::size_t n) {
        const EaseOptions& options = inside_.options;
        constants_.push_back(product(n));
        const double own = pairs_.own[n] * (1 + options.popularity_regularization) + regularization();
        // Never below the ridge but by rounding.
        pivots_.push_back(std::max(regularization(), own - explained(n, constants_[n])));
        for (const Cell& met : pairs_.outside[n]) {
            if (idx(met.item) < n) continue;
            const auto left =
                static_cast<float>(static_cast<double>(met.value) - explained(idx(met.item), constants_[n]));
            complement_[n].push_back({met.item, left});
            complement_[idx(met.item)].push_back({static_cast<std::int32_t>(n), left});
        }
        auto& cells = products_.emplace_back();
        for (std::size_t k = 0; k < row_.size(); ++k) cells.push_back({static_cast<std::int32_t>(k), row_[k]});
        keep_largest(cells, std::max(remembered, most_));
        cells.shrink_to_fit();
    }

    // S_ab of two items outside that are not the same.
    float complement(std::int32_t a, std::int32_t b) const {
        const auto at = std::ranges::lower_bound(complement_[idx(a)], b, {}, &Cell::item);
        return at != complement_[idx(a)].end() && at->item == b ? at->value : 0.0F;
    }

    // K, most important first.
    std::vector<Cell> nearest(std::size_t n) const {
        std::vector<Cell> cells = complement_[n];
        const auto importance = [&](const Cell& cell) {
            return static_cast<double>(cell.value) * static_cast<double>(cell.value) / pivots_[idx(cell.item)];
        };
        const auto more = [&](const Cell& a, const Cell& b) {
            const double x = importance(a), y = importance(b);
            return x != y ? x > y : a.item < b.item;
        };
        const std::size_t count = std::min(neighbours, cells.size());
        std::ranges::partial_sort(cells, cells.begin() + static_cast<std::ptrdiff_t>(count), more);
        cells.resize(count);
        return cells;
    }

    void solve(std::size_t n) {
        const std::vector<Cell> near = nearest(n);
        matrix_.resize(near.size() * near.size());
        right_.clear();
        for (std::size_t a = 0; a < near.size(); ++a) {
            for (std::size_t b = 0; b < near.size(); ++b)
                matrix_[a * near.size() + b] =
                    a == b ? pivots_[idx(near[a].item)] : static_cast<double>(complement(near[a].item, near[b].item));
            right_.push_back(static_cast<double>(near[a].value));
        }
        system_.solve(matrix_, right_, regularization() / 2);

        std::ranges::fill(row_, 0.0F);
        for (const Cell& cell : products_[n]) row_[idx(cell.item)] = cell.value;
        double constant = constants_[n], pivot = pivots_[n];
        for (std::size_t a = 0; a < near.size(); ++a) {
            const auto weight = static_cast<float>(right_[a]);
            for (const Cell& cell : products_[idx(near[a].item)]) row_[idx(cell.item)] -= weight * cell.value;
            constant -= right_[a] * constants_[idx(near[a].item)];
            pivot -= right_[a] * static_cast<double>(near[a].value);
            result_.sources[idx(near[a].item)].push_back({sides_.outside[n], weight});
        }
        result_.intercept.push_back(static_cast<float>(constant));
        add_cells(n, 1 / std::max(pivot, regularization()));
    }

    void add_cells(std::size_t n, double scale) {
        auto& targets = result_.targets.emplace_back();
        std::vector<Cell> sources;
        for (std::size_t k = 0; k < row_.size(); ++k) {
            if (row_[k] == 0) continue;
            const auto solved = static_cast<double>(row_[k]);
            const double pivot = static_cast<double>(inside_.inverse_diagonal[k]) + scale * solved * solved;
            targets.push_back({modelled_[k], row_[k]});
            sources.push_back({modelled_[k], static_cast<float>(scale * solved / pivot)});
        }
        keep_largest(targets, most_);
        keep_sources(sources);
        auto& all = result_.sources[n];
        all.insert(all.end(), sources.begin(), sources.end());
    }

    void keep_sources(std::vector<Cell>& cells) const {
        for (Cell& cell : cells) cell.value *= damping_[idx(cell.item)];
        keep_largest(cells, most_);
        for (Cell& cell : cells) cell.value /= damping_[idx(cell.item)];
    }

    const EaseModel& inside_;
    std::span<const std::int32_t> modelled_;
    const Sides& sides_;
    Pairs pairs_;
    std::span<const float> damping_;
    std::size_t most_;
    std::vector<float> row_;
    std::vector<double> constants_, pivots_;     // (P g_c)_1 and S_cc of each item outside
    std::vector<std::vector<Cell>> products_;    // P g_c
    std::vector<std::vector<Cell>> complement_;  // S_cd, d in order
    std::vector<double> matrix_, right_;
    SmallSystem system_;
    EaseExtension result_;
};

}  // namespace

EaseExtension extend_ease(const EaseModel& inside, const WeightedBaskets& rows, std::span<const std::int32_t> modelled,
                          std::span<const float> damping, std::size_t most, const std::stop_token& stop) {
    const Sides sides(rows.baskets.cols, modelled);
    return Extension(inside, modelled, sides, count(rows, sides, stop), damping, most).run(stop);
}

}  // namespace crosslift::algorithms
