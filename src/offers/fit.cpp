// One fit: purchases and catalog in, every model of the engine out.
#include <crosslift/cold_start.hpp>
#include <crosslift/content.hpp>
#include <crosslift/error.hpp>
#include <crosslift/offers.hpp>

#include <algorithm>
#include <chrono>

namespace crosslift {
namespace {

// Customers x items, or baskets x items where no customer is known: item factors are learned either way.
AlsModel fit_taste(const PurchaseHistory& history, const AlsOptions& options, const Progress& progress) {
    if (history.customers > 0) return fit_als(customer_items(history), options, progress);
    CsrMatrix baskets = history.baskets;
    baskets.values.clear();
    AlsModel model = fit_als(baskets, options, progress);
    model.customer_factors = Matrix();
    return model;
}

bool has_pair(const CsrView& baskets) {
    for (std::int64_t row = 0; row < baskets.rows; ++row)
        if (baskets.row(row).size() > 1) return true;
    return false;
}

}  // namespace

OfferEngine fit_offer_engine(const Transactions& transactions, const Catalog& catalog,
                             const OfferEngineOptions& options, const Progress& progress) {
    const auto start = std::chrono::steady_clock::now();
    OfferModels models;
    models.options = options;
    models.customers = transactions.customers();
    models.catalog = catalog.aligned_to(transactions.items(), median_prices(transactions));
    models.history = make_history(transactions, models.catalog.items(), models.customers);
    const PurchaseHistory& history = models.history;
    const PurchaseHistory contexts = merge_contexts(history, options.context);
    if (!has_pair(contexts.baskets))
        throw DataError("no basket holds two different items (" + std::to_string(history.basket_count()) +
                        " baskets came), so nothing can be learned about what goes together; check that the basket "
                        "column names receipts, not lines");

    ComplementOptions complement = options.complement;
    complement.ease.threads = options.threads;
    complement.ease.device = options.device;
    const std::vector<float> ages = basket_age_days(contexts, contexts.latest_time());
    models.complement = fit_complement(contexts.baskets, contexts.time, ages, complement, progress, contexts.line);
    models.complement = add_cold_items(std::move(models.complement), contexts.baskets, contexts.time,
                                       item_content(models.catalog), options.cold_start, progress, ages, contexts.line);
    models.own_history = tune_own_history(history, models.complement.options.ease, progress);

    AlsOptions taste = options.taste;
    taste.threads = options.threads;
    taste.device = options.device;
    taste.seed = options.seed;
    models.taste = fit_taste(history, taste, progress);
    models.price = fit_price(history, models.catalog);

    TradeUpOptions trade_up = options.trade_up;
    trade_up.threads = options.threads;
    trade_up.seed = options.seed;
    trade_up.taste.device = options.device;
    models.trade_up = fit_trade_up(history, models.catalog, trade_up, progress);

    AcceptanceOptions acceptance = options.acceptance;
    acceptance.seed = options.seed;
    models.acceptance = fit_acceptance(history, models.catalog, acceptance, progress);

    ReplenishmentOptions replenishment = options.replenishment;
    replenishment.seed = options.seed;
    models.replenishment = fit_replenishment(history, replenishment, progress);
    models.fit_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return OfferEngine(std::move(models));
}

}  // namespace crosslift
