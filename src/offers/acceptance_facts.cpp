#include "offers/acceptance_facts.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace crosslift {
namespace {

constexpr double prior_baskets = 2;   // strength of one half in the share of dearer baskets
constexpr double prior_returns = 10;  // of the share of dearer baskets in an item's rate
constexpr double prior_own = 1.5;     // of the item's rate in a customer's own share
constexpr double prior_left = 2;      // of the item's rate in a customer's own returns after it
constexpr double prior_related = 3;   // purchases at the level of all other leaves, in that of related ones
constexpr double prior_level = 5;     // purchases at level 0, in that of all other leaves
constexpr double prior_surplus = 3;   // returns as the items' rates say, in a customer's own rate
constexpr double memory = 4;          // half-life in baskets of the customer's recent purchases

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

bool priced(const PriceModel& price, std::int32_t item) {
    return price.leaf[idx(item)] >= 0 && !std::isnan(price.price[idx(item)]);
}

bool is_dearer(const PriceModel& price, std::int32_t item, std::int32_t than, double ratio) {
    return static_cast<double>(price.price[idx(item)]) >= ratio * static_cast<double>(price.price[idx(than)]);
}

/// The dearest item of each leaf in one basket, in the order of leaves.
class Dearest {
public:
    void take(std::span<const std::int32_t> basket, const PriceModel& price) {
        items.clear();
        for (const std::int32_t item : basket)
            if (priced(price, item)) items.push_back(item);
        std::ranges::sort(items, [&](std::int32_t a, std::int32_t b) {
            if (price.leaf[idx(a)] != price.leaf[idx(b)]) return price.leaf[idx(a)] < price.leaf[idx(b)];
            if (price.price[idx(a)] != price.price[idx(b)]) return price.price[idx(a)] > price.price[idx(b)];
            return a < b;
        });
        const auto same = std::ranges::unique(
            items, [&](std::int32_t a, std::int32_t b) { return price.leaf[idx(a)] == price.leaf[idx(b)]; });
        items.erase(same.begin(), items.end());
    }

    std::vector<std::int32_t> items;
};

/// The last item of each leaf while one customer's baskets go by.
class LastItems {
public:
    explicit LastItems(const PriceModel& price)
        : price_(price), owner_(idx(price.purchases.cols), IdMap::unknown), item_(owner_.size()) {}

    std::int32_t of(std::int32_t leaf, std::int32_t customer) const {
        return owner_[idx(leaf)] == customer ? item_[idx(leaf)] : IdMap::unknown;
    }
    void set(std::int32_t item, std::int32_t customer) {
        owner_[idx(price_.leaf[idx(item)])] = customer;
        item_[idx(price_.leaf[idx(item)])] = item;
    }

private:
    const PriceModel& price_;
    std::vector<std::int32_t> owner_, item_;
};

/// Calls act(basket, from, to) for each return, customer by customer.
template <class Act>
void each_return(const PurchaseHistory& history, const PriceModel& price, std::int64_t end, std::int32_t customer,
                 LastItems& last, Dearest& dearest, Act&& act) {
    for (const std::int32_t basket : history.customer_baskets.view().row(customer)) {
        if (basket >= end) break;
        dearest.take(history.baskets.view().row(basket), price);
        for (const std::int32_t item : dearest.items) {
            const std::int32_t from = last.of(price.leaf[idx(item)], customer);
            if (from != IdMap::unknown) act(basket, from, item);
            last.set(item, customer);
        }
    }
}

/// Mean level of the customer in other leaves of the leaf's parent, shrunk to that in all other leaves.
double related_level(const AcceptanceModel& model, const PriceModel& price, std::int32_t customer, std::int32_t leaf) {
    double related = 0, related_sum = 0, other = 0, other_sum = 0;
    const auto leaves = price.purchases.view().row(customer);
    const auto counts = price.purchases.view().row_values(customer);
    const auto sums = price.level_sum.view().row_values(customer);
    for (std::size_t n = 0; n < leaves.size(); ++n) {
        if (leaves[n] == leaf) continue;
        other += static_cast<double>(counts[n]);
        other_sum += static_cast<double>(sums[n]);
        if (model.leaf_parent[idx(leaves[n])] != model.leaf_parent[idx(leaf)]) continue;
        related += static_cast<double>(counts[n]);
        related_sum += static_cast<double>(sums[n]);
    }
    return (related_sum + prior_related * other_sum / (other + prior_level)) / (related + prior_related);
}

/// Baskets of each leaf by the price of their dearest item: how many are at least as dear as a bar.
class LeafPrices {
public:
    LeafPrices(const PurchaseHistory& history, const PriceModel& price, std::int64_t end)
        : dearest_(idx(price.purchases.cols)) {
        Dearest dearest;
        for (std::int64_t basket = 0; basket < end; ++basket) {
            dearest.take(history.baskets.view().row(basket), price);
            for (const std::int32_t item : dearest.items)
                dearest_[idx(price.leaf[idx(item)])].push_back(price.price[idx(item)]);
        }
        for (auto& prices : dearest_) std::ranges::sort(prices);
    }

    double share_from(std::int32_t leaf, double bar) const {
        return (count_from(dearest_[idx(leaf)], bar) + 0.5 * prior_baskets) /
               (static_cast<double>(dearest_[idx(leaf)].size()) + prior_baskets);
    }

private:
    static double count_from(const std::vector<float>& prices, double bar) {
        const auto from = std::ranges::lower_bound(prices, bar, {}, [](float p) { return static_cast<double>(p); });
        return static_cast<double>(prices.end() - from);
    }

    std::vector<std::vector<float>> dearest_;  // per leaf, ascending
};

/// One basket with the leaf, `top` its dearest item of it.
void add_basket(const AcceptanceQuery& query, std::int32_t basket, std::int32_t top, double ratio, OwnPast& past) {
    const PriceModel& price = query.price;
    const double keep = std::exp2(-1 / memory);
    const bool dearer = is_dearer(price, top, query.item, ratio);
    past.baskets += 1;
    past.dearer += dearer ? 1 : 0;
    past.recent_baskets = past.recent_baskets * keep + 1;
    past.recent_dearer = past.recent_dearer * keep + (dearer ? 1 : 0);
    if (!query.history.time.empty()) past.last = query.history.time[idx(basket)];
    for (OwnPast::Item& own : past.items) own.recent *= keep;
    const std::span<const std::int32_t> maker = makers(query.catalog);
    for (const std::int32_t item : query.history.baskets.view().row(basket)) {
        if (price.leaf[idx(item)] != price.leaf[idx(query.item)] || !priced(price, item)) continue;
        auto own = std::ranges::find(past.items, item, &OwnPast::Item::item);
        if (own == past.items.end()) own = past.items.insert(own, {.item = item});
        own->purchases += 1;
        own->recent += 1;
        if (!maker.empty() && maker[idx(item)] >= 0) past.leaf_maker[maker[idx(item)]] += 1;
    }
}

}  // namespace

double log_odds(double p) {
    const double inside = std::clamp(p, 1e-4, 1 - 1e-4);
    return std::log(inside / (1 - inside));
}

std::vector<LeafReturn> find_returns(const PurchaseHistory& history, const PriceModel& price, std::int64_t begin,
                                     std::int64_t end, double min_price_ratio) {
    std::vector<LeafReturn> returns;
    LastItems last(price);
    Dearest dearest;
    for (std::int32_t customer = 0; customer < history.customers; ++customer)
        each_return(history, price, end, customer, last, dearest,
                    [&](std::int32_t basket, std::int32_t from, std::int32_t to) {
                        if (basket < begin) return;
                        returns.push_back({customer, basket, from, to, is_dearer(price, to, from, min_price_ratio)});
                    });
    return returns;
}

std::vector<AcceptanceItem> count_acceptance_items(const PurchaseHistory& history, const PriceModel& price,
                                                   std::int64_t end, double min_price_ratio) {
    std::vector<double> returns(idx(history.items())), ups(returns.size());
    for (const LeafReturn& it : find_returns(history, price, 0, end, min_price_ratio)) {
        returns[idx(it.from)] += 1;
        ups[idx(it.from)] += it.up ? 1 : 0;
    }
    const LeafPrices leaves(history, price, end);
    std::vector<AcceptanceItem> items(returns.size());
    double expected = 0, came = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (!priced(price, static_cast<std::int32_t>(i))) continue;
        const double bar = min_price_ratio * static_cast<double>(price.price[i]);
        items[i].dearer_share = static_cast<float>(leaves.share_from(price.leaf[i], bar));
        expected += returns[i] * static_cast<double>(items[i].dearer_share);
        came += ups[i];
    }
    const double scale = expected > 0 ? came / expected : 1;
    for (std::size_t i = 0; i < items.size(); ++i)
        items[i].item_rate = static_cast<float>(
            (ups[i] + prior_returns * std::min(1.0, scale * static_cast<double>(items[i].dearer_share))) /
            (returns[i] + prior_returns));
    return items;
}

std::span<const std::int32_t> makers(const Catalog& catalog) {
    return catalog.manufacturer().empty() ? catalog.brand().rows : catalog.manufacturer().rows;
}

double OwnPast::since_last(const AcceptanceQuery& query) const {
    if (query.now == unknown_time || last == unknown_time || query.history.time_kind != TimeKind::timestamp) return 0;
    return std::log1p(std::max(0.0, static_cast<double>(query.now - last) / 86400));
}

OwnPast own_past(const AcceptanceModel& model, const AcceptanceQuery& query) {
    OwnPast past;
    if (query.customer == IdMap::unknown) return past;
    const PurchaseHistory& history = query.history;
    const PriceModel& price = query.price;
    const std::int32_t leaf = price.leaf[idx(query.item)];
    const std::span<const std::int32_t> maker = makers(query.catalog);
    const std::span<const std::int32_t> brand = query.catalog.brand().rows;
    std::unordered_map<std::int32_t, std::int32_t> last_of_leaf;
    Dearest dearest;
    for (const std::int32_t basket : history.customer_baskets.view().row(query.customer)) {
        if (basket >= query.end) break;
        const auto bought = history.baskets.view().row(basket);
        for (const std::int32_t item : bought) {
            if (!maker.empty() && maker[idx(item)] >= 0) past.maker[maker[idx(item)]] += 1;
            if (brand.empty() || brand[idx(item)] < 0) continue;
            past.brand[brand[idx(item)]] += 1;
            past.branded += 1;
        }
        dearest.take(bought, price);
        for (const std::int32_t top : dearest.items) {
            const bool here = price.leaf[idx(top)] == leaf;
            const auto [found, first] = last_of_leaf.try_emplace(price.leaf[idx(top)], top);
            if (!first) {
                const bool up = is_dearer(price, top, found->second, model.options.min_price_ratio);
                past.expected_up += static_cast<double>(model.items[idx(found->second)].item_rate);
                past.went_up += up ? 1 : 0;
                if (found->second == query.item) {
                    past.left += 1;
                    past.left_up += up ? 1 : 0;
                }
                found->second = top;
            }
            if (here) add_basket(query, basket, top, model.options.min_price_ratio, past);
        }
    }
    return past;
}

AcceptanceRow acceptance_facts_of(const AcceptanceModel& model, const AcceptanceQuery& query, const OwnPast& past) {
    AcceptanceRow row{};
    const auto at = [&](AcceptanceFact fact) -> double& { return row[static_cast<std::size_t>(fact)]; };
    const AcceptanceItem& item = model.items[idx(query.item)];
    const auto rate = static_cast<double>(item.item_rate);
    const auto level = static_cast<double>(query.price.item_level[idx(query.item)]);
    at(AcceptanceFact::dearer_share) = log_odds(static_cast<double>(item.dearer_share));
    at(AcceptanceFact::item_rate) = log_odds(rate);
    at(AcceptanceFact::price_level) = level;
    if (past.baskets == 0) return row;
    const auto shrunk = [&](double some, double all, double prior) {
        return log_odds((some + prior * rate) / (all + prior));
    };
    at(AcceptanceFact::own_dearer) = shrunk(past.dearer, past.baskets, prior_own);
    at(AcceptanceFact::own_recent_dearer) = shrunk(past.recent_dearer, past.recent_baskets, prior_own);
    at(AcceptanceFact::own_left) = shrunk(past.left_up, past.left, prior_left);
    const std::int32_t leaf = query.price.leaf[idx(query.item)];
    const WillingnessToPay usual = query.price.willingness_to_pay(query.customer, leaf);
    at(AcceptanceFact::usual_level) = (usual.mean - level) / usual.sd;
    at(AcceptanceFact::related_level) = related_level(model, query.price, query.customer, leaf);
    at(AcceptanceFact::since_last) = past.since_last(query);
    at(AcceptanceFact::own_rate) = std::log((past.went_up + prior_surplus) / (past.expected_up + prior_surplus));
    return row;
}

}  // namespace crosslift
