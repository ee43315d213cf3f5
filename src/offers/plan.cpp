// Offers for every customer and placement in one table, and the customers for one item.
#include "offers/answers.hpp"
#include "offers/economics.hpp"
#include "offers/gate.hpp"

#include <crosslift/batch.hpp>
#include <crosslift/error.hpp>
#include <crosslift/plan.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

namespace crosslift {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

// What one customer gets, placement by placement; each sees what the ones before it showed.
struct CustomerPlan {
    std::vector<PlannedOffer> offers;
    std::vector<std::string> warnings;
    bool reachable = true;  // of a segment that the query is for
};

void append(const std::string& customer, const PlacementOffers& placed, std::vector<PlannedOffer>& lines) {
    const auto add = [&](int rank, const Offer& offer) { lines.push_back({customer, placed.placement, rank, offer}); };
    int rank = 0;
    for (const Reminder& it : placed.replenish) {
        add(++rank, it.offer);
        if (it.companion) add(rank, *it.companion);
    }
    for (const auto* list : {&placed.upsell, &placed.cross_sell, &placed.recommend}) {
        rank = 0;
        for (const Offer& offer : *list) add(++rank, offer);
    }
}

// Before a purchase the customer's latest basket stands for the next one.
std::vector<std::int32_t> latest_basket(const EngineState& state, std::int32_t customer, std::int64_t as_of) {
    const PurchaseHistory& history = state.models.history;
    if (customer == IdMap::unknown) return {};
    const auto visits = history.customer_baskets.view().row(customer);
    for (auto visit = visits.rbegin(); visit != visits.rend(); ++visit) {
        if (!history.time.empty() && history.time[idx(*visit)] > as_of) continue;
        const auto items = history.baskets.view().row(*visit);
        return {items.begin(), items.end()};
    }
    return {};
}

CustomerPlan plan_customer(const EngineState& state, const PlanOptions& options, const std::string& customer,
                           std::span<const std::string> basket, std::span<const Contact> contacts) {
    CustomerPlan plan;
    std::vector<Contact> seen(contacts.begin(), contacts.end());
    if (!in_segments(options.query, state.segment_of(customer))) {
        plan.reachable = false;
        return plan;
    }
    const ResolvedQuery resolved = resolve(state, basket, customer, options.query);
    plan.warnings = resolved.warnings;
    for (const PlacementOptions& placement : options.placements) {
        ResolvedQuery asked = resolved;
        asked.warnings.clear();
        const bool after =
            placement.placement == Placement::post_purchase || placement.placement == Placement::newsletter;
        if (basket.empty() && !after) asked.basket = latest_basket(state, asked.customer, asked.as_of);
        PlacementOptions lists_only = placement;
        lists_only.after_upsell = false;
        PlacementOffers placed = place_offers(state, lists_only, options.query, std::move(asked), seen);
        append(customer, placed, plan.offers);
        seen = std::move(placed.contacts);
    }
    return plan;
}

void summarize(const EngineState& state, OfferPlan& plan) {
    std::unordered_set<std::string> items;
    double bits = 0;
    std::int64_t known = 0;
    for (std::size_t n = 0; n < plan.offers.size(); ++n) {
        const PlannedOffer& line = plan.offers[n];
        if (n == 0 || line.customer != plan.offers[n - 1].customer) ++plan.reached;
        items.insert(line.offer.item);
        if (!std::isnan(line.offer.expected_margin)) plan.expected_margin += line.offer.expected_margin;
        const std::int64_t baskets = state.basket_counts[idx(state.models.catalog.items().find(line.offer.item))];
        if (baskets == 0) continue;  // never sold: no share, infinitely new
        bits -= std::log2(static_cast<double>(baskets) / static_cast<double>(state.models.history.basket_count()));
        ++known;
    }
    plan.coverage = state.items() == 0 ? 0 : static_cast<double>(items.size()) / static_cast<double>(state.items());
    plan.novelty = known == 0 ? 0 : bits / static_cast<double>(known);
}

void want_one_each(std::size_t came, std::size_t customers, const char* what) {
    if (came != 0 && came != customers)
        throw InvalidArgument(std::to_string(came) + " " + what + " came for " + std::to_string(customers) +
                              " customers; give one for each, or none");
}

std::vector<std::int32_t> by_taste(const OfferModels& models, std::int32_t item) {
    const Matrix& customers = models.taste.customer_factors;
    const auto wanted = models.taste.item_factors.row(item);
    std::vector<double> score(idx(customers.rows()));
    for (std::int64_t row = 0; row < customers.rows(); ++row) {
        const auto taste = customers.row(row);
        score[idx(row)] = std::inner_product(taste.begin(), taste.end(), wanted.begin(), 0.0, std::plus<>(),
                                             [](float a, float b) { return static_cast<double>(a) * b; });
    }
    std::vector<std::int32_t> order;
    for (std::int32_t row = 0; row < static_cast<std::int32_t>(score.size()); ++row)
        if (score[idx(row)] > 0) order.push_back(row);
    std::ranges::stable_sort(order, [&](std::int32_t a, std::int32_t b) { return score[idx(a)] > score[idx(b)]; });
    return order;
}

}  // namespace

OfferPlan OfferEngine::plan(std::span<const std::string> customers, const PlanOptions& options,
                            std::span<const std::vector<std::string>> baskets,
                            std::span<const std::vector<Contact>> contacts) const {
    const EngineState& state = *state_;
    for (const PlacementOptions& placement : options.placements) check(placement);
    check(options.query);
    want_one_each(baskets.size(), customers.size(), "baskets");
    want_one_each(contacts.size(), customers.size(), "lists of contacts");
    const auto plans = answer_all(
        customers.size(),
        [&](std::size_t n) {
            const std::span<const std::string> basket = baskets.empty() ? std::span<const std::string>() : baskets[n];
            const std::span<const Contact> seen = contacts.empty() ? std::span<const Contact>() : contacts[n];
            return plan_customer(state, options, customers[n], basket, seen);
        },
        options.threads);
    OfferPlan plan;
    plan.customers = static_cast<std::int64_t>(customers.size());
    std::int64_t outside = 0;
    for (const CustomerPlan& it : plans) {
        if (!it.reachable) ++outside;
        plan.offers.insert(plan.offers.end(), it.offers.begin(), it.offers.end());
        for (const std::string& warning : it.warnings)
            if (std::ranges::find(plan.warnings, warning) == plan.warnings.end()) plan.warnings.push_back(warning);
    }
    if (outside > 0)
        plan.warnings.push_back(std::to_string(outside) + " of " + std::to_string(customers.size()) +
                                " customers are in none of OfferQuery.segments and get no offer");
    summarize(state, plan);
    return plan;
}

TargetList OfferEngine::target_customers(const std::string& item, const OfferQuery& query) const {
    const EngineState& state = *state_;
    TargetList result;
    check(query);
    OfferQuery for_anybody = query;  // the customers' segments are looked at one by one
    for_anybody.segments.clear();
    ResolvedQuery resolved = resolve(state, {}, {}, for_anybody);
    const std::int32_t row = state.models.catalog.items().find(item);
    if (row == IdMap::unknown) {
        resolved.warnings.push_back("unknown item '" + item + "' has no customers");
    } else if (state.models.taste.customer_factors.empty()) {
        resolved.warnings.push_back("no customer is known, so nobody can be named for '" + item + "'");
    } else if (query.personalization == 0) {
        resolved.warnings.push_back("personalization is 0, so nothing of the customers counts and none can be named");
    } else if (offerable(state, query, resolved, Bought::leave_out)[idx(row)] != 0) {
        OfferQuery one = query;
        one.k = 1;
        one.allow = {item};
        ResolvedQuery asked = resolved;
        asked.allow = {row};
        std::erase_if(asked.rules, [](const ResolvedRule& rule) { return rule.action != OfferRule::Action::deny; });
        for (const std::int32_t customer : by_taste(state.models, row)) {
            if (static_cast<int>(result.customers.size()) == query.k) break;
            if (!query.allow_bought && has_bought(state, customer, row)) continue;
            const CustomerSegment segment = state.segments[idx(customer)];
            if (!in_segments(query, segment)) continue;
            asked.customer = customer;
            asked.segment = segment;
            auto offers = recommend_offers(state, one, asked);
            if (!offers.empty())
                result.customers.push_back({std::string(state.models.customers[customer]), std::move(offers.front())});
        }
    }
    result.warnings = std::move(resolved.warnings);
    return result;
}

}  // namespace crosslift
