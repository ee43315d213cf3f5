#include "offers/economics.hpp"

#include <cmath>
#include <limits>

namespace crosslift {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// What is expected to be earned at the known probability, else at a probability of 1; unknown money passes.
bool earns(double expected, double if_always_taken, bool may_be_nothing = false) {
    const double money = std::isnan(expected) ? if_always_taken : expected;
    return std::isnan(money) || money > 0 || (may_be_nothing && money == 0);
}

}  // namespace

float Economics::price(std::int32_t item) const {
    const auto prices = state_->models.catalog.price();
    if (prices.empty()) return Offer::unknown;
    const float list = prices[static_cast<std::size_t>(item)];
    return query_->discount == 0 ? list : static_cast<float>(static_cast<double>(list) * (1 - query_->discount));
}

double Economics::margin(std::int32_t item) const {
    const Catalog& catalog = state_->models.catalog;
    const auto full = static_cast<double>(catalog.unit_margin(item));
    if (query_->discount == 0 || std::isnan(full)) return full;
    if (catalog.price().empty()) return unknown;
    return full - query_->discount * static_cast<double>(catalog.price()[static_cast<std::size_t>(item)]);
}

double Economics::of_adding(std::int32_t item, double probability) const {
    return query_->incrementality * probability * margin(item) - query_->offer_cost;
}

double Economics::of_replacing(std::int32_t from, std::int32_t to, double probability) const {
    const auto old = static_cast<double>(state_->models.catalog.unit_margin(from));
    return probability * (margin(to) - old) - query_->sale_loss_risk * old - query_->offer_cost;
}

bool Economics::allows_adding(std::int32_t item, double probability) const {
    return earns(of_adding(item, probability), of_adding(item, 1));
}

bool Economics::allows_replacing(std::int32_t from, std::int32_t to, double probability) const {
    return earns(of_replacing(from, to, probability), of_replacing(from, to, 1),
                 query_->objective == Objective::revenue);
}

double Economics::value_of_adding(Objective objective, std::int32_t item, double score, double probability) const {
    if (objective == Objective::relevance) return score;
    if (objective == Objective::margin) return of_adding(item, probability);
    return probability * static_cast<double>(price(item));
}

double Economics::value_of_replacing(Objective objective, std::int32_t from, std::int32_t to, double score,
                                     double probability) const {
    if (objective == Objective::relevance) return score;
    if (objective == Objective::margin) return of_replacing(from, to, probability);
    const auto prices = state_->models.catalog.price();
    if (prices.empty()) return unknown;
    return probability * (static_cast<double>(price(to)) - static_cast<double>(prices[static_cast<std::size_t>(from)]));
}

bool knows_margins(const EngineState& state) {
    const Catalog& catalog = state.models.catalog;
    return !catalog.margin().empty() || (!catalog.cost().empty() && !catalog.price().empty());
}

}  // namespace crosslift
