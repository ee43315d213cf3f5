#include "offers/trade_up_facts.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <utility>

namespace crosslift {
namespace {

// A customer who bought more items of one leaf than this is a trader: pairs of them say little and cost much.
constexpr std::size_t most_items_of_leaf = 500;

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

void want_rows(std::int64_t came, std::int64_t wanted, const char* what, const char* of) {
    if (came == wanted) return;
    throw InvalidArgument(std::string(what) + " has " + std::to_string(came) + " " + of + " and the history " +
                          std::to_string(wanted) + "; fit it on this history");
}

/// Per item: ln(1 + baskets), then ln(1 + decayed baskets) for each half-life.
std::vector<std::array<double, 4>> count_sales(const PurchaseHistory& history) {
    constexpr std::array<double, 3> half_life_days = {7, 28, 90};
    std::vector<std::array<double, 4>> sales(idx(history.items()));
    const auto age = basket_age_days(history, history.latest_time());
    for (std::int64_t basket = 0; basket < history.basket_count(); ++basket) {
        std::array<double, 4> weight = {1, 0, 0, 0};
        if (!age.empty())
            for (std::size_t h = 0; h < half_life_days.size(); ++h)
                weight[h + 1] = std::exp2(-static_cast<double>(age[idx(basket)]) / half_life_days[h]);
        for (const std::int32_t item : history.baskets.view().row(basket))
            for (std::size_t w = 0; w < weight.size(); ++w) sales[idx(item)][w] += weight[w];
    }
    for (auto& item : sales)
        for (double& sum : item) sum = std::log1p(sum);
    return sales;
}

/// customer_items() with each row in the order of (leaf, item), so that a leaf is one range.
CsrMatrix by_leaf(CsrMatrix bought, std::span<const std::int32_t> leaf) {
    std::vector<std::tuple<std::int32_t, std::int32_t, float>> row;
    for (std::int64_t customer = 0; customer < bought.rows; ++customer) {
        row.clear();
        const auto begin = idx(bought.indptr[idx(customer)]);
        const auto end = idx(bought.indptr[idx(customer) + 1]);
        for (auto cell = begin; cell < end; ++cell)
            row.emplace_back(leaf[idx(bought.indices[cell])], bought.indices[cell], bought.values[cell]);
        std::ranges::sort(row);
        for (auto cell = begin; cell < end; ++cell)
            std::tie(std::ignore, bought.indices[cell], bought.values[cell]) = row[cell - begin];
    }
    return bought;
}

double dot(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t f = 0; f < a.size(); ++f) sum += static_cast<double>(a[f]) * static_cast<double>(b[f]);
    return sum;
}

bool same(std::span<const std::int32_t> column, std::int32_t a, std::int32_t b) {
    return !column.empty() && column[idx(a)] != IdMap::unknown && column[idx(a)] == column[idx(b)];
}

}  // namespace

TradeUpFacts::TradeUpFacts(const PurchaseHistory& history, const Catalog& catalog, const PriceModel& price,
                           const AlsModel& taste)
    : price_(price), buyers_(idx(history.items())) {
    want_rows(catalog.size(), history.items(), "the catalog", "items");
    want_rows(static_cast<std::int64_t>(price.item_level.size()), history.items(), "the price model", "items");
    want_rows(price.purchases.rows, history.customers, "the price model", "customers");
    if (!taste.item_factors.empty() && history.customers > 0) {
        want_rows(taste.item_factors.rows(), history.items(), "the taste model", "items");
        want_rows(taste.customer_factors.rows(), history.customers, "the taste model", "customers");
        item_factors_ = taste.item_factors.to_host();
        customer_factors_ = taste.customer_factors.to_host();
        for (std::int64_t item = 0; item < history.items(); ++item)
            factor_norm_.push_back(std::sqrt(dot(std::as_const(item_factors_).row(item), item_factors_.row(item))));
    }
    sales_ = count_sales(history);
    brand_ = catalog.brand().rows;
    maker_ = catalog.manufacturer().empty() ? brand_ : catalog.manufacturer().rows;
    IdColumn size_text;
    for (const std::string& text : catalog.pack_size()) {
        size_text.push_back(text);
        size_.push_back(parse_pack_size(text));
    }
    size_text_ = std::move(size_text.rows);
    bought_ = by_leaf(customer_items(history), price_.leaf);
    for (const std::int32_t item : bought_.indices) buyers_[idx(item)] += 1;
    count_common_buyers();
}

std::span<const std::int32_t> TradeUpFacts::bought_in_leaf(std::int32_t customer, std::int32_t leaf) const {
    const auto found = std::ranges::equal_range(bought_.view().row(customer), leaf, {},
                                                [this](std::int32_t item) { return price_.leaf[idx(item)]; });
    return {found.begin(), found.end()};
}

bool TradeUpFacts::has_bought(std::int32_t customer, std::int32_t item) const {
    return std::ranges::binary_search(bought_in_leaf(customer, leaf(item)), item);
}

void TradeUpFacts::count_common_buyers() {
    CsrMatrix buyers = bought_;
    for (std::int64_t customer = 0; customer < buyers.rows; ++customer)
        std::sort(buyers.indices.begin() + buyers.indptr[idx(customer)],
                  buyers.indices.begin() + buyers.indptr[idx(customer) + 1]);
    buyers.values.clear();
    buyers = transpose(buyers);
    common_buyers_.rows = common_buyers_.cols = items();
    std::vector<float> count(idx(items()));
    std::vector<std::int32_t> touched;
    for (std::int32_t item = 0; item < items(); ++item) {
        if (leaf(item) >= 0) {
            for (const std::int32_t customer : buyers.view().row(item)) {
                const auto own = bought_in_leaf(customer, leaf(item));
                if (own.size() > most_items_of_leaf) continue;
                for (const std::int32_t other : own) {
                    if (other == item) continue;
                    if (count[idx(other)] == 0) touched.push_back(other);
                    count[idx(other)] += 1;
                }
            }
        }
        std::ranges::sort(touched);
        for (const std::int32_t other : touched) {
            common_buyers_.indices.push_back(other);
            common_buyers_.values.push_back(count[idx(other)]);
            count[idx(other)] = 0;
        }
        touched.clear();
        common_buyers_.indptr.push_back(static_cast<std::int64_t>(common_buyers_.indices.size()));
    }
}

void TradeUpFacts::add_pair(std::int32_t item, std::int32_t candidate, TradeUpRow& row) const {
    const auto at = [&](TradeUpFeature feature) -> double& { return row[static_cast<std::size_t>(feature)]; };
    const auto others = common_buyers_.view().row(item);
    const auto found = std::ranges::lower_bound(others, candidate);
    if (found != others.end() && *found == candidate) {
        const float common = common_buyers_.view().row_values(item)[idx(found - others.begin())];
        at(TradeUpFeature::common_buyers) =
            static_cast<double>(common) / std::sqrt(buyers_[idx(item)] * buyers_[idx(candidate)]);
    }
    if (!factor_norm_.empty()) {
        const double norms = factor_norm_[idx(item)] * factor_norm_[idx(candidate)];
        if (norms > 0)
            at(TradeUpFeature::taste_cosine) = dot(item_factors_.row(item), item_factors_.row(candidate)) / norms;
    }
    at(TradeUpFeature::price_ratio) =
        std::log(static_cast<double>(price(candidate)) / static_cast<double>(price(item)));
    at(TradeUpFeature::same_maker) = same(maker_, item, candidate) ? 1 : 0;
    at(TradeUpFeature::same_brand) = same(brand_, item, candidate) ? 1 : 0;
    if (size_.empty()) return;
    const PackSize& from = size_[idx(item)];
    const PackSize& to = size_[idx(candidate)];
    const bool comparable =
        from.unit != PackSize::Unit::unknown && from.unit == to.unit && from.amount > 0 && to.amount > 0;
    at(TradeUpFeature::same_pack_size) =
        same(size_text_, item, candidate) || (comparable && from.amount == to.amount) ? 1 : 0;
    if (comparable) at(TradeUpFeature::pack_size_ratio) = std::clamp(std::log(to.amount / from.amount), -2.0, 2.0);
}

void TradeUpFacts::add_personal(std::int32_t customer, std::int32_t candidate, double usual_level,
                                TradeUpRow& row) const {
    const auto at = [&](TradeUpFeature feature) -> double& { return row[static_cast<std::size_t>(feature)]; };
    if (!factor_norm_.empty())
        at(TradeUpFeature::taste) = dot(customer_factors_.row(customer), item_factors_.row(candidate));
    if (leaf(candidate) < 0) return;
    at(TradeUpFeature::price_level) = usual_level * static_cast<double>(price_.item_level[idx(candidate)]);
    double purchases = 0;
    const auto own = bought_in_leaf(customer, leaf(candidate));
    for (const std::int32_t& item : own)
        if (same(maker_, item, candidate))
            purchases += static_cast<double>(bought_.values[idx(&item - bought_.indices.data())]);
    at(TradeUpFeature::maker_purchases) = std::log1p(purchases);
}

std::vector<TradeUpRow> TradeUpFacts::features(std::int32_t item, std::span<const std::int32_t> candidates,
                                               std::int32_t customer) const {
    std::vector<TradeUpRow> rows(candidates.size());
    std::int32_t leaf_of_level = IdMap::unknown;
    double level = 0;
    for (std::size_t n = 0; n < candidates.size(); ++n) {
        const std::int32_t candidate = candidates[n];
        std::ranges::copy(sales_[idx(candidate)], rows[n].begin());
        if (item != IdMap::unknown) add_pair(item, candidate, rows[n]);
        if (customer == IdMap::unknown) continue;
        if (leaf(candidate) >= 0 && leaf(candidate) != leaf_of_level) {
            leaf_of_level = leaf(candidate);
            level = price_.willingness_to_pay(customer, leaf_of_level).mean;
        }
        add_personal(customer, candidate, level, rows[n]);
    }
    return rows;
}

}  // namespace crosslift
