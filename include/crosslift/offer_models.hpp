// What an engine is made with and of: options of a fit, and every model as plain values.
#pragma once

#include <crosslift/acceptance.hpp>
#include <crosslift/als.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/cold_start.hpp>
#include <crosslift/complement.hpp>
#include <crosslift/context.hpp>
#include <crosslift/device.hpp>
#include <crosslift/history.hpp>
#include <crosslift/ids.hpp>
#include <crosslift/own_history.hpp>
#include <crosslift/price.hpp>
#include <crosslift/replenishment.hpp>
#include <crosslift/trade_up.hpp>

#include <cstdint>

namespace crosslift {

struct OfferEngineOptions {
    ContextOptions context;  ///< what counts as bought together
    ComplementOptions complement;
    ColdStartOptions cold_start;  ///< for items that too few baskets hold
    AlsOptions taste = {.factors = 64, .iterations = 10, .objective = AlsObjective::rendle, .regularization = 0.003F};
    TradeUpOptions trade_up;
    AcceptanceOptions acceptance;
    ReplenishmentOptions replenishment;
    std::uint64_t seed = 0;
    int threads = 0;
    Device device = {};
};

/// Everything an engine knows, as plain values: what a model file holds. Rows of all parts agree.
struct OfferModels {
    IdMap customers;
    Catalog catalog;  ///< aligned: row = item row of every part
    PurchaseHistory history;
    ComplementModel complement;
    AlsModel taste;
    PriceModel price;
    TradeUpModel trade_up;
    AcceptanceModel acceptance;        ///< empty() where nothing could be learned
    ReplenishmentModel replenishment;  ///< empty() where purchases carry no dates
    OwnHistory own_history;
    OfferEngineOptions options;
    double fit_seconds = 0;
};

}  // namespace crosslift
