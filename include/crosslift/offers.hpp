// The engine: one fit from purchases and catalog, then cross_sell, upsell, recommend and explanations.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/bundle.hpp>
#include <crosslift/comparison.hpp>
#include <crosslift/matrix.hpp>
#include <crosslift/offer.hpp>
#include <crosslift/offer_models.hpp>
#include <crosslift/offer_query.hpp>
#include <crosslift/placement.hpp>
#include <crosslift/plan.hpp>
#include <crosslift/progress.hpp>
#include <crosslift/reminder.hpp>
#include <crosslift/segment.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace crosslift {

/// What the purchases of a known customer do to the scores of score_baskets().
enum class HistoryUse {
    mixed,      ///< one list: own history lifts what the customer buys again
    discovery,  ///< items new to the customer only, ordered as for anybody; what they bought scores -infinity
    buy_again   ///< only what the customer bought, lifted by own history; all else scores -infinity
};

struct EngineState;

/// Immutable; any number of threads may query one engine, and copies share the same models.
class CROSSLIFT_API OfferEngine {
public:
    explicit OfferEngine(OfferModels models);

    /// What goes with this basket: complements of the whole set. One item = "frequently bought together".
    OfferList cross_sell(std::span<const std::string> basket, const std::string& customer = {},
                         const OfferQuery& query = {}) const;

    /// Better, dearer versions of `item` in its leaf or on its ladder, within the budget; also of what is owned.
    OfferList upsell(const std::string& item, const std::string& customer = {}, const OfferQuery& query = {}) const;

    /// What this customer would want next; popular items for a customer that is not known.
    OfferList recommend(const std::string& customer, const OfferQuery& query = {}) const;

    /// Substitutes: items bought in the same company.
    OfferList similar_items(const std::string& item, const OfferQuery& query = {}) const;

    /// Pros and cons of `second` against `first`, price and unit price. Of an unknown item nothing is known.
    Comparison compare(const std::string& first, const std::string& second) const;

    /// A set around `item`: its series first, then what goes best with the set so far, one per category, within the
    /// budget and above the margin floor. Deterministic; may be the item alone.
    Bundle bundle(const std::string& item, const std::string& customer = {}, const OfferQuery& query = {},
                  const BundleOptions& options = {}) const;

    /// What this customer is about to buy again, each with one companion; `query.discount` is for the companions. Empty
    /// for a customer that is not known; empty with a warning where the purchases carry no dates.
    ReminderList replenish(const std::string& customer, const OfferQuery& query = {},
                           const ReminderOptions& options = {}) const;

    /// The k items of the next basket: what is due, most likely first, then what recommend() finds.
    OfferList next_basket(const std::string& customer, const OfferQuery& query = {},
                          const ReminderOptions& options = {}) const;

    /// Every list that a place of the shop takes, no item twice, under frequency cap and cool-down. `query.k` is not
    /// used: the placement says how many of which kind.
    PlacementOffers offers(std::span<const std::string> basket, const std::string& customer,
                           const PlacementOptions& options, std::span<const Contact> contacts = {},
                           const OfferQuery& query = {}) const;

    /// offers() for many customers and placements, each customer's contacts carried from one placement to the next.
    /// `baskets` and `contacts` have one entry per customer, or none; without a basket the latest one stands for it.
    OfferPlan plan(std::span<const std::string> customers, const PlanOptions& options = {},
                   std::span<const std::vector<std::string>> baskets = {},
                   std::span<const std::vector<Contact>> contacts = {}) const;

    /// The k customers to whose taste `item` is most, among those that recommend() may make the offer to.
    TargetList target_customers(const std::string& item, const OfferQuery& query = {}) const;

    /// Who this customer is by all the purchases; "new" for an id that they do not know. None for "" (anybody), and
    /// where no customer is known at all.
    std::optional<CustomerSegment> segment_of(const std::string& customer) const;

    /// Raw model scores without rules: baskets x items. Unknown ids are ignored; `customers` is empty or one per
    /// basket ("" = anonymous); `as_of` defaults to the latest purchase. Buying again and discovering are different
    /// games, and one list can serve only one of them best: `history` says which one to play. For an unknown customer
    /// it changes nothing.
    Matrix score_baskets(std::span<const std::vector<std::string>> baskets, std::span<const std::string> customers = {},
                         std::optional<std::int64_t> as_of = {}, HistoryUse history = HistoryUse::mixed) const;

    /// Raw trade-up scores without rules: one list per query item, in the order of its candidates; NaN for an unknown
    /// candidate. An unknown query item gives the scores of popularity. Purchases after `as_of` (default: none) are not
    /// looked at, which costs a count over all purchases per call; weights and taste stay those of training. Sales are
    /// weighed by their age at the last purchase known, so a date after the latest one changes nothing.
    std::vector<std::vector<float>> score_upsells(std::span<const std::string> items,
                                                  std::span<const std::vector<std::string>> candidates,
                                                  std::span<const std::string> customers = {},
                                                  std::optional<std::int64_t> as_of = {}) const;

    /// P(up) for each item: that a customer who takes it now buys something dearer at their next purchase in its leaf
    /// (AcceptanceModel: what people did on their own, not what an offer does). NaN for an unknown item, one without
    /// price or category, and where the model is empty. Customers and `as_of` as in score_baskets().
    std::vector<double> trade_up_probability(std::span<const std::string> items,
                                             std::span<const std::string> customers = {},
                                             std::optional<std::int64_t> as_of = {}) const;

    const OfferModels& models() const;

private:
    std::shared_ptr<const EngineState> state_;
};

/// Trains every model of the engine. Throws DataError when no basket has two items that can be modelled.
CROSSLIFT_API OfferEngine fit_offer_engine(const Transactions& transactions, const Catalog& catalog = {},
                                           const OfferEngineOptions& options = {}, const Progress& progress = {});

}  // namespace crosslift
