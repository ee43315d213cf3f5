// A set around one item: its series first, then, one at a time, what goes best with the set so far.
#include "offers/answers.hpp"
#include "offers/economics.hpp"
#include "offers/explain.hpp"
#include "offers/finish.hpp"
#include "offers/gate.hpp"
#include "offers/scoring.hpp"

#include <crosslift/bundle.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>

namespace crosslift {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

void check(const EngineState& state, const BundleOptions& options) {
    if (options.max_items < 2)
        throw InvalidArgument("BundleOptions.max_items is " + std::to_string(options.max_items) +
                              "; a set has at least 2 items");
    if (std::isnan(options.min_margin))
        throw InvalidArgument("BundleOptions.min_margin is not a number; give money, or 0");
    if (options.min_margin > 0 && !knows_margins(state))
        throw InvalidArgument("BundleOptions.min_margin is " + money(options.min_margin) +
                              ", but the catalog has neither 'cost' nor 'margin'; name one of these columns, or leave "
                              "min_margin at 0");
}

class BundleBuilder {
public:
    BundleBuilder(const EngineState& state, const OfferQuery& query, const BundleOptions& options,
                  const ResolvedQuery& resolved)
        : state_(state),
          query_(query),
          options_(options),
          resolved_(resolved),
          money_(state, query),
          categories_(state, query.max_per_category) {
        anchor_ = resolved.basket.front();
        set_ = {anchor_};
        categories_.add(anchor_);
        price_ = static_cast<double>(money_.price(anchor_));
        margin_ = money_.margin(anchor_);
        // Wishes about lists make no sense in a set; what is denied stays denied.
        std::erase_if(resolved_.rules, [](const ResolvedRule& rule) { return rule.action != OfferRule::Action::deny; });
    }

    Bundle build() {
        Bundle bundle;
        bundle.completes_series = add_series(bundle.added);
        while (!full() && add_best(bundle.added)) {
        }
        bundle.anchor = state_.models.catalog.items()[anchor_];
        bundle.anchor_name = state_.models.catalog.name(anchor_);
        bundle.discount = bundle.added.empty() ? 0 : query_.discount;
        bundle.sum_price = sum_price();
        bundle.bundle_price = bundle.added.empty() ? bundle.sum_price : price_;
        bundle.margin =
            bundle.added.empty() ? static_cast<double>(state_.models.catalog.unit_margin(anchor_)) : margin_;
        bundle.sentence = sentence(bundle);
        return bundle;
    }

private:
    bool full() const { return static_cast<int>(set_.size()) >= options_.max_items; }

    double sum_price() const {
        const auto price = state_.models.catalog.price();
        double sum = price.empty() ? Offer::unknown : 0;
        for (const std::int32_t item : set_)
            if (!price.empty()) sum += static_cast<double>(price[idx(item)]);
        return sum;
    }

    // May `item` join: services, categories, the price of the set and its margin.
    bool fits(std::int32_t item, bool of_series) const {
        if (!options_.services && state_.models.catalog.service(item)) return false;
        if (!of_series && categories_.full(item)) return false;
        if (std::isfinite(query_.budget) &&
            !(price_ + static_cast<double>(money_.price(item)) <= static_cast<double>(query_.budget)))
            return false;
        return !(margin_ + money_.margin(item) < options_.min_margin);  // unknown (NaN): the floor cannot look
    }

    void take(std::int32_t item, Offer offer, std::vector<Offer>& added) {
        offer.kind = OfferKind::bundle;
        set_.insert(std::ranges::lower_bound(set_, item), item);
        categories_.add(item);
        price_ += static_cast<double>(money_.price(item));
        margin_ += money_.margin(item);
        added.push_back(std::move(offer));
    }

    // The other items of the anchor's series, best score first. True if all that may be offered are in.
    bool add_series(std::vector<Offer>& added) {
        const auto& series = state_.models.catalog.series();
        if (series.empty() || series.rows[idx(anchor_)] == IdMap::unknown) return false;
        const auto may = offerable(state_, query_, resolved_, Bought::keep_replenishable);
        const BasketScores scores = scores_of_set();
        std::vector<std::int32_t> members;
        for (std::int32_t item = 0; item < state_.items(); ++item)
            if (may[idx(item)] != 0 && series.rows[idx(item)] == series.rows[idx(anchor_)]) members.push_back(item);
        std::ranges::stable_sort(
            members, [&](std::int32_t a, std::int32_t b) { return scores.total[idx(a)] > scores.total[idx(b)]; });
        std::size_t taken = 0;
        for (const std::int32_t item : members) {
            if (full() || !fits(item, true)) continue;
            if (auto offer = of_series(item, scores)) {
                take(item, std::move(*offer), added);
                ++taken;
            }
        }
        return taken > 0 && taken == members.size();
    }

    BasketScores scores_of_set() const {
        return basket_scores(state_, set_, resolved_.customer, resolved_.as_of,
                             {.own_history = query_.personalization, .popularity = query_.popularity});
    }

    // That the series belongs together is a fact of the catalog and needs no counted proof.
    std::optional<Offer> of_series(std::int32_t item, const BasketScores& scores) const {
        const Catalog& catalog = state_.models.catalog;
        const std::vector<std::int32_t> query = {anchor_};
        const BasketShares shares = BasketSplit(state_, scores, query)(item);
        const Evidence evidence = state_.evidence(anchor_, item);
        Pick pick{.item = item, .score = shares.total(), .relevance = 1};
        if (evidence.together > 0)
            pick.probability = static_cast<double>(evidence.together) / static_cast<double>(evidence.first);
        if (!money_.allows_adding(item, pick.probability)) return {};
        Offer offer = finish_adding(state_, query_, resolved_.customer, OfferKind::bundle, pick);
        offer.anchor = catalog.items()[anchor_];
        offer.evidence = evidence;
        const auto& series = catalog.series();
        const std::string name(series.ids[series.rows[idx(item)]]);
        offer.reasons.push_back({"bought_together", offer.anchor, shares.items.front(), true});
        if (shares.intercept != 0) offer.reasons.push_back({"popularity", "", shares.intercept, true});
        if (shares.own_history != 0) offer.reasons.push_back({"own_purchases", "", shares.own_history, true});
        offer.reasons.push_back({"series", name, 1, false});
        offer.sentence =
            "Of the same series (" + name + ") as " + std::string(within_sentence(catalog.name(anchor_))) + ".";
        return offer;
    }

    // The best cross-sell to the set so far that fits; looks further down the list until one does or it ends.
    bool add_best(std::vector<Offer>& added) {
        OfferQuery step = query_;
        step.max_per_category = 0;
        step.allow_same_category = query_.allow_same_category || query_.max_per_category != 1;
        ResolvedQuery of_set = resolved_;
        of_set.basket = set_;
        for (step.k = 16;; step.k *= 4) {
            std::vector<Offer> offers = cross_sell_offers(state_, step, of_set);
            for (Offer& offer : offers) {
                const std::int32_t item = state_.models.catalog.items().find(offer.item);
                if (!fits(item, false)) continue;
                take(item, std::move(offer), added);
                return true;
            }
            if (static_cast<int>(offers.size()) < step.k) return false;
        }
    }

    std::string sentence(const Bundle& bundle) const {
        if (bundle.added.empty())
            return "Nothing completes " + std::string(within_sentence(bundle.anchor_name)) + " under these rules.";
        std::string text(within_sentence(bundle.anchor_name));
        for (std::size_t n = 0; n < bundle.added.size(); ++n)
            text +=
                (n + 1 == bundle.added.size() ? " and " : ", ") + std::string(within_sentence(bundle.added[n].name));
        if (!std::isnan(bundle.bundle_price)) {
            text += " for " + money(bundle.bundle_price);
            if (bundle.discount > 0)
                text += " instead of " + money(bundle.sum_price) + " (" + percent(bundle.discount) + " off)";
        }
        if (bundle.completes_series) text += "; completes the series";
        if (std::isnan(bundle.margin)) return text + "; the margin is not known, so no floor was applied.";
        return text + ", margin " + money(bundle.margin) + ".";
    }

    const EngineState& state_;
    const OfferQuery& query_;
    const BundleOptions& options_;
    ResolvedQuery resolved_;
    Economics money_;
    CategoryCap categories_;
    std::int32_t anchor_ = IdMap::unknown;
    std::vector<std::int32_t> set_;  // ascending
    double price_ = 0, margin_ = 0;  // of the set, after the discount
};

}  // namespace

Bundle OfferEngine::bundle(const std::string& item, const std::string& customer, const OfferQuery& query,
                           const BundleOptions& options) const {
    const EngineState& state = *state_;
    check(state, options);
    ResolvedQuery resolved = resolve(state, std::span(&item, 1), customer, query);
    Bundle bundle;
    bundle.anchor = bundle.anchor_name = item;
    if (!resolved.basket.empty()) bundle = BundleBuilder(state, query, options, resolved).build();
    bundle.warnings = std::move(resolved.warnings);
    return bundle;
}

}  // namespace crosslift
