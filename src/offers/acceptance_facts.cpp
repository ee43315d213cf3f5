#include "offers/acceptance_facts.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace crosslift {
namespace {

constexpr double prior_baskets = 2;   // strength of one half in the share of dearer baskets
constexpr double prior_returns = 10;  // of the share of dearer baskets in an item's rate
constexpr double prior_own = 1.5;     // of the item's rate in a customer's own share
constexpr double prior_surplus = 3;   // returns as the items' rates say, in a customer's own rate
constexpr double memory = 4;          // half-life in baskets of the customer's recent purchases

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

double log_odds(double share) {
    const double p = std::clamp(share, 1e-4, 1 - 1e-4);
    return std::log(p / (1 - p));
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

/// Calls act(customer, basket, from, up) for each return, customer by customer.
template <class Act>
void each_return(const PurchaseHistory& history, const PriceModel& price, std::int64_t end, double ratio,
                 std::int32_t customer, LastItems& last, Dearest& dearest, Act&& act) {
    for (const std::int32_t basket : history.customer_baskets.view().row(customer)) {
        if (basket >= end) break;
        dearest.take(history.baskets.view().row(basket), price);
        for (const std::int32_t item : dearest.items) {
            const std::int32_t from = last.of(price.leaf[idx(item)], customer);
            if (from != IdMap::unknown) act(basket, from, is_dearer(price, item, from, ratio));
            last.set(item, customer);
        }
    }
}

/// Baskets of each leaf by the price of their dearest item: how many are at least as dear as a bar.
class LeafPrices {
public:
    LeafPrices(const PurchaseHistory& history, const PriceModel& price, std::int64_t end)
        : dearest_(idx(price.purchases.cols)), sold_(dearest_.size()) {
        Dearest dearest;
        for (std::int64_t basket = 0; basket < end; ++basket) {
            dearest.take(history.baskets.view().row(basket), price);
            for (const std::int32_t item : dearest.items)
                dearest_[idx(price.leaf[idx(item)])].push_back(price.price[idx(item)]);
        }
        for (std::int64_t item = 0; item < history.items(); ++item) {
            const auto baskets = history.item_baskets.view().row(item);
            if (priced(price, static_cast<std::int32_t>(item)) && !baskets.empty() && baskets.front() < end)
                sold_[idx(price.leaf[idx(item)])].push_back(price.price[idx(item)]);
        }
        for (auto* all : {&dearest_, &sold_})
            for (auto& prices : *all) std::ranges::sort(prices);
    }

    double share_from(std::int32_t leaf, double bar) const {
        return (count_from(dearest_[idx(leaf)], bar) + 0.5 * prior_baskets) /
               (static_cast<double>(dearest_[idx(leaf)].size()) + prior_baskets);
    }
    double items_from(std::int32_t leaf, double bar) const { return count_from(sold_[idx(leaf)], bar); }

private:
    static double count_from(const std::vector<float>& prices, double bar) {
        const auto from = std::ranges::lower_bound(prices, bar, {}, [](float p) { return static_cast<double>(p); });
        return static_cast<double>(prices.end() - from);
    }

    std::vector<std::vector<float>> dearest_, sold_;  // per leaf, ascending
};

}  // namespace

std::vector<LeafReturn> find_returns(const PurchaseHistory& history, const PriceModel& price, std::int64_t begin,
                                     std::int64_t end, double min_price_ratio) {
    std::vector<LeafReturn> returns;
    LastItems last(price);
    Dearest dearest;
    for (std::int32_t customer = 0; customer < history.customers; ++customer)
        each_return(history, price, end, min_price_ratio, customer, last, dearest,
                    [&](std::int32_t basket, std::int32_t from, bool up) {
                        if (basket >= begin) returns.push_back({customer, basket, from, up});
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
        items[i].dearer_items = static_cast<float>(leaves.items_from(price.leaf[i], bar));
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

CustomerFacts acceptance_facts_of(const AcceptanceModel& model, const PurchaseHistory& history, const PriceModel& price,
                                  std::int32_t item, std::int32_t customer, std::int64_t end, std::int64_t now) {
    CustomerFacts facts;
    const auto at = [&](AcceptanceFact fact) -> double& { return facts.row[static_cast<std::size_t>(fact)]; };
    const AcceptanceItem& own = model.items[idx(item)];
    const double ratio = model.options.min_price_ratio;
    at(AcceptanceFact::dearer_share) = log_odds(static_cast<double>(own.dearer_share));
    at(AcceptanceFact::item_rate) = log_odds(static_cast<double>(own.item_rate));
    at(AcceptanceFact::dearer_items) = std::log1p(static_cast<double>(own.dearer_items));
    at(AcceptanceFact::price_level) = static_cast<double>(price.item_level[idx(item)]);
    if (customer == IdMap::unknown) return facts;
    const std::int32_t leaf = price.leaf[idx(item)];
    double purchases = 0, dearer = 0, same = 0, recent = 0, recent_dearer = 0, in_last = 0;
    double expected = 0, went_up = 0;
    std::int64_t last = unknown_time;
    std::unordered_map<std::int32_t, std::int32_t> last_of_leaf;
    Dearest dearest;
    for (const std::int32_t basket : history.customer_baskets.view().row(customer)) {
        if (basket >= end) break;
        double here = 0, here_dearer = 0;
        for (const std::int32_t bought : history.baskets.view().row(basket)) {
            if (price.leaf[idx(bought)] != leaf || !priced(price, bought)) continue;
            here += 1;
            here_dearer += is_dearer(price, bought, item, ratio) ? 1 : 0;
            same += bought == item ? 1 : 0;
        }
        dearest.take(history.baskets.view().row(basket), price);
        for (const std::int32_t bought : dearest.items) {
            const auto [found, first] = last_of_leaf.try_emplace(price.leaf[idx(bought)], bought);
            if (first) continue;
            expected += static_cast<double>(model.items[idx(found->second)].item_rate);
            went_up += is_dearer(price, bought, found->second, ratio) ? 1 : 0;
            found->second = bought;
        }
        if (here == 0) continue;
        purchases += here;
        dearer += here_dearer;
        const double keep = std::exp2(-1 / memory);
        recent = recent * keep + here;
        recent_dearer = recent_dearer * keep + here_dearer;
        in_last = here;
        if (!history.time.empty()) last = history.time[idx(basket)];
    }
    at(AcceptanceFact::own_rate) = std::log((went_up + prior_surplus) / (expected + prior_surplus));
    if (purchases == 0) return facts;
    facts.knows_leaf = true;
    const double rate = static_cast<double>(own.item_rate);
    at(AcceptanceFact::own_dearer) = log_odds((dearer + prior_own * rate) / (purchases + prior_own));
    at(AcceptanceFact::own_recent_dearer) = log_odds((recent_dearer + prior_own * rate) / (recent + prior_own));
    at(AcceptanceFact::own_share) = same / purchases;
    at(AcceptanceFact::own_purchases) = std::log1p(purchases);
    const WillingnessToPay usual = price.willingness_to_pay(customer, leaf);
    at(AcceptanceFact::usual_level) = (usual.mean - static_cast<double>(price.item_level[idx(item)])) / usual.sd;
    if (now != unknown_time && history.time_kind == TimeKind::timestamp && last != unknown_time)
        at(AcceptanceFact::since_last) = std::log1p(std::max(0.0, static_cast<double>(now - last) / 86400));
    at(AcceptanceFact::last_items) = std::log(in_last);
    return facts;
}

}  // namespace crosslift
