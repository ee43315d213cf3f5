#include "model_summary.hpp"

#include <cmath>
#include <cstdio>

namespace crosslift::cli {
namespace {

template <class... Values>
std::string format(const char* pattern, Values... values) {
    const int size = std::snprintf(nullptr, 0, pattern, values...);
    std::string text(static_cast<std::size_t>(size), '\0');
    std::snprintf(text.data(), text.size() + 1, pattern, values...);
    return text;
}

std::string when(const PurchaseHistory& history) {
    if (history.time.empty()) return "no time";
    return format_time(history.time.front(), history.time_kind) + " to " +
           format_time(history.time.back(), history.time_kind);
}

// Half-lives count days where times are dates, and steps of the order number where they are not.
std::string half_life(double length, TimeKind kind) {
    if (length == 0) return "no decay";
    return format(kind == TimeKind::timestamp ? "half-life %.4g days" : "half-life %.6g order numbers", length);
}

std::string trade_up_text(const TradeUpModel& model) {
    if (model.weights.empty()) {
        return format("  up-sell       %lld trade-ups, too few to learn from: popularity decides\n",
                      static_cast<long long>(model.events));
    }
    std::string text = format("  up-sell       %lld trade-ups, %zu facts weighed", static_cast<long long>(model.events),
                              model.weights.size());
    if (model.validation_mrr > 0) {
        text +=
            format("; MRR %.3f on later ones (most bought dearer item: %.3f)", model.validation_mrr, model.popular_mrr);
    }
    return text + "\n";
}

}  // namespace

nlohmann::ordered_json known(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

std::string summary_text(const OfferModels& models) {
    const PurchaseHistory& history = models.history;
    const EaseOptions& ease = models.complement.options.ease;
    std::string text;
    text += format("  purchases     %lld baskets of %d customers, %lld items; %s\n",
                   static_cast<long long>(history.basket_count()), models.customers.size(),
                   static_cast<long long>(history.items()), when(history).c_str());
    text +=
        format("  catalog       %d items in %d categories\n", models.catalog.size(), models.catalog.leaves().size());
    text += format("  complements   %lld items, rank %lld and %lld exact pairs; lambda %g, size exponent %g, %s\n",
                   static_cast<long long>(models.complement.modelled_items),
                   static_cast<long long>(models.complement.in_factors.cols()),
                   static_cast<long long>(models.complement.residuals.view().nnz()), ease.regularization,
                   ease.size_exponent, half_life(ease.half_life_days, history.time_kind).c_str());
    if (models.complement.extended_items > 0) {
        text += format("                %lld slower sellers as pairs only\n",
                       static_cast<long long>(models.complement.extended_items));
    }
    if (models.complement.cold_items > 0) {
        text += format("                %lld more items by what they are like\n",
                       static_cast<long long>(models.complement.cold_items));
    }
    if (models.complement.kept_hr10 > 0) {
        text += format("                keeps %.1f %% of the full matrix's hit rate at 10\n",
                       100 * models.complement.kept_hr10);
    }
    text += format("  own history   weight %g, %s\n", models.own_history.weight,
                   half_life(models.own_history.half_life_days, history.time_kind).c_str());
    text += format("  taste         %lld factors, %d sweeps\n",
                   static_cast<long long>(models.taste.item_factors.cols()), models.taste.sweeps);
    text += trade_up_text(models.trade_up);
    text += format("  trained in    %.1f s\n", models.fit_seconds);
    return text;
}

nlohmann::ordered_json summary_json(const OfferModels& models) {
    const PurchaseHistory& history = models.history;
    const EaseOptions& ease = models.complement.options.ease;
    nlohmann::ordered_json json;
    json["customers"] = models.customers.size();
    json["baskets"] = history.basket_count();
    json["items"] = history.items();
    json["categories"] = models.catalog.leaves().size();
    if (!history.time.empty()) {
        json["first_time"] = format_time(history.time.front(), history.time_kind);
        json["last_time"] = format_time(history.time.back(), history.time_kind);
    }
    json["complement"] = {{"items", models.complement.modelled_items},
                          {"extended_items", models.complement.extended_items},
                          {"cold_items", models.complement.cold_items},
                          {"factors", models.complement.in_factors.cols()},
                          {"residuals", models.complement.residuals.view().nnz()},
                          {"regularization", ease.regularization},
                          {"popularity_regularization", ease.popularity_regularization},
                          {"size_exponent", ease.size_exponent},
                          {"half_life_days", ease.half_life_days},
                          {"intercept", ease.intercept},
                          {"intercept_weight", ease.intercept_weight},
                          {"line_share", ease.line_share},
                          {"damping", ease.damping},
                          {"kept_hr10", known(models.complement.kept_hr10)}};
    json["own_history"] = {{"weight", models.own_history.weight},
                           {"half_life_days", models.own_history.half_life_days}};
    json["taste"] = {
        {"factors", models.taste.item_factors.cols()}, {"sweeps", models.taste.sweeps}, {"loss", models.taste.loss}};
    nlohmann::ordered_json weights = nlohmann::ordered_json::object();
    for (const auto& weight : models.trade_up.weights) weights[weight.feature] = known(weight.weight);
    json["trade_up"] = {{"events", models.trade_up.events},
                        {"validation_mrr", known(models.trade_up.validation_mrr)},
                        {"popular_mrr", known(models.trade_up.popular_mrr)},
                        {"weights", weights}};
    json["fit_seconds"] = models.fit_seconds;
    return json;
}

}  // namespace crosslift::cli
