// Trade-up choices: events from windows at the end of the history, facts from before each, one logit over all.
#include "offers/choice_logit.hpp"
#include "offers/trade_up_facts.hpp"
#include "offers/trade_ups.hpp"

#include <crosslift/error.hpp>
#include <crosslift/trade_up.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>

namespace crosslift {
namespace {

constexpr std::size_t min_events = 50;       // below, weights would be noise
constexpr std::size_t max_candidates = 100;  // of an event; of more, a random part that holds the choice
constexpr double min_history_share = 0.25;   // of all baskets, before a window

void want(bool holds, const std::string& what, const std::string& came, const char* range) {
    if (!holds) throw InvalidArgument("trade_up." + what + " is " + came + "; it must be " + range);
}

void check(const TradeUpOptions& options, const PurchaseHistory& history, const Catalog& catalog) {
    const auto number = [](double value) { return std::to_string(value); };
    want(options.min_price_ratio > 1 && std::isfinite(options.min_price_ratio), "min_price_ratio",
         number(options.min_price_ratio), "above 1");
    want(options.l2 > 0 && std::isfinite(options.l2), "l2", number(options.l2), "above 0");
    want(options.windows >= 1, "windows", std::to_string(options.windows), "1 or more");
    want(options.window_share > 0 && options.window_share <= 0.5, "window_share", number(options.window_share),
         "above 0 and at most 0.5");
    want(options.max_events >= 1, "max_events", std::to_string(options.max_events), "1 or more");
    if (catalog.size() != history.items())
        throw InvalidArgument("the catalog has " + std::to_string(catalog.size()) + " items and the history " +
                              std::to_string(history.items()) + "; align the catalog to the history's items first");
}

void stop_if_wanted(const Progress& progress) {
    if (progress.stop.stop_requested())
        throw Stopped("training of trade-ups was stopped before its weights were fitted");
}

AlsModel fit_taste(const PurchaseHistory& history, const TradeUpOptions& options, const Progress& progress) {
    AlsOptions taste = options.taste;
    taste.seed = options.seed;
    taste.threads = options.threads;
    CsrMatrix bought = customer_items(history);
    bought.values.clear();
    AlsModel model = fit_als(bought, taste, {.on_step = {}, .stop = progress.stop});
    stop_if_wanted(progress);
    return model;
}

class Shuffle {
public:
    explicit Shuffle(std::uint64_t seed) : random_(seed) {}

    /// Brings `count` elements, drawn at random, to the front.
    template <typename T>
    void to_front(std::vector<T>& values, std::size_t count) {
        for (std::size_t n = 0; n < std::min(count, values.size()); ++n)
            std::swap(values[n], values[n + random_() % (values.size() - n)]);
    }

private:
    std::mt19937_64 random_;
};

/// Dearer items of a leaf that a customer may choose from, for one window. Items not sold before it are left out: no
/// fact speaks of them, and their sales in the window would teach that popularity does not matter.
class Choices {
public:
    Choices(const PurchaseHistory& before, const Catalog& catalog, const TradeUpOptions& options,
            const Progress& progress)
        : options_(options),
          price_(fit_price(before, catalog)),
          taste_(fit_taste(before, options, progress)),
          facts_(before, catalog, price_, taste_),
          members_(static_cast<std::size_t>(catalog.leaves().size())) {
        for (std::int32_t item = 0; item < facts_.items(); ++item)
            if (facts_.leaf(item) >= 0 && !std::isnan(facts_.price(item)) && facts_.was_sold(item))
                members_[static_cast<std::size_t>(facts_.leaf(item))].push_back(item);
    }

    const PriceModel& price() const { return price_; }

    /// Adds the event with its alternatives, unless there are fewer than two or the chosen one is new in the shop.
    void add(const TradeUp& event, Shuffle& shuffle, ChoiceSets& choices) const {
        if (!facts_.was_sold(event.to)) return;
        const double bar = options_.min_price_ratio * static_cast<double>(facts_.price(event.from));
        std::vector<std::int32_t> candidates = {event.to};
        std::vector<std::int32_t> others;
        for (const std::int32_t item : members_[static_cast<std::size_t>(facts_.leaf(event.from))])
            if (item != event.to && static_cast<double>(facts_.price(item)) >= bar &&
                !facts_.has_bought(event.customer, item))
                others.push_back(item);
        if (others.empty()) return;
        if (others.size() >= max_candidates) {
            shuffle.to_front(others, max_candidates - 1);
            others.resize(max_candidates - 1);
        }
        candidates.insert(candidates.end(), others.begin(), others.end());
        const auto rows = facts_.features(event.from, candidates, event.customer);
        std::vector<double> values;
        for (const TradeUpRow& row : rows) values.insert(values.end(), row.begin(), row.end());
        choices.add(std::move(values), 0);
    }

private:
    const TradeUpOptions& options_;
    PriceModel price_;
    AlsModel taste_;
    TradeUpFacts facts_;
    std::vector<std::vector<std::int32_t>> members_;
};

ChoiceSets empty_choices() {
    ChoiceSets choices;
    choices.features = trade_up_feature_count;
    return choices;
}

/// The choices of one window, at most `limit` of them, from facts as known before it.
ChoiceSets window_choices(const PurchaseHistory& history, const Catalog& catalog, std::int64_t begin, std::int64_t end,
                          std::int64_t limit, const TradeUpOptions& options, const Progress& progress) {
    const Choices source(earlier(history, begin), catalog, options, progress);
    auto events = find_trade_ups(history, source.price(), begin, end, options.min_price_ratio);
    Shuffle shuffle(options.seed + static_cast<std::uint64_t>(begin));
    shuffle.to_front(events, events.size());
    ChoiceSets choices = empty_choices();
    for (const TradeUp& event : events) {
        if (static_cast<std::int64_t>(choices.size()) >= limit) break;
        source.add(event, shuffle, choices);
    }
    return choices;
}

/// Windows from the newest back, until there are enough events or too little history is left before one.
std::vector<ChoiceSets> all_windows(const PurchaseHistory& history, const Catalog& catalog,
                                    const TradeUpOptions& options, const Progress& progress) {
    const auto start = std::chrono::steady_clock::now();
    const auto baskets = static_cast<double>(history.basket_count());
    const auto length = static_cast<std::int64_t>(std::max(1.0, std::round(options.window_share * baskets)));
    std::vector<ChoiceSets> windows;
    std::int64_t left = options.max_events;
    for (int window = 0; window < options.windows && left > 0; ++window) {
        stop_if_wanted(progress);
        const std::int64_t begin = history.basket_count() - (window + 1) * length;
        if (begin < 1 || static_cast<double>(begin) < min_history_share * baskets) break;
        const std::int64_t limit = std::min(left, (options.max_events + 1) / 2);
        windows.push_back(window_choices(history, catalog, begin, begin + length, limit, options, progress));
        left -= static_cast<std::int64_t>(windows.back().size());
        if (progress.on_step) {
            const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
            progress.on_step(
                {"trade-up", window + 1, options.windows, seconds.count(), std::numeric_limits<double>::quiet_NaN()});
        }
    }
    return windows;
}

std::vector<double> popularity_alone() {
    std::vector<double> weights(trade_up_feature_count);
    weights[static_cast<std::size_t>(TradeUpFeature::baskets)] = 1;
    return weights;
}

/// Weights in the order of the features; popularity alone for a model without weights.
std::vector<double> weight_vector(const TradeUpModel& model) {
    if (model.weights.empty()) return popularity_alone();
    const auto names = trade_up_features();
    std::vector<double> weights(trade_up_feature_count);
    for (const auto& [feature, weight] : model.weights) {
        const auto found = std::ranges::find(names, feature);
        if (found == names.end())
            throw InvalidArgument("the trade-up model has a weight for '" + feature +
                                  "', which this version does not know; see trade_up_features()");
        weights[static_cast<std::size_t>(found - names.begin())] = weight;
    }
    return weights;
}

void check_row(std::int32_t row, std::int32_t rows, const char* what, bool may_be_unknown) {
    if ((may_be_unknown && row == IdMap::unknown) || (row >= 0 && row < rows)) return;
    throw InvalidArgument(std::string(what) + " row " + std::to_string(row) + " came; rows are 0 to " +
                          std::to_string(rows - 1));
}

}  // namespace

std::vector<std::string> trade_up_features() {
    return {"baskets",      "sales_7d",   "sales_28d",      "sales_90d",      "common_buyers",
            "taste_cosine", "taste",      "price_level",    "price_ratio",    "maker_purchases",
            "same_maker",   "same_brand", "same_pack_size", "pack_size_ratio"};
}

TradeUpModel fit_trade_up(const PurchaseHistory& history, const Catalog& catalog, const TradeUpOptions& options,
                          const Progress& progress) {
    check(options, history, catalog);
    TradeUpModel model;
    model.options = options;
    if (history.customers == 0 || catalog.leaves().size() == 0 || catalog.price().empty()) return model;
    const auto windows = all_windows(history, catalog, options, progress);
    ChoiceSets older = empty_choices();
    for (std::size_t n = 1; n < windows.size(); ++n) older.append(windows[n]);
    ChoiceSets all = older;
    if (!windows.empty()) all.append(windows.front());
    if (all.size() < min_events) return model;
    model.events = static_cast<std::int64_t>(all.size());
    if (older.size() >= min_events) {
        model.validation_mrr = mean_reciprocal_rank(windows.front(), fit_choice_logit(older, options.l2));
        model.popular_mrr = mean_reciprocal_rank(windows.front(), popularity_alone());
    }
    const auto names = trade_up_features();
    const auto weights = fit_choice_logit(all, options.l2);
    for (std::size_t f = 0; f < names.size(); ++f) model.weights.push_back({names[f], weights[f]});
    model.taste = fit_taste(history, options, progress);
    return model;
}

std::shared_ptr<const TradeUpFacts> make_trade_up_facts(const PurchaseHistory& history, const Catalog& catalog,
                                                        const PriceModel& price, const AlsModel& taste) {
    return std::make_shared<const TradeUpFacts>(history, catalog, price, taste);
}

std::vector<float> score_trade_up(const TradeUpModel& model, const TradeUpFacts& facts, std::int32_t item,
                                  std::span<const std::int32_t> candidates, std::int32_t customer) {
    check_row(item, facts.items(), "item", true);
    check_row(customer, facts.customers(), "customer", true);
    for (const std::int32_t candidate : candidates) check_row(candidate, facts.items(), "candidate", false);
    const auto weights = weight_vector(model);
    std::vector<double> values;
    for (const TradeUpRow& row : facts.features(item, candidates, customer))
        values.insert(values.end(), row.begin(), row.end());
    centre(values, trade_up_feature_count);
    std::vector<float> scores(candidates.size());
    for (std::size_t n = 0; n < scores.size(); ++n) {
        double utility = 0;
        for (std::size_t f = 0; f < weights.size(); ++f) utility += weights[f] * values[n * weights.size() + f];
        scores[n] = static_cast<float>(utility);
    }
    return scores;
}

}  // namespace crosslift
