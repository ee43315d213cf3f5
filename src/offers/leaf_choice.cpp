#include "offers/leaf_choice.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace crosslift {
namespace {

constexpr double most_distance = 2;
constexpr double least_mass = 1e-3;

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

/// First baskets of the last 7, 28 and 90 days before a query; its end where times are no dates.
std::array<std::int64_t, 3> recent_baskets(const AcceptanceQuery& query) {
    constexpr std::array<std::int64_t, 3> days = {7, 28, 90};
    std::array<std::int64_t, 3> first{};
    for (std::size_t n = 0; n < days.size(); ++n) {
        first[n] = query.end;
        if (query.end == 0 || query.history.time_kind != TimeKind::timestamp) continue;
        const std::int64_t latest = query.history.time[idx(query.end - 1)];  // of a later moment nothing is known
        first[n] = std::ranges::lower_bound(query.history.time, std::min(query.now, latest) - days[n] * 86400) -
                   query.history.time.begin();
    }
    return first;
}

double value_or_zero(const std::unordered_map<std::int32_t, double>& counts, std::int32_t key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
}

class Rows {
public:
    Rows(const AcceptanceQuery& query, const OwnPast& past)
        : query_(query),
          past_(past),
          recent_(recent_baskets(query)),
          since_(past.since_last(query)),
          maker_(makers(query.catalog)),
          brand_(query.catalog.brand().rows) {
        if (past.baskets > 0)
            usual_ = query.price.willingness_to_pay(query.customer, query.price.leaf[idx(query.item)]).mean;
    }

    void fill(std::int32_t item, std::span<double> row) const {
        const auto at = [&](LeafChoiceFact fact) -> double& { return row[static_cast<std::size_t>(fact)]; };
        const auto price = [&](std::int32_t i) { return static_cast<double>(query_.price.price[idx(i)]); };
        const auto level = static_cast<double>(query_.price.item_level[idx(item)]);
        at(LeafChoiceFact::same_item) = item == query_.item ? 1 : 0;
        at(LeafChoiceFact::same_maker) = shares(maker_, item) ? 1 : 0;
        at(LeafChoiceFact::same_brand) = shares(brand_, item) ? 1 : 0;
        at(LeafChoiceFact::same_pack_size) = shares_pack_size(item) ? 1 : 0;
        at(LeafChoiceFact::price_distance) =
            std::min(most_distance, std::abs(std::log(price(item) / price(query_.item))));
        at(LeafChoiceFact::level) = level;
        fill_sales(item, row);
        if (past_.baskets == 0) return;
        if (const auto own = std::ranges::find(past_.items, item, &OwnPast::Item::item); own != past_.items.end()) {
            at(LeafChoiceFact::own_purchases) = std::log1p(own->purchases);
            at(LeafChoiceFact::own_recent) = std::log1p(own->recent);
            at(LeafChoiceFact::bought) = 1;
            at(LeafChoiceFact::bought_since) = since_;
        }
        at(LeafChoiceFact::price_level) = usual_ * level;
        if (known(maker_, item)) {
            at(LeafChoiceFact::maker_purchases) = std::log1p(value_or_zero(past_.leaf_maker, maker_[idx(item)]));
            at(LeafChoiceFact::maker_anywhere) = std::log1p(value_or_zero(past_.maker, maker_[idx(item)]));
        }
        if (known(brand_, item))
            at(LeafChoiceFact::brand_share) =
                std::log((value_or_zero(past_.brand, brand_[idx(item)]) + 1) / (past_.branded + 2));
    }

private:
    static bool known(std::span<const std::int32_t> column, std::int32_t item) {
        return !column.empty() && column[idx(item)] != IdMap::unknown;
    }
    bool shares(std::span<const std::int32_t> column, std::int32_t item) const {
        return item != query_.item && known(column, item) && column[idx(item)] == column[idx(query_.item)];
    }
    bool shares_pack_size(std::int32_t item) const {
        const auto& sizes = query_.catalog.pack_size();
        return item != query_.item && !sizes.empty() && !sizes[idx(item)].empty() &&
               sizes[idx(item)] == sizes[idx(query_.item)];
    }

    void fill_sales(std::int32_t item, std::span<double> row) const {
        const auto baskets = query_.history.item_baskets.view().row(item);
        const auto end = std::ranges::lower_bound(baskets, query_.end);
        auto fact = static_cast<std::size_t>(LeafChoiceFact::sales);
        row[fact] = std::log1p(static_cast<double>(end - baskets.begin()));
        for (const std::int64_t first : recent_)
            row[++fact] = std::log1p(static_cast<double>(end - std::lower_bound(baskets.begin(), end, first)));
    }

    const AcceptanceQuery& query_;
    const OwnPast& past_;
    std::array<std::int64_t, 3> recent_;
    double since_;
    double usual_ = 0;
    std::span<const std::int32_t> maker_, brand_;
};

}  // namespace

std::vector<std::string> leaf_choice_facts() {
    return {"same_item", "same_maker",   "same_brand",  "same_pack_size",  "price_distance", "level",
            "sales",     "sales_7d",     "sales_28d",   "sales_90d",       "own_purchases",  "own_recent",
            "bought",    "bought_since", "price_level", "maker_purchases", "maker_anywhere", "brand_share"};
}

std::vector<std::int32_t> leaf_alternatives(const AcceptanceModel& model, const AcceptanceQuery& query,
                                            const OwnPast& past) {
    std::vector<std::int32_t> items = model.leaf_items[idx(query.price.leaf[idx(query.item)])];
    for (const OwnPast::Item& own : past.items)
        if (std::ranges::find(items, own.item) == items.end()) items.push_back(own.item);
    return items;
}

std::vector<double> leaf_choice_rows(const AcceptanceQuery& query, const OwnPast& past,
                                     std::span<const std::int32_t> alternatives) {
    std::vector<double> rows(alternatives.size() * leaf_choice_fact_count);
    const Rows facts(query, past);
    for (std::size_t n = 0; n < alternatives.size(); ++n)
        facts.fill(alternatives[n], std::span(rows).subspan(n * leaf_choice_fact_count, leaf_choice_fact_count));
    return rows;
}

double dearer_choice(const AcceptanceModel& model, const AcceptanceQuery& query, const OwnPast& past,
                     std::span<const double> weights) {
    const auto alternatives = leaf_alternatives(model, query, past);
    if (weights.empty() || alternatives.empty()) return 0;
    const auto rows = leaf_choice_rows(query, past, alternatives);
    std::vector<double> utilities(alternatives.size());
    for (std::size_t n = 0; n < utilities.size(); ++n)
        for (std::size_t f = 0; f < weights.size(); ++f)
            utilities[n] += weights[f] * rows[n * leaf_choice_fact_count + f];
    const double top = *std::ranges::max_element(utilities);
    const double bar = model.options.min_price_ratio * static_cast<double>(query.price.price[idx(query.item)]);
    double dearer = 0, all = 0;
    for (std::size_t n = 0; n < utilities.size(); ++n) {
        const double mass = std::exp(utilities[n] - top);
        all += mass;
        if (static_cast<double>(query.price.price[idx(alternatives[n])]) >= bar) dearer += mass;
    }
    return log_odds(std::clamp(dearer / all, least_mass, 1 - least_mass));
}

}  // namespace crosslift
