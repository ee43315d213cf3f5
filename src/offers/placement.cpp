// Offers for one place of the shop: which lists it takes, who is left in peace, and no item twice.
#include "offers/answers.hpp"
#include "offers/contacts.hpp"
#include "offers/gate.hpp"

#include <crosslift/error.hpp>
#include <crosslift/placement.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace crosslift {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

template <class T>
void want(bool good, const char* option, T came, const char* wanted) {
    if (!good)
        throw InvalidArgument(std::string("PlacementOptions.") + option + " is " + std::to_string(came) +
                              "; it must be " + wanted);
}

constexpr std::int64_t most_anchors = 20;  // recent purchases that speak for a newsletter

class Placing {
public:
    Placing(const EngineState& state, const PlacementOptions& options, const OfferQuery& query, ResolvedQuery resolved,
            std::span<const Contact> contacts)
        : state_(state),
          options_(options),
          query_(query),
          resolved_(std::move(resolved)),
          cooling_(cooling_items(state, options, resolved_.customer, resolved_.as_of)),
          room_(room_left(state, options, contacts, resolved_.as_of)) {
        const auto away = kept_away(state, options, contacts, resolved_.as_of);
        resolved_.exclude.insert(resolved_.exclude.end(), away.begin(), away.end());
        result_.contacts.assign(contacts.begin(), contacts.end());
        result_.placement = options.placement;
        resolved_.basket = anchors();
    }

    PlacementOffers place() {
        if (room_ > 0) {
            add_reminders();
            add_upsells();
            add_cross_sells();
            add_recommendations();
            share_room();
            if (options_.after_upsell && options_.cross_sells > 0) add_cross_sells_after();
            note_contacts();
        }
        result_.warnings = std::move(resolved_.warnings);
        return std::move(result_);
    }

private:
    bool after_purchase() const {
        return options_.placement == Placement::post_purchase || options_.placement == Placement::newsletter;
    }

    // The basket as it came; without one, after the purchase: the customer's latest, for a newsletter what was bought
    // lately and does not cool down any more.
    std::vector<std::int32_t> anchors() const {
        if (!resolved_.basket.empty() || resolved_.customer == IdMap::unknown || !after_purchase())
            return resolved_.basket;
        const PurchaseHistory& history = state_.models.history;
        const bool newsletter = options_.placement == Placement::newsletter;
        const auto visits = history.customer_baskets.view().row(resolved_.customer);
        std::vector<std::int32_t> items;
        for (auto visit = visits.rbegin(); visit != visits.rend(); ++visit) {
            if (!history.time.empty() && history.time[idx(*visit)] > resolved_.as_of) continue;
            if (newsletter && !items.empty() && history.time_kind != TimeKind::timestamp) break;
            if (newsletter && !history.time.empty() &&
                days_between(state_, history.time[idx(*visit)], resolved_.as_of) >= options_.anchor_days)
                break;
            for (const std::int32_t item : history.baskets.view().row(*visit))
                if ((!newsletter || cooling_[idx(item)] == 0) && std::ranges::find(items, item) == items.end() &&
                    static_cast<std::int64_t>(items.size()) < most_anchors)
                    items.push_back(item);
            if (!newsletter) break;
        }
        std::ranges::sort(items);
        return items;
    }

    // The query for one more list: what is in another already, or cools down, stays out. Customers may be reminded of
    // what they come back for, and it may be cross-sold.
    ResolvedQuery for_list(bool even_replenishable) const {
        ResolvedQuery next = resolved_;
        next.warnings.clear();
        next.exclude.insert(next.exclude.end(), used_.begin(), used_.end());
        for (std::size_t item = 0; item < cooling_.size(); ++item)
            if (cooling_[item] != 0 && (even_replenishable || state_.replenishable[item] == 0))
                next.exclude.push_back(static_cast<std::int32_t>(item));
        return next;
    }

    OfferQuery query_of(int k) const {
        OfferQuery query = query_;
        query.k = k;
        return query;
    }

    void use(const Offer& offer) {
        const std::int32_t item = state_.models.catalog.items().find(offer.item);
        used_.push_back(item);
        const auto& variant = state_.models.catalog.variant().rows;
        if (variant.empty() || variant[idx(item)] == IdMap::unknown) return;
        const auto& sisters = state_.variant_items[idx(variant[idx(item)])];
        used_.insert(used_.end(), sisters.begin(), sisters.end());
    }

    void add_reminders() {
        if (options_.reminders == 0) return;
        ResolvedQuery next = resolved_;
        next.warnings.clear();
        result_.replenish = due_reminders(state_, query_of(options_.reminders), next, {});
        resolved_.warnings.insert(resolved_.warnings.end(), next.warnings.begin(), next.warnings.end());
        for (const Reminder& it : result_.replenish) {
            use(it.offer);
            if (it.companion) use(*it.companion);
        }
    }

    void add_upsells() {
        if (options_.upsells == 0) return;
        std::vector<Offer> all;
        ResolvedQuery next = for_list(true);
        const std::vector<std::int32_t> excluded = next.exclude;
        for (const std::int32_t anchor : resolved_.basket) {
            if (cooling_[idx(anchor)] != 0) continue;
            next.basket = {anchor};
            next.exclude = excluded;
            next.exclude.insert(next.exclude.end(), resolved_.basket.begin(), resolved_.basket.end());
            std::erase(next.exclude, anchor);
            std::vector<Offer> found = upsell_offers(state_, query_of(options_.upsells), next);
            std::ranges::move(found, std::back_inserter(all));
        }
        resolved_.warnings.insert(resolved_.warnings.end(), next.warnings.begin(), next.warnings.end());
        if (resolved_.basket.size() > 1)
            std::ranges::stable_sort(all, [](const Offer& a, const Offer& b) { return a.score > b.score; });
        for (Offer& offer : all) {
            if (static_cast<int>(result_.upsell.size()) == options_.upsells) break;
            if (std::ranges::find(used_, state_.models.catalog.items().find(offer.item)) != used_.end()) continue;
            use(offer);
            result_.upsell.push_back(std::move(offer));
        }
    }

    void add_cross_sells() {
        if (options_.cross_sells == 0 || resolved_.basket.empty()) return;
        result_.cross_sell = cross_sell_offers(state_, query_of(options_.cross_sells), for_list(false));
        for (const Offer& offer : result_.cross_sell) use(offer);
    }

    void add_recommendations() {
        if (options_.recommendations == 0) return;
        result_.recommend = recommend_offers(state_, query_of(options_.recommendations), for_list(false));
        for (const Offer& offer : result_.recommend) use(offer);
    }

    // Places are given in rounds, the first of each list, then the second, until the frequency cap is reached.
    void share_room() {
        std::size_t reminders = 0, upsells = 0, cross_sells = 0, recommendations = 0;
        int left = room_;
        for (bool more = true; more && left > 0;) {
            more = false;
            const auto give = [&](std::size_t& taken, std::size_t size) {
                if (taken == size || left == 0) return false;
                ++taken;
                --left;
                return more = true;
            };
            if (give(reminders, result_.replenish.size()) && result_.replenish[reminders - 1].companion) {
                if (left == 0) {
                    result_.replenish[reminders - 1].companion.reset();
                } else {
                    --left;
                }
            }
            give(upsells, result_.upsell.size());
            give(cross_sells, result_.cross_sell.size());
            give(recommendations, result_.recommend.size());
        }
        result_.replenish.resize(reminders);
        result_.upsell.resize(upsells);
        result_.cross_sell.resize(cross_sells);
        result_.recommend.resize(recommendations);
    }

    void add_cross_sells_after() {
        for (const Offer& offer : result_.upsell) {
            ResolvedQuery next = for_list(false);
            const IdMap& ids = state_.models.catalog.items();
            const std::int32_t upgrade = ids.find(offer.item);
            std::erase(next.basket, ids.find(offer.anchor));
            next.basket.insert(std::ranges::lower_bound(next.basket, upgrade), upgrade);
            // The lists above were for the basket as it is: their cross-sells may come back.
            std::erase_if(next.exclude, [&](std::int32_t item) {
                return std::ranges::any_of(result_.cross_sell,
                                           [&](const Offer& other) { return ids.find(other.item) == item; });
            });
            result_.cross_sell_after.push_back(cross_sell_offers(state_, query_of(options_.cross_sells), next));
        }
    }

    void note_contacts() {
        const auto note = [&](const Offer& offer) { result_.contacts.push_back({offer.item, resolved_.as_of}); };
        for (const Reminder& it : result_.replenish) {
            note(it.offer);
            if (it.companion) note(*it.companion);
        }
        for (const auto* list : {&result_.upsell, &result_.cross_sell, &result_.recommend})
            for (const Offer& offer : *list) note(offer);
    }

    const EngineState& state_;
    const PlacementOptions& options_;
    const OfferQuery& query_;
    ResolvedQuery resolved_;
    std::vector<std::uint8_t> cooling_;
    int room_ = 0;
    std::vector<std::int32_t> used_;
    PlacementOffers result_;
};

}  // namespace

std::string_view name_of(Placement placement) {
    constexpr std::array<std::string_view, 5> names = {"product_page", "cart", "checkout", "post_purchase",
                                                       "newsletter"};
    return names[static_cast<std::size_t>(placement)];
}

PlacementOptions placement_options(Placement placement) {
    PlacementOptions options{.placement = placement};
    switch (placement) {
        case Placement::product_page:
            break;
        case Placement::cart:
            options.upsells = 2;
            break;
        case Placement::checkout:
            options.upsells = 1;
            options.cross_sells = 2;
            break;
        case Placement::post_purchase:
            options.upsells = 0;
            options.cross_sells = 3;
            break;
        case Placement::newsletter:
            options.upsells = 0;
            options.cross_sells = 3;
            options.reminders = 3;
            options.recommendations = 3;
            break;
    }
    return options;
}

void check(const PlacementOptions& options) {
    want(options.upsells >= 0, "upsells", options.upsells, "0 or more");
    want(options.cross_sells >= 0, "cross_sells", options.cross_sells, "0 or more");
    want(options.reminders >= 0, "reminders", options.reminders, "0 or more");
    want(options.recommendations >= 0, "recommendations", options.recommendations, "0 or more");
    want(options.frequency_cap >= 0, "frequency_cap", options.frequency_cap, "0 (no cap) or more");
    want(options.repeat_cap >= 0, "repeat_cap", options.repeat_cap, "0 (no cap) or more");
    want(options.frequency_days > 0, "frequency_days", options.frequency_days, "above 0");
    want(options.declined_days >= 0, "declined_days", options.declined_days, "0 or more");
    want(options.cooldown_days >= 0, "cooldown_days", options.cooldown_days, "0 or more");
    want(options.anchor_days > 0, "anchor_days", options.anchor_days, "above 0");
    for (const auto& [category, days] : options.category_cooldown_days)
        want(days >= 0, ("category_cooldown_days['" + category + "']").c_str(), days, "0 or more");
}

PlacementOffers place_offers(const EngineState& state, const PlacementOptions& options, const OfferQuery& query,
                             ResolvedQuery resolved, std::span<const Contact> contacts) {
    return Placing(state, options, query, std::move(resolved), contacts).place();
}

PlacementOffers OfferEngine::offers(std::span<const std::string> basket, const std::string& customer,
                                    const PlacementOptions& options, std::span<const Contact> contacts,
                                    const OfferQuery& query) const {
    check(options);
    ResolvedQuery resolved = resolve(*state_, basket, customer, query);
    for (const auto& [category, days] : options.category_cooldown_days)
        if (!state_->category_items.contains(category))
            resolved.warnings.push_back("unknown category '" + category + "' in category_cooldown_days was ignored");
    return place_offers(*state_, options, query, std::move(resolved), contacts);
}

}  // namespace crosslift
