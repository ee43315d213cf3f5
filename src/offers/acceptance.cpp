// Trading up at the next purchase: windows at the end of the history, facts from before each, the newest calibrates.
#include "offers/acceptance_facts.hpp"
#include "offers/choice_logit.hpp"
#include "offers/leaf_choice.hpp"
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
constexpr std::size_t min_choices = 50;            // below, the logit is left out
constexpr std::size_t choices_of_window = 1700;
constexpr std::size_t max_alternatives = 100;  // of a choice, when the logit is fitted
constexpr double choice_l2 = 10;

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

void stop_if_wanted(const Progress& progress) {
    if (progress.stop.stop_requested())
        throw Stopped("training of acceptance was stopped before its weights were fitted");
}

LogisticRows empty_rows(std::size_t features) {
    return {.features = features, .values = {}, .outcome = {}};
}

/// Some returns of baskets begin .. end - 1, and what was known of the items before them.
struct Window {
    PriceModel price;
    AcceptanceModel known;  // items, leaf_items, leaf_parent and options alone
    std::vector<LeafReturn> returns;
};

Window make_window(const PurchaseHistory& history, const Catalog& catalog, std::int64_t begin, std::int64_t end,
                   std::int64_t limit, const AcceptanceOptions& options) {
    const PurchaseHistory before = earlier(history, begin);
    Window window{.price = fit_price(before, catalog), .known = {}, .returns = {}};
    window.known.options = options;
    window.known.items = count_acceptance_items(before, window.price, begin, options.min_price_ratio);
    window.known.index(before, catalog, window.price);
    auto& returns = window.returns;
    returns = find_returns(history, window.price, begin, end, options.min_price_ratio);
    std::mt19937_64 random(options.seed + static_cast<std::uint64_t>(begin));
    const std::size_t count = std::min(returns.size(), idx(limit));
    for (std::size_t n = 0; n < count; ++n) std::swap(returns[n], returns[n + random() % (returns.size() - n)]);
    returns.resize(count);
    return window;
}

/// Newest first; as long as enough history is left before one.
std::vector<Window> all_windows(const PurchaseHistory& history, const Catalog& catalog,
                                const AcceptanceOptions& options, const Progress& progress) {
    const auto start = std::chrono::steady_clock::now();
    const auto baskets = static_cast<double>(history.basket_count());
    const auto length = static_cast<std::int64_t>(std::max(1.0, std::round(options.window_share * baskets)));
    std::vector<Window> windows;
    for (int n = 0; n < options.windows; ++n) {
        stop_if_wanted(progress);
        const std::int64_t begin = history.basket_count() - (n + 1) * length;
        if (begin < 1 || static_cast<double>(begin) < min_history_share * baskets) break;
        const std::int64_t limit = std::max<std::int64_t>(1, options.max_returns / options.windows);
        windows.push_back(make_window(history, catalog, begin, begin + length, limit, options));
        if (!progress.on_step) continue;
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
        progress.on_step(
            {"acceptance", n + 1, options.windows, passed.count(), std::numeric_limits<double>::quiet_NaN()});
    }
    return windows;
}

AcceptanceQuery query_of(const PurchaseHistory& history, const Catalog& catalog, const Window& window,
                         const LeafReturn& it) {
    const std::int64_t now = history.time.empty() ? unknown_time : history.time[idx(it.basket)];
    return {history, catalog, window.price, it.from, it.customer, it.basket, now};
}

/// The next item of the leaf in a window's first returns. Of many alternatives a random part that holds the choice: the
/// weights stay those of the whole (McFadden 1978).
void add_choices(const PurchaseHistory& history, const Catalog& catalog, const Window& window, ChoiceSets& choices) {
    std::mt19937_64 random(window.known.options.seed + window.returns.size());
    for (std::size_t n = 0; n < std::min(window.returns.size(), choices_of_window); ++n) {
        const AcceptanceQuery query = query_of(history, catalog, window, window.returns[n]);
        const OwnPast past = own_past(window.known, query);
        auto items = leaf_alternatives(window.known, query, past);
        const auto taken = std::ranges::find(items, window.returns[n].to);
        if (taken == items.end() || items.size() < 2) continue;
        std::iter_swap(items.begin(), taken);
        for (std::size_t m = 1; m < std::min(items.size(), max_alternatives); ++m)
            std::swap(items[m], items[m + random() % (items.size() - m)]);
        items.resize(std::min(items.size(), max_alternatives));
        choices.add(leaf_choice_rows(query, past, items), 0);
    }
}

ChoiceSets first_facts(const ChoiceSets& choices, std::size_t features) {
    ChoiceSets part = choices;
    part.features = features;
    part.values.clear();
    for (std::int64_t row = 0; row < choices.indptr.back(); ++row) {
        const auto facts = choices.row(row).first(features);
        part.values.insert(part.values.end(), facts.begin(), facts.end());
    }
    return part;
}

/// Of the personal and of the anonymous regression.
struct ChoiceWeights {
    std::vector<double> personal, anonymous;
};

/// From all windows but the newest, which is left to judge by, where there are two.
ChoiceWeights fit_choices(const PurchaseHistory& history, const Catalog& catalog, const std::vector<Window>& windows) {
    ChoiceSets choices;
    choices.features = leaf_choice_fact_count;
    for (std::size_t n = windows.size() > 1 ? 1 : 0; n < windows.size(); ++n)
        add_choices(history, catalog, windows[n], choices);
    if (choices.size() < min_choices) return {};
    return {fit_choice_logit(choices, choice_l2),
            fit_choice_logit(first_facts(choices, anonymous_choice_fact_count), choice_l2)};
}

struct WindowRows {
    LogisticRows personal = empty_rows(acceptance_fact_count), anonymous = empty_rows(item_fact_count);
};

WindowRows rows_of(const PurchaseHistory& history, const Catalog& catalog, const Window& window,
                   const ChoiceWeights& weights) {
    constexpr auto choice = static_cast<std::size_t>(AcceptanceFact::choice);
    WindowRows rows;
    for (const LeafReturn& it : window.returns) {
        const AcceptanceQuery query = query_of(history, catalog, window, it);
        const OwnPast past = own_past(window.known, query);
        AcceptanceRow row = acceptance_facts_of(window.known, query, past);
        row[choice] = dearer_choice(window.known, query, past, weights.personal);
        rows.personal.add(row, it.up);
        row[choice] = dearer_choice(window.known, query, {}, weights.anonymous);
        rows.anonymous.add(std::span(row).first(item_fact_count), it.up);
    }
    return rows;
}

bool enough(const LogisticRows& rows) {
    double ups = 0;
    for (const double up : rows.outcome) ups += up;
    const auto all = static_cast<double>(rows.size());
    return all >= min_returns && ups >= min_ups && all - ups >= min_ups;
}

/// Every window from `first` on.
LogisticRows joined(const std::vector<LogisticRows>& windows, std::size_t first) {
    LogisticRows rows = empty_rows(windows.front().features);
    for (std::size_t n = first; n < windows.size(); ++n) rows.append(windows[n]);
    return rows;
}

/// Weights from all windows; slope and shift from the newer half, each as its elders predict it.
AcceptanceModel::Regression fit_regression(const std::vector<LogisticRows>& windows, std::span<const double> choice,
                                           double l2) {
    AcceptanceModel::Regression result;
    const Logistic logistic = fit_logistic(joined(windows, 0), l2);
    result.intercept = logistic.intercept;
    const auto names = acceptance_facts();
    for (std::size_t f = 0; f < windows.front().features; ++f)
        result.weights.push_back({names[f], logistic.weights[f]});
    const auto choice_names = leaf_choice_facts();
    for (std::size_t f = 0; f < choice.size(); ++f) result.choice.push_back({choice_names[f], choice[f]});
    LogisticRows said = empty_rows(1);
    for (std::size_t n = 0; 2 * n < windows.size(); ++n) {
        const LogisticRows older = joined(windows, n + 1);
        if (!enough(older)) break;
        const Logistic before = fit_logistic(older, l2);
        for (std::size_t row = 0; row < windows[n].size(); ++row)
            said.add(std::vector<double>{before.log_odds(windows[n].row(row))}, windows[n].outcome[row] > 0);
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

}  // namespace

std::vector<std::string> acceptance_facts() {
    return {"dearer_share", "item_rate",   "price_level",   "choice",     "own_dearer", "own_recent_dearer",
            "own_left",     "usual_level", "related_level", "since_last", "own_rate"};
}

std::vector<std::string> acceptance_choice_facts() {
    return leaf_choice_facts();
}

AcceptanceModel fit_acceptance(const PurchaseHistory& history, const Catalog& catalog, const AcceptanceOptions& options,
                               const Progress& progress) {
    check(options, history, catalog);
    AcceptanceModel model;
    model.options = options;
    if (history.customers == 0 || catalog.leaves().size() == 0 || catalog.price().empty()) return model;
    const auto windows = all_windows(history, catalog, options, progress);
    const ChoiceWeights choice = fit_choices(history, catalog, windows);
    std::vector<LogisticRows> personal, anonymous;
    for (const Window& window : windows) {
        stop_if_wanted(progress);
        WindowRows rows = rows_of(history, catalog, window, choice);
        personal.push_back(std::move(rows.personal));
        anonymous.push_back(std::move(rows.anonymous));
    }
    if (windows.empty() || !enough(joined(personal, 0))) return model;
    validate(joined(personal, 1), personal.front(), model);
    for (const LogisticRows& rows : personal) model.returns += static_cast<std::int64_t>(rows.size());
    model.personal = fit_regression(personal, choice.personal, options.l2);
    model.anonymous = fit_regression(anonymous, choice.anonymous, options.l2);
    const PriceModel price = fit_price(history, catalog);
    model.items = count_acceptance_items(history, price, history.basket_count(), options.min_price_ratio);
    model.index(history, catalog, price);
    return model;
}

}  // namespace crosslift
