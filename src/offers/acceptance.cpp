// Trading up at the next purchase: windows at the end of the history, facts from before each, the newest calibrates.
#include "offers/acceptance_facts.hpp"
#include "offers/logistic.hpp"

#include <crosslift/acceptance.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <utility>

namespace crosslift {
namespace {

constexpr double min_returns = 200, min_ups = 20;  // below, weights would be noise
constexpr double min_history_share = 0.25;         // of all baskets, before a window

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

void want(bool holds, const char* what, double came, const char* range) {
    if (!holds)
        throw InvalidArgument("acceptance." + std::string(what) + " is " + std::to_string(came) + "; it must be " +
                              range);
}

void check(const AcceptanceOptions& options, const PurchaseHistory& history, const Catalog& catalog) {
    want(options.min_price_ratio > 1 && std::isfinite(options.min_price_ratio), "min_price_ratio",
         options.min_price_ratio, "above 1");
    want(options.l2 > 0 && std::isfinite(options.l2), "l2", options.l2, "above 0");
    want(options.windows >= 1, "windows", options.windows, "1 or more");
    want(options.window_share > 0 && options.window_share <= 0.5, "window_share", options.window_share,
         "above 0 and at most 0.5");
    want(options.max_returns >= 1, "max_returns", static_cast<double>(options.max_returns), "1 or more");
    if (catalog.size() != history.items())
        throw InvalidArgument("the catalog has " + std::to_string(catalog.size()) + " items and the history " +
                              std::to_string(history.items()) + "; align the catalog to the history's items first");
}

LogisticRows empty_rows(std::size_t features = acceptance_fact_count) {
    return {.features = features, .values = {}, .outcome = {}};
}

/// The returns of one window, at most `limit` of them, with facts from the baskets before the window (of items) and
/// before the return (of the customer).
LogisticRows window_rows(const PurchaseHistory& history, const Catalog& catalog, std::int64_t begin, std::int64_t end,
                         std::int64_t limit, const AcceptanceOptions& options) {
    const PurchaseHistory before = earlier(history, begin);
    const PriceModel price = fit_price(before, catalog);
    AcceptanceModel known;
    known.options = options;
    known.items = count_acceptance_items(before, price, begin, options.min_price_ratio);
    auto returns = find_returns(history, price, begin, end, options.min_price_ratio);
    std::mt19937_64 random(options.seed + static_cast<std::uint64_t>(begin));
    const std::size_t count = std::min(returns.size(), idx(limit));
    LogisticRows rows = empty_rows();
    for (std::size_t n = 0; n < count; ++n) {
        std::swap(returns[n], returns[n + random() % (returns.size() - n)]);
        const LeafReturn& it = returns[n];
        const std::int64_t now = history.time.empty() ? unknown_time : history.time[idx(it.basket)];
        rows.add(acceptance_facts_of(known, history, price, it.from, it.customer, it.basket, now).row, it.up);
    }
    return rows;
}

/// Newest first; as long as enough history is left before one.
std::vector<LogisticRows> all_windows(const PurchaseHistory& history, const Catalog& catalog,
                                      const AcceptanceOptions& options, const Progress& progress) {
    const auto start = std::chrono::steady_clock::now();
    const auto baskets = static_cast<double>(history.basket_count());
    const auto length = static_cast<std::int64_t>(std::max(1.0, std::round(options.window_share * baskets)));
    std::vector<LogisticRows> windows;
    for (int n = 0; n < options.windows; ++n) {
        if (progress.stop.stop_requested())
            throw Stopped("training of acceptance was stopped before its weights were fitted");
        const std::int64_t begin = history.basket_count() - (n + 1) * length;
        if (begin < 1 || static_cast<double>(begin) < min_history_share * baskets) break;
        const std::int64_t limit = std::max<std::int64_t>(1, options.max_returns / options.windows);
        windows.push_back(window_rows(history, catalog, begin, begin + length, limit, options));
        if (!progress.on_step) continue;
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
        progress.on_step(
            {"acceptance", n + 1, options.windows, passed.count(), std::numeric_limits<double>::quiet_NaN()});
    }
    return windows;
}

bool enough(const LogisticRows& rows) {
    double ups = 0;
    for (const double up : rows.outcome) ups += up;
    const auto all = static_cast<double>(rows.size());
    return all >= min_returns && ups >= min_ups && all - ups >= min_ups;
}

LogisticRows first_facts(const LogisticRows& rows, std::size_t features) {
    LogisticRows part = empty_rows(features);
    for (std::size_t n = 0; n < rows.size(); ++n) part.add(rows.row(n).first(features), rows.outcome[n] > 0);
    return part;
}

/// Every window from `first` on, `features` facts of each row.
LogisticRows joined(const std::vector<LogisticRows>& windows, std::size_t first, std::size_t features) {
    LogisticRows rows = empty_rows(features);
    for (std::size_t n = first; n < windows.size(); ++n) rows.append(first_facts(windows[n], features));
    return rows;
}

/// Weights from all windows; slope and shift from the newer half, each as its elders predict it.
AcceptanceModel::Regression fit_regression(const std::vector<LogisticRows>& windows, std::size_t features, double l2) {
    AcceptanceModel::Regression result;
    const Logistic logistic = fit_logistic(joined(windows, 0, features), l2);
    result.intercept = logistic.intercept;
    const auto names = acceptance_facts();
    for (std::size_t f = 0; f < features; ++f) result.weights.push_back({names[f], logistic.weights[f]});
    LogisticRows said = empty_rows(1);
    for (std::size_t n = 0; 2 * n < windows.size(); ++n) {
        const LogisticRows older = joined(windows, n + 1, features);
        if (!enough(older)) break;
        const Logistic before = fit_logistic(older, l2);
        const LogisticRows rows = first_facts(windows[n], features);
        for (std::size_t row = 0; row < rows.size(); ++row)
            said.add(std::vector<double>{before.log_odds(rows.row(row))}, rows.outcome[row] > 0);
    }
    if (!enough(said)) return result;
    const Logistic platt = fit_logistic(said, l2);
    result.slope = platt.weights[0];
    result.shift = platt.intercept;
    return result;
}

void validate(const LogisticRows& older, const LogisticRows& newest, AcceptanceModel& model) {
    if (!enough(older) || !enough(newest)) return;
    const Logistic before = fit_logistic(older, model.options.l2);
    std::vector<double> said, share, rate;
    for (std::size_t n = 0; n < newest.size(); ++n) {
        said.push_back(before.log_odds(newest.row(n)));
        share.push_back(newest.row(n)[static_cast<std::size_t>(AcceptanceFact::dearer_share)]);
        rate.push_back(newest.row(n)[static_cast<std::size_t>(AcceptanceFact::item_rate)]);
    }
    model.validation_auc = roc_area(said, newest.outcome);
    model.dearer_share_auc = roc_area(share, newest.outcome);
    model.item_rate_auc = roc_area(rate, newest.outcome);
}

double calibrated(const AcceptanceModel::Regression& regression, std::span<const double> row) {
    const auto names = acceptance_facts();
    Logistic logistic{regression.intercept, std::vector<double>(row.size())};
    for (const auto& [fact, weight] : regression.weights) {
        const auto found = static_cast<std::size_t>(std::ranges::find(names, fact) - names.begin());
        if (found >= row.size())
            throw InvalidArgument("the acceptance model has a weight for '" + fact +
                                  "', which this version does not know here; see acceptance_facts()");
        logistic.weights[found] = weight;
    }
    return Logistic{regression.shift, {regression.slope}}.probability(std::vector<double>{logistic.log_odds(row)});
}

}  // namespace

std::vector<std::string> acceptance_facts() {
    return {"dearer_share", "item_rate",     "dearer_items", "price_level", "own_dearer", "own_recent_dearer",
            "own_share",    "own_purchases", "usual_level",  "since_last",  "own_rate",   "last_items"};
}

AcceptanceModel fit_acceptance(const PurchaseHistory& history, const Catalog& catalog, const AcceptanceOptions& options,
                               const Progress& progress) {
    check(options, history, catalog);
    AcceptanceModel model;
    model.options = options;
    if (history.customers == 0 || catalog.leaves().size() == 0 || catalog.price().empty()) return model;
    const auto windows = all_windows(history, catalog, options, progress);
    const LogisticRows all = joined(windows, 0, acceptance_fact_count);
    if (!enough(all)) return model;
    validate(joined(windows, 1, acceptance_fact_count), windows.front(), model);
    model.returns = static_cast<std::int64_t>(all.size());
    model.personal = fit_regression(windows, acceptance_fact_count, options.l2);
    model.anonymous = fit_regression(windows, item_fact_count, options.l2);
    model.items =
        count_acceptance_items(history, fit_price(history, catalog), history.basket_count(), options.min_price_ratio);
    return model;
}

double AcceptanceModel::probability(const PurchaseHistory& history, const PriceModel& price, std::int32_t item,
                                    std::int32_t customer, std::int64_t as_of) const {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    if (item < 0 || item >= history.items())
        throw InvalidArgument("item row " + std::to_string(item) + " came; rows are 0 to " +
                              std::to_string(history.items() - 1));
    if (customer != IdMap::unknown && (customer < 0 || customer >= history.customers))
        throw InvalidArgument("customer row " + std::to_string(customer) + " came; rows are 0 to " +
                              std::to_string(history.customers - 1));
    if (empty() || price.leaf[idx(item)] < 0 || std::isnan(price.price[idx(item)])) return unknown;
    std::int64_t end = history.basket_count();
    if (as_of != unknown_time && !history.time.empty())
        end = std::ranges::upper_bound(history.time, as_of) - history.time.begin();
    const std::int64_t now = as_of == unknown_time ? history.latest_time() : as_of;
    const CustomerFacts facts = acceptance_facts_of(*this, history, price, item, customer, end, now);
    const std::span<const double> row = facts.row;
    return facts.knows_leaf ? calibrated(personal, row) : calibrated(anonymous, row.first(item_fact_count));
}

}  // namespace crosslift
