#include "offers/finish.hpp"

#include "offers/gate.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift {
namespace {

Offer begin(const EngineState& state, std::int32_t customer, OfferKind kind, const Pick& pick, const Economics& money) {
    const Catalog& catalog = state.models.catalog;
    Offer offer;
    offer.item = catalog.items()[pick.item];
    offer.name = catalog.name(pick.item);
    offer.kind = kind;
    offer.score = pick.score;
    offer.relevance = pick.relevance;
    offer.probability = pick.probability;
    offer.price = money.price(pick.item);
    if (has_bought(state, customer, pick.item)) offer.flags.push_back(OfferFlag::bought_before);
    if (std::isnan(money.margin(pick.item))) offer.flags.push_back(OfferFlag::margin_unknown);
    return offer;
}

}  // namespace

Offer finish_adding(const EngineState& state, const OfferQuery& query, std::int32_t customer, OfferKind kind,
                    const Pick& pick) {
    const Economics money(state, query);
    Offer offer = begin(state, customer, kind, pick, money);
    offer.expected_margin = money.of_adding(pick.item, pick.probability);
    return offer;
}

Offer finish_replacing(const EngineState& state, const OfferQuery& query, std::int32_t customer, std::int32_t from,
                       const Pick& pick) {
    const Catalog& catalog = state.models.catalog;
    const Economics money(state, query);
    Offer offer = begin(state, customer, OfferKind::upsell, pick, money);
    offer.expected_margin = money.of_replacing(from, pick.item, pick.probability);
    offer.anchor = catalog.items()[from];
    offer.evidence = state.evidence(from, pick.item);
    if (!catalog.price().empty())
        offer.price_difference = offer.price - catalog.price()[static_cast<std::size_t>(from)];
    return offer;
}

bool has_flag(const Offer& offer, OfferFlag flag) {
    return std::ranges::find(offer.flags, flag) != offer.flags.end();
}

}  // namespace crosslift
