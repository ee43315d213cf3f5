// Price levels of purchases, their variances by moments, and the normal posterior of a customer's level.
#include "formulas/normal.hpp"

#include <crosslift/error.hpp>
#include <crosslift/price.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>

namespace crosslift {
namespace {

constexpr float unknown_price = std::numeric_limits<float>::quiet_NaN();
constexpr double least_noise = 1e-3;  // a variance; keeps the posterior finite where every purchase is alike

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

/// Prices paid in each leaf with their levels: F_l of the model.
class PaidPrices {
public:
    PaidPrices(const PurchaseHistory& history, const PriceModel& model, std::int32_t leaves)
        : leaves_(idx(leaves)), history_(history), model_(model) {
        std::vector<std::vector<float>> paid_in(idx(leaves));
        for (std::int64_t cell = 0; cell < history.baskets.view().nnz(); ++cell) {
            const float price = paid(cell);
            if (!std::isnan(price)) paid_in[idx(leaf(cell))].push_back(price);
        }
        for (std::size_t l = 0; l < paid_in.size(); ++l) leaves_[l] = Distribution(std::move(paid_in[l]));
    }

    std::int32_t leaf(std::int64_t cell) const { return model_.leaf[idx(history_.baskets.indices[idx(cell)])]; }

    /// What was paid in a cell of baskets, else the regular price; NaN where neither is known or there is no leaf.
    float paid(std::int64_t cell) const {
        if (leaf(cell) < 0) return unknown_price;
        const float price = history_.unit_price.empty() ? unknown_price : history_.unit_price[idx(cell)];
        return price > 0 ? price : model_.price[idx(history_.baskets.indices[idx(cell)])];
    }

    double level(std::int32_t leaf, float price) const { return leaves_[idx(leaf)].level(price); }

private:
    class Distribution {
    public:
        Distribution() = default;
        explicit Distribution(std::vector<float> paid) {
            below_.clear();
            std::ranges::sort(paid);
            for (std::size_t n = 0; n < paid.size(); ++n) {
                if (n == 0 || paid[n] != paid[n - 1]) {
                    price_.push_back(paid[n]);
                    below_.push_back(static_cast<double>(n));
                }
            }
            below_.push_back(static_cast<double>(paid.size()));
            for (std::size_t n = 0; n < price_.size(); ++n) level_.push_back(quantile(below_[n], below_[n + 1]));
        }

        double level(float price) const {
            const auto place = idx(std::ranges::lower_bound(price_, price) - price_.begin());
            if (place < price_.size() && price_[place] == price) return level_[place];
            return quantile(below_[place], below_[place]);
        }

    private:
        /// Of the mid-rank, half a purchase added on each side so that it stays finite.
        double quantile(double below, double up_to) const {
            return formulas::normal_quantile((0.5 * (below + up_to) + 0.5) / (below_.back() + 1));
        }

        std::vector<float> price_;         // paid, each once, ascending
        std::vector<double> below_ = {0};  // purchases cheaper than each, then all purchases
        std::vector<double> level_;
    };

    std::vector<Distribution> leaves_;
    const PurchaseHistory& history_;
    const PriceModel& model_;
};

/// Sums over cells (customer, leaf) from which the variances come. S and Q are sums of levels and of their squares.
struct Moments {
    double squares = 0, purchases = 0;      // E z^2
    double within = 0, within_pairs = 0;    // E z z' of two purchases in one leaf, each cell weighted 1 / n_ul
    double between = 0, between_pairs = 0;  // E z z' of two purchases in two leaves, each customer weighted 1 / N_u

    /// `cells` are (n, S, Q) of one customer's leaves.
    void add(std::span<const std::array<double, 3>> cells) {
        double n_all = 0, s_all = 0, own_n = 0, own_s = 0;
        for (const auto& [n, s, q] : cells) {
            squares += q;
            purchases += n;
            within += (s * s - q) / n;
            within_pairs += n - 1;
            n_all += n;
            s_all += s;
            own_n += n * n;
            own_s += s * s;
        }
        if (n_all <= 0) return;
        between += (s_all * s_all - own_s) / n_all;
        between_pairs += (n_all * n_all - own_n) / n_all;
    }

    void give(PriceModel& model) const {
        if (purchases <= 0) return;
        const double total = squares / purchases;
        const double across = between_pairs > 0 ? std::clamp(between / between_pairs, 0.0, total) : 0.0;
        const double inside = within_pairs > 0 ? std::clamp(within / within_pairs, across, total) : across;
        model.customer_spread = across;
        model.leaf_spread = inside - across;
        model.noise = std::max(least_noise, total - inside);
    }
};

/// Adds up levels per customer and leaf.
void add_purchases(const PurchaseHistory& history, const PaidPrices& paid, PriceModel& model, std::int32_t leaves) {
    std::vector<std::array<double, 3>> sums(idx(leaves));
    std::vector<std::int32_t> touched;
    std::vector<std::array<double, 3>> cells;
    Moments moments;
    for (std::int32_t customer = 0; customer < history.customers; ++customer) {
        for (const std::int32_t basket : history.customer_baskets.view().row(customer)) {
            for (auto cell = history.baskets.view().begin(basket); cell < history.baskets.view().end(basket); ++cell) {
                const float price = paid.paid(cell);
                if (std::isnan(price)) continue;
                const std::int32_t leaf = paid.leaf(cell);
                auto& [n, s, q] = sums[idx(leaf)];
                if (n == 0) touched.push_back(leaf);
                const double level = paid.level(leaf, price);
                n += 1;
                s += level;
                q += level * level;
            }
        }
        std::ranges::sort(touched);
        cells.clear();
        for (const std::int32_t leaf : touched) {
            cells.push_back(sums[idx(leaf)]);
            model.purchases.indices.push_back(leaf);
            model.purchases.values.push_back(static_cast<float>(sums[idx(leaf)][0]));
            model.level_sum.values.push_back(static_cast<float>(sums[idx(leaf)][1]));
            sums[idx(leaf)] = {};
        }
        touched.clear();
        moments.add(cells);
        model.purchases.indptr.push_back(static_cast<std::int64_t>(model.purchases.indices.size()));
    }
    model.purchases.rows = history.customers;
    model.purchases.cols = leaves;
    moments.give(model);
}

}  // namespace

PriceModel fit_price(const PurchaseHistory& history, const Catalog& catalog) {
    if (catalog.size() != history.items())
        throw InvalidArgument("the catalog has " + std::to_string(catalog.size()) + " items and the history " +
                              std::to_string(history.items()) + "; align the catalog to the history's items first");
    const std::int32_t leaves = catalog.leaves().size();
    PriceModel model;
    model.leaf.assign(idx(catalog.size()), IdMap::unknown);
    model.price.assign(idx(catalog.size()), unknown_price);
    for (std::int32_t item = 0; item < catalog.size(); ++item) {
        model.leaf[idx(item)] = catalog.leaf(item);
        if (!catalog.price().empty() && catalog.price()[idx(item)] > 0)
            model.price[idx(item)] = catalog.price()[idx(item)];
    }
    const PaidPrices paid(history, model, leaves);
    add_purchases(history, paid, model, leaves);
    model.level_sum.rows = model.purchases.rows;
    model.level_sum.cols = model.purchases.cols;
    model.level_sum.indptr = model.purchases.indptr;
    model.level_sum.indices = model.purchases.indices;
    model.item_level.assign(idx(catalog.size()), unknown_price);
    for (std::size_t item = 0; item < model.leaf.size(); ++item)
        if (model.leaf[item] >= 0 && !std::isnan(model.price[item]))
            model.item_level[item] = static_cast<float>(paid.level(model.leaf[item], model.price[item]));
    return model;
}

WillingnessToPay PriceModel::willingness_to_pay(std::int32_t customer, std::int32_t in_leaf) const {
    if (customer != IdMap::unknown && (customer < 0 || customer >= purchases.rows))
        throw InvalidArgument("customer row " + std::to_string(customer) + " came and the price model has " +
                              std::to_string(purchases.rows) + " customers; give IdMap::unknown for anybody");
    if (in_leaf < 0 || in_leaf >= purchases.cols)
        throw InvalidArgument("leaf row " + std::to_string(in_leaf) + " came and the price model has " +
                              std::to_string(purchases.cols) + " leaves");
    // Of m_u, from the other leaves' means, each N(m_u, leaf_spread + noise / n).
    double precision = 0, weighted = 0, own_n = 0, own_sum = 0;
    if (customer != IdMap::unknown) {
        for (auto cell = purchases.view().begin(customer); cell < purchases.view().end(customer); ++cell) {
            const double n = static_cast<double>(purchases.values[idx(cell)]);
            const double sum = static_cast<double>(level_sum.values[idx(cell)]);
            if (purchases.indices[idx(cell)] == in_leaf) {
                own_n = n;
                own_sum = sum;
                continue;
            }
            const double here = n / (n * leaf_spread + noise);
            precision += here;
            weighted += here * sum / n;
        }
    }
    // Without a prior spread m_u is 0. The own leaf's mean is N(m_ul, noise / n), m_ul ~ N(m_u, leaf_spread).
    const double customer_variance = customer_spread / (1 + customer_spread * precision);
    const double prior_mean = customer_variance * weighted;
    const double prior_variance = customer_variance + leaf_spread;
    const double gain = prior_variance / (prior_variance * own_n + noise);
    WillingnessToPay result;
    result.mean = prior_mean + gain * (own_sum - own_n * prior_mean);
    result.sd = std::sqrt(gain * noise + noise);
    result.purchases = static_cast<std::int64_t>(own_n);
    return result;
}

double PriceModel::affordability(std::int32_t customer, std::int32_t item) const {
    if (item < 0 || idx(item) >= item_level.size())
        throw InvalidArgument("item row " + std::to_string(item) + " came and the price model has " +
                              std::to_string(item_level.size()) + " items");
    if (std::isnan(item_level[idx(item)])) return std::numeric_limits<double>::quiet_NaN();
    const WillingnessToPay usual = willingness_to_pay(customer, leaf[idx(item)]);
    return 1 - formulas::normal_cdf((static_cast<double>(item_level[idx(item)]) - usual.mean) / usual.sd);
}

}  // namespace crosslift
