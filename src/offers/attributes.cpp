#include "offers/attributes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace crosslift {
namespace {

std::size_t idx(std::int32_t n) {
    return static_cast<std::size_t>(n);
}

// How much better `to` is in the attribute's own unit; NaN where one of them is not known.
double difference(const Attribute& attribute, std::int32_t from, std::int32_t to) {
    const double sign = attribute.direction == Attribute::Direction::higher_is_better ? 1 : -1;
    return sign * (static_cast<double>(attribute.values[idx(to)]) - static_cast<double>(attribute.values[idx(from)]));
}

// What the customer bought up to the query's time, each item once, ascending.
std::vector<std::int32_t> bought_items(const EngineState& state, const ResolvedQuery& resolved) {
    const PurchaseHistory& history = state.models.history;
    std::vector<std::int32_t> items;
    for (const std::int32_t basket : history.customer_baskets.view().row(resolved.customer)) {
        if (!history.time.empty() && history.time[idx(basket)] > resolved.as_of) continue;
        const auto row = history.baskets.view().row(basket);
        items.insert(items.end(), row.begin(), row.end());
    }
    std::ranges::sort(items);
    items.erase(std::unique(items.begin(), items.end()), items.end());
    return items;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

}  // namespace

std::vector<double> attribute_preferences(const EngineState& state, const OfferQuery& query,
                                          const ResolvedQuery& resolved) {
    constexpr double shrinkage = 3;
    const auto& attributes = state.models.catalog.attributes();
    std::vector<double> preferences(attributes.size(), 0);
    for (std::size_t a = 0; a < attributes.size(); ++a)
        for (const auto& [name, weight] : query.attribute_weights)
            if (name == attributes[a].name) preferences[a] += weight;
    if (resolved.customer == IdMap::unknown || attributes.empty()) return preferences;
    const auto bought = bought_items(state, resolved);
    for (std::size_t a = 0; a < attributes.size(); ++a) {
        double sum = 0, count = 0;
        for (const std::int32_t item : bought) {
            const float value = attributes[a].values[idx(item)];
            const std::int32_t leaf = state.models.catalog.leaf(item);
            if (std::isnan(value) || leaf == IdMap::unknown) continue;  // outside a leaf there is no usual level
            sum += state.attribute_scale[a].level(value, leaf);
            count += 1;
        }
        preferences[a] += query.personalization * sum / (count + shrinkage);
    }
    return preferences;
}

double attribute_utility(const EngineState& state, const std::vector<double>& preferences, std::int32_t from,
                         std::int32_t item) {
    double sum = 0;
    for (std::size_t a = 0; a < preferences.size(); ++a)
        sum += preferences[a] * state.attribute_scale[a].level(state.models.catalog.attributes()[a].values[idx(item)],
                                                               state.models.catalog.leaf(from));
    return sum;
}

double attribute_gain(const EngineState& state, std::int32_t from, std::int32_t to) {
    const auto& attributes = state.models.catalog.attributes();
    double sum = 0, weight = 0;
    for (std::size_t a = 0; a < attributes.size(); ++a) {
        const double gain =
            state.attribute_scale[a].gain(attributes[a].values[idx(from)], attributes[a].values[idx(to)]);
        if (std::isnan(gain)) continue;
        sum += static_cast<double>(attributes[a].weight) * gain;
        weight += static_cast<double>(attributes[a].weight);
    }
    return weight > 0 ? sum / weight : std::numeric_limits<double>::quiet_NaN();
}

std::string attribute_clause(const Catalog& catalog, std::int32_t from, std::int32_t to, std::vector<Reason>& reasons) {
    std::vector<std::string> better, worse;
    for (const Attribute& attribute : catalog.attributes()) {
        const double gain = difference(attribute, from, to);
        if (std::isnan(gain) || gain == 0) continue;
        reasons.push_back({gain > 0 ? "attribute_better" : "attribute_worse", attribute.name, gain, false});
        (gain > 0 ? better : worse).push_back(attribute.name);
    }
    std::string text = better.empty() ? "" : ", better in " + joined(better);
    if (!worse.empty()) text += (better.empty() ? ", worse in " : " but worse in ") + joined(worse);
    return text;
}

}  // namespace crosslift
