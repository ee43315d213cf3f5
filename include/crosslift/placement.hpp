// Where and when offers are made: the places of a shop, what fits each of them, and when to leave a customer in peace.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/reminder.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crosslift {

enum class Placement { product_page, cart, checkout, post_purchase, newsletter };

constexpr std::array<Placement, 5> placements = {Placement::product_page, Placement::cart, Placement::checkout,
                                                 Placement::post_purchase, Placement::newsletter};

/// "product_page", "cart", ...
CROSSLIFT_API std::string_view name_of(Placement placement);

/// An offer that was made to a customer, and what became of it.
struct Contact {
    enum class Answer { none, accepted, declined };

    std::string item;
    std::int64_t time = 0;  ///< in the unit of the purchases' time
    Answer answer = Answer::none;
};

/// How many offers of which kind, and how often. Days need purchases with dates: without them every contact counts as
/// recent and nothing cools down.
struct PlacementOptions {
    Placement placement = Placement::product_page;
    int upsells = 3;          ///< at most; before the purchase only, unless you ask for them afterwards
    int cross_sells = 4;      ///< at most
    int reminders = 0;        ///< at most; "buy it again"
    int recommendations = 0;  ///< at most

    int frequency_cap = 20;     ///< offers that one customer sees within `frequency_days`, 0 = no cap
    int repeat_cap = 3;         ///< times that one item is shown within `frequency_days`, 0 = no cap
    double frequency_days = 7;  ///< > 0
    double declined_days = 30;  ///< a declined item and its variants stay away as long
    double cooldown_days = 14;  ///< nothing of a category, and nothing better than an item of it, as long after a
                                ///< purchase in it; what customers come back for may be cross-sold all the same
    std::vector<std::pair<std::string, double>> category_cooldown_days = {};  ///< by category name, instead of that
    double anchor_days = 90;   ///< newsletter: what was bought within these days speaks for its offers
    bool after_upsell = true;  ///< also the cross-sell that follows from each accepted up-sell
};

/// The usual numbers of a placement. Up-sells: product_page 3, cart 2, checkout 1, then none; cross-sells: 4, 4, 2, 3,
/// 3; reminders and recommendations: newsletter 3 and 3.
CROSSLIFT_API PlacementOptions placement_options(Placement placement);

/// What OfferEngine::offers() returns: lists without an item in common.
struct PlacementOffers {
    Placement placement = Placement::product_page;
    std::vector<Offer> upsell, cross_sell, recommend;
    std::vector<Reminder> replenish;
    std::vector<std::vector<Offer>> cross_sell_after;  ///< [n]: the cross-sell once upsell[n] took its anchor's place
    std::vector<Contact> contacts;  ///< those handed in and these offers, shown at `as_of`: hand them in next time
    std::vector<std::string> warnings;
};

}  // namespace crosslift
