// The engine: one fit from purchases and catalog, then cross_sell, upsell, recommend and explanations.
#pragma once

#include <crosslift/als.hpp>
#include <crosslift/api.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/comparison.hpp>
#include <crosslift/complement.hpp>
#include <crosslift/context.hpp>
#include <crosslift/history.hpp>
#include <crosslift/own_history.hpp>
#include <crosslift/price.hpp>
#include <crosslift/progress.hpp>
#include <crosslift/replenishment.hpp>
#include <crosslift/trade_up.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace crosslift {

enum class OfferKind { cross_sell, upsell, recommend, similar };

/// One measured fact behind an offer.
struct Reason {
    std::string fact;  ///< "bought_together", "buyers", "price", "usual_price", "taste", "repeat", "popularity", ...
    std::string item;  ///< the item of the query that it is about; may be empty
    double value = 0;  ///< its share of the score where `is_share`, else the number itself
    bool is_share = false;
};

/// One offer. Numbers that are not known are NaN (money) or 0 (counts).
struct Offer {
    std::string item;
    std::string name;
    OfferKind kind = OfferKind::cross_sell;
    double score = 0;  ///< what the list is ordered by; shares in `reasons` sum to it
    float price = std::numeric_limits<float>::quiet_NaN();
    float price_difference = std::numeric_limits<float>::quiet_NaN();  ///< upsell: price - price of the query item
    std::string anchor;                                                ///< the query item that the evidence speaks of
    Evidence evidence;  ///< anchor (first) and this item (second), counted over the purchases
    std::vector<Reason> reasons;
    std::string sentence;  ///< one sentence for a shopkeeper, made of these facts only
};

/// What a query returns. `warnings` names ids that were not known and were left out.
struct OfferList {
    std::vector<Offer> offers;
    std::vector<std::string> warnings;
};

/// How to offer. The one set of defaults for C++, Python and the command line.
struct OfferQuery {
    int k = 10;                        ///< offers wanted, >= 1; fewer is normal
    int max_per_category = 1;          ///< cross_sell: per leaf, 0 = no limit; items without a leaf are not limited
    bool allow_same_category = false;  ///< cross_sell: may offer items of a leaf in the basket
    bool allow_bought = false;         ///< may offer what the customer bought before (recommend, cross_sell)
    std::int64_t min_support = 3;      ///< cross_sell: baskets that must hold anchor and offer together
    double min_g2 = 10.83;             ///< cross_sell: significance of that (10.83: p < 0.001)
    double min_price_ratio = 1.05;     ///< upsell: offer price / query price, at least; > 1
    double max_price_ratio = 2.0;      ///< upsell: at most
    float budget = std::numeric_limits<float>::infinity();  ///< no offer is dearer, money
    double personalization = 1.0;  ///< weight of own history, 0 .. 1; 0 = exactly the list of an unknown customer
    std::vector<std::string> exclude = {};   ///< never offer these
    std::vector<std::string> allow = {};     ///< if not empty, offer only these
    std::optional<std::int64_t> as_of = {};  ///< now, in the unit of the purchases' time; default: their latest
};

struct OfferEngineOptions {
    ContextOptions context;  ///< what counts as bought together
    ComplementOptions complement;
    AlsOptions taste = {.factors = 64, .iterations = 10, .objective = AlsObjective::rendle, .regularization = 0.003F};
    TradeUpOptions trade_up;
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
    ReplenishmentModel replenishment;  ///< empty() where purchases carry no dates
    OwnHistory own_history;
    OfferEngineOptions options;
    double fit_seconds = 0;
};

struct EngineState;

/// Immutable; any number of threads may query one engine, and copies share the same models.
class CROSSLIFT_API OfferEngine {
public:
    explicit OfferEngine(OfferModels models);

    /// What goes with this basket: complements of the whole set. One item = "frequently bought together".
    OfferList cross_sell(std::span<const std::string> basket, const std::string& customer = {},
                         const OfferQuery& query = {}) const;

    /// Better, dearer versions of `item` in the same leaf, within the budget.
    OfferList upsell(const std::string& item, const std::string& customer = {}, const OfferQuery& query = {}) const;

    /// What this customer would want next; popular items for a customer that is not known.
    OfferList recommend(const std::string& customer, const OfferQuery& query = {}) const;

    /// Substitutes: items bought in the same company.
    OfferList similar_items(const std::string& item, const OfferQuery& query = {}) const;

    /// Pros and cons of `second` against `first`, price and unit price. Of an unknown item nothing is known.
    Comparison compare(const std::string& first, const std::string& second) const;

    /// Raw model scores without rules: baskets x items. Unknown ids are ignored; `customers` is empty or one per
    /// basket ("" = anonymous); `as_of` defaults to the latest purchase.
    Matrix score_baskets(std::span<const std::vector<std::string>> baskets, std::span<const std::string> customers = {},
                         std::optional<std::int64_t> as_of = {}) const;

    /// Raw trade-up scores without rules: one list per query item, in the order of its candidates; NaN for an unknown
    /// candidate. An unknown query item gives the scores of popularity. Sales are weighed by their age at the latest
    /// purchase, so `as_of`, taken for symmetry with score_baskets(), changes nothing.
    std::vector<std::vector<float>> score_upsells(std::span<const std::string> items,
                                                  std::span<const std::vector<std::string>> candidates,
                                                  std::span<const std::string> customers = {},
                                                  std::optional<std::int64_t> as_of = {}) const;

    const OfferModels& models() const;

private:
    std::shared_ptr<const EngineState> state_;
};

/// An offer in full, line by line: sentence, price, counted evidence, and each reason with its share of the score.
CROSSLIFT_API std::string explain(const Offer& offer);

/// Trains every model of the engine. Throws DataError when no basket has two items that can be modelled.
CROSSLIFT_API OfferEngine fit_offer_engine(const Transactions& transactions, const Catalog& catalog = {},
                                           const OfferEngineOptions& options = {}, const Progress& progress = {});

}  // namespace crosslift
