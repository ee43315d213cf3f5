// What a fitted acceptance model says of one customer and item.
#include "offers/acceptance_facts.hpp"
#include "offers/leaf_choice.hpp"
#include "offers/logistic.hpp"

#include <crosslift/acceptance.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace crosslift {
namespace {

constexpr std::size_t most_leaf_items = 300;

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

/// Weights in the order of `names`, of which the first `size` may be named; those that are not are 0.
std::vector<double> in_order(const std::vector<AcceptanceWeight>& named, std::vector<std::string> names,
                             std::size_t size) {
    std::vector<double> weights(size);
    names.resize(size);
    for (const auto& [fact, weight] : named) {
        const auto found = std::ranges::find(names, fact);
        if (found == names.end())
            throw InvalidArgument("the acceptance model has a weight for '" + fact +
                                  "', which this version does not know here; see acceptance_facts()");
        weights[idx(found - names.begin())] = weight;
    }
    return weights;
}

}  // namespace

void AcceptanceModel::index(const PurchaseHistory& history, const Catalog& catalog, const PriceModel& price) {
    leaf_items.assign(idx(catalog.leaves().size()), {});
    std::vector<std::int64_t> baskets(idx(history.items()));
    for (std::int32_t item = 0; item < history.items(); ++item) {
        baskets[idx(item)] = static_cast<std::int64_t>(history.item_baskets.view().row(item).size());
        if (price.leaf[idx(item)] >= 0 && !std::isnan(price.price[idx(item)]) && baskets[idx(item)] > 0)
            leaf_items[idx(price.leaf[idx(item)])].push_back(item);
    }
    for (auto& sold : leaf_items) {
        std::ranges::stable_sort(sold, std::ranges::greater{}, [&](std::int32_t item) { return baskets[idx(item)]; });
        sold.resize(std::min(sold.size(), most_leaf_items));
    }
    IdColumn parents;
    for (std::int32_t leaf = 0; leaf < catalog.leaves().size(); ++leaf) {
        const std::string path(catalog.leaves()[leaf]);
        const auto end = path.rfind(" > ");
        parents.push_back("/" + (end == std::string::npos ? std::string() : path.substr(0, end)));
    }
    leaf_parent = std::move(parents.rows);
}

double AcceptanceModel::probability(const PurchaseHistory& history, const Catalog& catalog, const PriceModel& price,
                                    std::int32_t item, std::int32_t customer, std::int64_t as_of) const {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    if (item < 0 || item >= history.items())
        throw InvalidArgument("item row " + std::to_string(item) + " came; rows are 0 to " +
                              std::to_string(history.items() - 1));
    if (customer != IdMap::unknown && (customer < 0 || customer >= history.customers))
        throw InvalidArgument("customer row " + std::to_string(customer) + " came; rows are 0 to " +
                              std::to_string(history.customers - 1));
    if (empty() || price.leaf[idx(item)] < 0 || std::isnan(price.price[idx(item)])) return unknown;
    AcceptanceQuery query{history, catalog, price, item, customer, history.basket_count()};
    if (as_of != unknown_time && !history.time.empty())
        query.end = std::ranges::upper_bound(history.time, as_of) - history.time.begin();
    query.now = as_of == unknown_time ? history.latest_time() : as_of;
    const OwnPast past = own_past(*this, query);
    const bool knows_leaf = past.baskets > 0;
    const Regression& regression = knows_leaf ? personal : anonymous;
    const std::size_t facts = knows_leaf ? acceptance_fact_count : item_fact_count;
    const std::size_t choice_facts = knows_leaf ? leaf_choice_fact_count : anonymous_choice_fact_count;
    AcceptanceRow row = acceptance_facts_of(*this, query, past);
    row[static_cast<std::size_t>(AcceptanceFact::choice)] =
        regression.choice.empty()
            ? dearer_choice(*this, query, past, {})
            : dearer_choice(*this, query, past, in_order(regression.choice, leaf_choice_facts(), choice_facts));
    const Logistic logistic{regression.intercept, in_order(regression.weights, acceptance_facts(), facts)};
    const double z = logistic.log_odds(std::span(row).first(facts));
    return Logistic{regression.shift, {regression.slope}}.probability(std::vector<double>{z});
}

}  // namespace crosslift
