#include "evaluation/trade_up_events.hpp"

#include "evaluation/draws.hpp"
#include "evaluation/leaf_walk.hpp"

#include <algorithm>

namespace crosslift::evaluation {
namespace {

constexpr std::size_t min_candidates = 2;
constexpr std::size_t max_candidates = 100;

std::vector<std::vector<std::int32_t>> items_by_leaf(const ItemFacts& items) {
    std::vector<std::vector<std::int32_t>> members(static_cast<std::size_t>(items.leaves));
    for (std::size_t i = 0; i < items.leaf.size(); ++i) {
        if (items.leaf[i] >= 0 && !std::isnan(items.price[i])) {
            members[static_cast<std::size_t>(items.leaf[i])].push_back(static_cast<std::int32_t>(i));
        }
    }
    return members;
}

/// Who bought what: a mark per item, made void by the next customer.
class Bought {
public:
    explicit Bought(std::size_t items) : owner_(items, -1) {}
    void add(std::span<const std::int32_t> items, std::int32_t customer) {
        for (const std::int32_t item : items) owner_[static_cast<std::size_t>(item)] = customer;
    }
    bool has(std::int32_t item, std::int32_t customer) const {
        return owner_[static_cast<std::size_t>(item)] == customer;
    }

private:
    std::vector<std::int32_t> owner_;
};

class Finder {
public:
    Finder(const ItemFacts& items, const EvaluationOptions& options)
        : options_(options),
          members_(items_by_leaf(items)),
          walk_(items),
          trained_(items.leaf.size()),
          seen_(items.leaf.size()) {}

    /// The customer's baskets of training.
    void learn(const PurchaseHistory& train, std::int32_t train_customer, std::int32_t customer) {
        walk_.begin(customer);
        paid_.clear();
        if (train_customer == IdMap::unknown) return;
        for (const std::int32_t b : train.customer_baskets.view().row(train_customer)) {
            const auto basket = train.baskets.view().row(b);
            walk_.pass(basket);
            keep_prices(basket);
            trained_.add(basket, customer);
            seen_.add(basket, customer);
        }
    }

    /// The customer's later baskets, after learn().
    void find(const PurchaseHistory& later, std::int32_t customer, const std::string& id, TradeUpEvents& result) {
        for (const std::int32_t b : later.customer_baskets.view().row(customer)) {
            const auto basket = later.baskets.view().row(b);
            for (const std::int32_t item : basket) look_at(item, customer, id, result);
            walk_.pass(basket);
            keep_prices(basket);
            seen_.add(basket, customer);
        }
    }

private:
    void keep_prices(std::span<const std::int32_t> basket) {
        for (const std::int32_t item : basket)
            if (walk_.leaf_of(item) >= 0 && !std::isnan(walk_.price(item)))
                paid_[walk_.leaf_of(item)].push_back(walk_.price(item));
    }

    /// The price that 95 % of the customer's purchases in the leaf do not exceed.
    float usual_top(std::int32_t leaf) {
        std::vector<float>& prices = paid_[leaf];
        const std::size_t place = (prices.size() * 95 + 99) / 100 - 1;
        std::ranges::nth_element(prices, prices.begin() + static_cast<std::ptrdiff_t>(place));
        return prices[place];
    }

    void look_at(std::int32_t item, std::int32_t customer, const std::string& id, TradeUpEvents& result) {
        const std::int32_t leaf = walk_.leaf_of(item);
        if (leaf < 0 || std::isnan(walk_.price(item)) || seen_.has(item, customer)) return;
        const auto& state = walk_.leaf(leaf);
        const std::int32_t from = options_.own_maximum ? state.dearest : state.last;
        if (from < 0) return;
        const double bar = options_.min_price_ratio * static_cast<double>(walk_.price(from));
        if (walk_.price(item) < bar) return;
        ++result.seen;
        TradeUpEvent event{id, customer, from, -1, usual_top(leaf), {}};
        for (const std::int32_t j : members_[static_cast<std::size_t>(leaf)]) {
            if (walk_.price(j) < bar || trained_.has(j, customer) || j == from) continue;
            if (j == item) event.to = static_cast<std::int32_t>(event.candidates.size());
            event.candidates.push_back(j);
        }
        if (event.candidates.size() < min_candidates || event.candidates.size() > max_candidates) return;
        result.events.push_back(std::move(event));
    }

    const EvaluationOptions& options_;
    std::vector<std::vector<std::int32_t>> members_;
    LeafWalk walk_;
    std::unordered_map<std::int32_t, std::vector<float>> paid_;  // per leaf: what the customer bought so far
    Bought trained_;
    Bought seen_;
};

}  // namespace

TradeUpEvents find_trade_ups(const Transactions& train, const Transactions& later, const ItemFacts& items,
                             const EvaluationOptions& options) {
    const PurchaseHistory before = make_history(train, train.items(), train.customers());
    const PurchaseHistory after = make_history(later, train.items(), later.customers());
    TradeUpEvents result;
    Finder finder(items, options);
    for (std::int32_t customer = 0; customer < after.customers; ++customer) {
        const std::string id(later.customers()[customer]);
        finder.learn(before, train.customers().find(id), customer);
        finder.find(after, customer, id, result);
    }
    if (options.max_queries > 0 && static_cast<std::int64_t>(result.events.size()) > options.max_queries) {
        Draws(options.seed + 2).sample_to_front(std::span(result.events), options.max_queries);
        result.events.resize(static_cast<std::size_t>(options.max_queries));
    }
    std::vector<std::int64_t> number(static_cast<std::size_t>(after.customers), -1);
    for (auto& event : result.events) {
        auto& own = number[static_cast<std::size_t>(event.cluster)];
        if (own < 0) own = result.clusters++;
        event.cluster = own;
        result.candidates += static_cast<std::int64_t>(event.candidates.size());
    }
    return result;
}

TransitionCounts::TransitionCounts(const PurchaseHistory& train, const ItemFacts& items) : items_(train.items()) {
    LeafWalk walk(items);
    for (std::int32_t customer = 0; customer < train.customers; ++customer) {
        walk.begin(customer);
        for (const std::int32_t b : train.customer_baskets.view().row(customer)) {
            const auto basket = train.baskets.view().row(b);
            for (const std::int32_t to : basket) {
                if (walk.leaf_of(to) < 0) continue;
                const std::int32_t from = walk.leaf(walk.leaf_of(to)).last;
                if (from >= 0 && from != to) ++counts_[from * items_ + to];
            }
            walk.pass(basket);
        }
    }
}

double TransitionCounts::operator()(std::int32_t from, std::int32_t to) const {
    const auto found = counts_.find(from * items_ + to);
    return found == counts_.end() ? 0.0 : found->second;
}

}  // namespace crosslift::evaluation
