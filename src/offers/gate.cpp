#include "offers/gate.hpp"

#include "offers/economics.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

void forbid_bought(const EngineState& state, std::int32_t customer, Bought bought, std::vector<std::uint8_t>& may) {
    const CsrView visits = state.models.history.customer_baskets;
    const CsrView baskets = state.models.history.baskets;
    for (const std::int32_t basket : visits.row(customer))
        for (const std::int32_t item : baskets.row(basket))
            if (bought == Bought::leave_out || state.replenishable[idx(item)] == 0) may[idx(item)] = 0;
}

void keep_within_budget(const EngineState& state, const OfferQuery& query, std::vector<std::uint8_t>& may) {
    if (!std::isfinite(query.budget)) return;
    const Economics money(state, query);
    // An unknown price (NaN) fails the comparison. The discount keeps the order of the prices.
    for (const std::int32_t item : state.dearest_first) {
        if (money.price(item) <= query.budget) break;
        may[idx(item)] = 0;
    }
}

}  // namespace

void forbid_basket(const EngineState& state, std::span<const std::int32_t> basket, std::vector<std::uint8_t>& may) {
    const auto& variant = state.models.catalog.variant().rows;
    for (const std::int32_t item : basket) {
        may[idx(item)] = 0;
        if (variant.empty() || variant[idx(item)] == IdMap::unknown) continue;
        for (const std::int32_t other : state.variant_items[idx(variant[idx(item)])]) may[idx(other)] = 0;
    }
}

void forbid_same_category(const EngineState& state, std::span<const std::int32_t> basket,
                          std::vector<std::uint8_t>& may) {
    for (const std::int32_t item : basket) {
        for (const auto others : state.substitutes(item))
            for (const std::int32_t other : others) may[idx(other)] = 0;
    }
}

std::vector<std::uint8_t> offerable(const EngineState& state, const OfferQuery& query, const ResolvedQuery& resolved,
                                    Bought bought) {
    if (!resolved.reachable) return std::vector<std::uint8_t>(state.available.size());
    std::vector<std::uint8_t> may = state.available;
    if (!query.allow.empty()) {
        std::ranges::fill(may, std::uint8_t{0});
        for (const std::int32_t item : resolved.allow) may[idx(item)] = state.available[idx(item)];
    }
    for (const std::int32_t item : resolved.exclude) may[idx(item)] = 0;
    for (const ResolvedRule& rule : resolved.rules)
        if (rule.action == OfferRule::Action::deny && rule.applies(resolved.basket, resolved.segment))
            for (const std::int32_t item : rule.items) may[idx(item)] = 0;
    keep_within_budget(state, query, may);
    forbid_basket(state, resolved.basket, may);
    if (!query.allow_bought && resolved.customer != IdMap::unknown)
        forbid_bought(state, resolved.customer, bought, may);
    return may;
}

bool CategoryCap::full(std::int32_t item) const {
    if (limit_ == 0) return false;
    const auto reached = [&](const std::unordered_map<std::int32_t, int>& used, std::int32_t group) {
        const auto at = used.find(group);
        return group != IdMap::unknown && at != used.end() && at->second >= limit_;
    };
    return reached(leaves_, state_->category_key(item)) || reached(ladders_, state_->ladder(item));
}

void CategoryCap::add(std::int32_t item) {
    ++leaves_[state_->category_key(item)];
    ++ladders_[state_->ladder(item)];
}

bool has_bought(const EngineState& state, std::int32_t customer, std::int32_t item) {
    if (customer == IdMap::unknown) return false;
    const CsrView visits = state.models.history.customer_baskets;
    const CsrView baskets = state.models.history.baskets;
    return std::ranges::any_of(visits.row(customer), [&](std::int32_t basket) {
        const auto items = baskets.row(basket);
        return std::binary_search(items.begin(), items.end(), item);
    });
}

}  // namespace crosslift
