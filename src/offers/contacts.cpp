#include "offers/contacts.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace crosslift {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

// A contact after `as_of` has not happened yet.
bool within(const EngineState& state, const Contact& contact, std::int64_t as_of, double days) {
    return contact.time <= as_of && days_between(state, contact.time, as_of) < days;
}

void add_with_variants(const EngineState& state, std::int32_t item, std::vector<std::int32_t>& items) {
    items.push_back(item);
    const auto& variant = state.models.catalog.variant().rows;
    if (variant.empty() || variant[idx(item)] == IdMap::unknown) return;
    const auto& sisters = state.variant_items[idx(variant[idx(item)])];
    items.insert(items.end(), sisters.begin(), sisters.end());
}

// Cool-down in days of each item: its category's own, by the name of any level, else the usual one.
std::unordered_map<std::int32_t, double> own_cooldowns(const EngineState& state, const PlacementOptions& options) {
    std::unordered_map<std::int32_t, double> days;
    for (const auto& [name, length] : options.category_cooldown_days)
        if (const auto found = state.category_items.find(name); found != state.category_items.end())
            for (const std::int32_t item : found->second) days[item] = length;
    return days;
}

}  // namespace

double days_between(const EngineState& state, std::int64_t from, std::int64_t to) {
    if (state.models.history.time_kind != TimeKind::timestamp) return 0;
    return (static_cast<double>(to) - static_cast<double>(from)) / 86400;
}

int room_left(const EngineState& state, const PlacementOptions& options, std::span<const Contact> contacts,
              std::int64_t as_of) {
    if (options.frequency_cap == 0) return std::numeric_limits<int>::max();
    const auto shown = std::ranges::count_if(
        contacts, [&](const Contact& it) { return within(state, it, as_of, options.frequency_days); });
    return static_cast<int>(std::max<std::int64_t>(0, options.frequency_cap - shown));
}

std::vector<std::int32_t> kept_away(const EngineState& state, const PlacementOptions& options,
                                    std::span<const Contact> contacts, std::int64_t as_of) {
    std::vector<std::int32_t> items;
    std::unordered_map<std::int32_t, int> shown;
    for (const Contact& contact : contacts) {
        const std::int32_t item = state.models.catalog.items().find(contact.item);
        if (item == IdMap::unknown) continue;
        if (contact.answer != Contact::Answer::none && within(state, contact, as_of, options.declined_days))
            add_with_variants(state, item, items);
        if (options.repeat_cap > 0 && within(state, contact, as_of, options.frequency_days) &&
            ++shown[item] == options.repeat_cap)
            items.push_back(item);
    }
    return items;
}

std::vector<std::uint8_t> cooling_items(const EngineState& state, const PlacementOptions& options,
                                        std::int32_t customer, std::int64_t as_of) {
    std::vector<std::uint8_t> cooling(idx(state.items()), 0);
    const PurchaseHistory& history = state.models.history;
    if (customer == IdMap::unknown || history.time_kind != TimeKind::timestamp) return cooling;
    const auto own = own_cooldowns(state, options);
    double longest = options.cooldown_days;
    for (const auto& [item, days] : own) longest = std::max(longest, days);
    const auto visits = history.customer_baskets.view().row(customer);
    for (auto visit = visits.rbegin(); visit != visits.rend(); ++visit) {
        const std::int64_t time = history.time[idx(*visit)];
        if (time > as_of) continue;
        const double age = days_between(state, time, as_of);
        if (age >= longest) break;
        for (const std::int32_t item : history.baskets.view().row(*visit)) {
            const auto found = own.find(item);
            if (age >= (found == own.end() ? options.cooldown_days : found->second)) continue;
            cooling[idx(item)] = 1;
            for (const auto others : state.substitutes(item))
                for (const std::int32_t other : others) cooling[idx(other)] = 1;
        }
    }
    return cooling;
}

}  // namespace crosslift
