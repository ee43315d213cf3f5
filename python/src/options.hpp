// Options between Python's keyword arguments and C++ structs: each field is listed once, for both directions.
#pragma once

#include "ids.hpp"

#include <crosslift/als.hpp>
#include <crosslift/bpr.hpp>
#include <crosslift/complement.hpp>
#include <crosslift/ease.hpp>
#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>
#include <crosslift/offers.hpp>
#include <crosslift/sales_report.hpp>
#include <crosslift/sppmi.hpp>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace crosslift::python {

namespace py = pybind11;

template <class Visit>
void visit(AlsOptions& o, Visit&& field) {
    field("factors", o.factors);
    field("iterations", o.iterations);
    field("objective", o.objective);
    field("regularization", o.regularization);
    field("alpha", o.alpha);
    field("unobserved_weight", o.unobserved_weight);
    field("nu", o.nu);
    field("solver", o.solver);
    field("cg_steps", o.cg_steps);
    field("block_size", o.block_size);
    field("precision", o.precision);
    field("factor_dtype", o.factor_dtype);
    field("calculate_loss", o.calculate_loss);
    field("seed", o.seed);
    field("threads", o.threads);
    field("device", o.device);
}

template <class Visit>
void visit(BprOptions& o, Visit&& field) {
    field("factors", o.factors);
    field("iterations", o.iterations);
    field("learning_rate", o.learning_rate);
    field("regularization", o.regularization);
    field("seed", o.seed);
    field("threads", o.threads);
    field("device", o.device);
}

template <class Visit>
void visit(EaseOptions& o, Visit&& field) {
    field("regularization", o.regularization);
    field("popularity_regularization", o.popularity_regularization);
    field("size_exponent", o.size_exponent);
    field("half_life_days", o.half_life_days);
    field("intercept", o.intercept);
    field("intercept_weight", o.intercept_weight);
    field("line_share", o.line_share);
    field("damping", o.damping);
    field("threads", o.threads);
    field("device", o.device);
}

template <class Visit>
void visit(SppmiOptions& o, Visit&& field) {
    field("factors", o.factors);
    field("shift", o.shift);
    field("smoothing", o.smoothing);
    field("popularity", o.popularity);
    field("half_life_days", o.half_life_days);
    field("seed", o.seed);
    field("threads", o.threads);
    field("device", o.device);
}

/// EASE's fields stand beside the model's own.
template <class Visit>
void visit(ComplementOptions& o, Visit&& field) {
    field("tune", o.tune);
    field("factors", o.factors);
    field("residuals", o.residuals);
    field("min_baskets", o.min_baskets);
    field("max_items", o.max_items);
    field("seed", o.seed);
    visit(o.ease, field);
}

template <class Visit>
void visit(TradeUpOptions& o, Visit&& field) {
    field("min_price_ratio", o.min_price_ratio);
    field("l2", o.l2);
    field("windows", o.windows);
    field("window_share", o.window_share);
    field("max_events", o.max_events);
    field("seed", o.seed);
    field("threads", o.threads);
}

template <class Visit>
void visit(OfferEngineOptions& o, Visit&& field) {
    field("context", o.context.context);
    field("session_hours", o.context.session_hours);
    field("window_days", o.context.window_days);
    field("cold_start", o.cold_start.enabled);
    field("seed", o.seed);
    field("threads", o.threads);
    field("device", o.device);
}

template <class Visit>
void visit(OfferQuery& o, Visit&& field) {
    field("k", o.k);
    field("objective", o.objective);
    field("max_per_category", o.max_per_category);
    field("allow_same_category", o.allow_same_category);
    field("allow_bought", o.allow_bought);
    field("only_new_categories", o.only_new_categories);
    field("min_support", o.min_support);
    field("min_g2", o.min_g2);
    field("min_relevance", o.min_relevance);
    field("exclude", o.exclude);
    field("allow", o.allow);
    field("rules", o.rules);
    field("upsell_by", o.upsell_by);
    field("min_price_ratio", o.min_price_ratio);
    field("max_price_ratio", o.max_price_ratio);
    field("min_value_ratio", o.min_value_ratio);
    field("budget", o.budget);
    field("price_quantile", o.price_quantile);
    field("segments", o.segments);
    field("personalization", o.personalization);
    field("popularity", o.popularity);
    field("attribute_weights", o.attribute_weights);
    field("as_of", o.as_of);
    field("offer_cost", o.offer_cost);
    field("discount", o.discount);
    field("incrementality", o.incrementality);
    field("sale_loss_risk", o.sale_loss_risk);
}

template <class Visit>
void visit(EvaluationOptions& o, Visit&& field) {
    field("max_targets_per_basket", o.max_targets_per_basket);
    field("max_queries", o.max_queries);
    field("bootstrap", o.bootstrap);
    field("permutations", o.permutations);
    field("seed", o.seed);
    field("tuning_trials", o.tuning_trials);
    field("validation_share", o.validation_share);
    field("validation_queries", o.validation_queries);
    field("baselines", o.baselines);
    field("settings", o.settings);
    field("receipt_order", o.receipt_order);
    field("ease_grid", o.ease_grid);
    field("min_price_ratio", o.min_price_ratio);
    field("own_maximum", o.own_maximum);
    field("threads", o.threads);
}

template <class Visit>
void visit(SalesReportOptions& o, Visit&& field) {
    field("min_price_ratio", o.min_price_ratio);
    field("bootstrap", o.bootstrap);
    field("seed", o.seed);
    field("threads", o.threads);
}

constexpr std::array<std::pair<const char*, AlsSolver>, 3> solver_names = {
    {{"cholesky", AlsSolver::cholesky}, {"cg", AlsSolver::cg}, {"ials_pp", AlsSolver::ials_pp}}};
constexpr std::array<std::pair<const char*, AlsPrecision>, 2> precision_names = {
    {{"strict", AlsPrecision::strict}, {"mixed", AlsPrecision::mixed}}};
constexpr std::array<std::pair<const char*, DType>, 2> dtype_names = {
    {{"float32", DType::f32}, {"float16", DType::f16}}};
constexpr std::array<std::pair<const char*, AlsObjective>, 2> objective_names = {
    {{"hu_koren_volinsky", AlsObjective::hu_koren_volinsky}, {"rendle", AlsObjective::rendle}}};

constexpr std::array<std::pair<const char*, Objective>, 3> offer_objective_names = {
    {{"relevance", Objective::relevance}, {"revenue", Objective::revenue}, {"margin", Objective::margin}}};
constexpr std::array<std::pair<const char*, Context>, 3> context_names = {
    {{"basket", Context::basket}, {"session", Context::session}, {"window", Context::window}}};
constexpr std::array<std::pair<const char*, UpsellBy>, 3> upsell_by_names = {
    {{"price", UpsellBy::price}, {"unit_price", UpsellBy::unit_price}, {"tier", UpsellBy::tier}}};
constexpr std::array<std::pair<const char*, OfferRule::Action>, 3> rule_action_names = {
    {{"pin", OfferRule::Action::pin}, {"attach", OfferRule::Action::attach}, {"deny", OfferRule::Action::deny}}};

constexpr std::array<std::pair<const char*, CustomerSegment>, 3> segment_names = {
    {{"new", CustomerSegment::new_customer},
     {"promo_driven", CustomerSegment::promo_driven},
     {"repeat", CustomerSegment::repeat}}};
constexpr std::array<std::pair<const char*, HistoryUse>, 3> history_names = {
    {{"mixed", HistoryUse::mixed}, {"discovery", HistoryUse::discovery}, {"buy_again", HistoryUse::buy_again}}};

template <class E, std::size_t N>
E parse_word(const std::array<std::pair<const char*, E>, N>& words, const char* field, const std::string& word) {
    std::string list;
    for (const auto& [name, value] : words) {
        if (word == name) return value;
        list += (list.empty() ? "'" : "' or '") + std::string(name);
    }
    throw InvalidArgument(std::string(field) + " is '" + word + "'; it must be " + list + "'");
}

template <class E, std::size_t N>
const char* word_of(const std::array<std::pair<const char*, E>, N>& words, E wanted) {
    for (const auto& [name, value] : words) {
        if (value == wanted) return name;
    }
    return "";
}

/// Sets fields of an options struct from a dict; fields that the dict lacks keep their defaults.
class FromDict {
public:
    explicit FromDict(const py::dict& values) : values_(values) {}

    template <class T>
    void operator()(const char* name, T& field) {
        if (!values_.contains(name)) return;
        used_.push_back(name);
        const py::object value = values_[name];
        if constexpr (std::is_same_v<T, Device>) {
            field = Device::parse(cast<std::string>(name, value, "the name of a device"));
        } else if constexpr (std::is_same_v<T, AlsSolver>) {
            field = parse_word(solver_names, name, cast<std::string>(name, value, "a word"));
        } else if constexpr (std::is_same_v<T, AlsPrecision>) {
            field = parse_word(precision_names, name, cast<std::string>(name, value, "a word"));
        } else if constexpr (std::is_same_v<T, DType>) {
            field = parse_word(dtype_names, name, cast<std::string>(name, value, "a word"));
        } else if constexpr (std::is_same_v<T, AlsObjective>) {
            field = parse_word(objective_names, name, cast<std::string>(name, value, "a word"));
        } else if constexpr (std::is_same_v<T, Context>) {
            field = parse_word(context_names, name, cast<std::string>(name, value, "a word"));
        } else if constexpr (std::is_same_v<T, UpsellBy>) {
            field = parse_word(upsell_by_names, name, cast<std::string>(name, value, "a word"));
        } else if constexpr (std::is_same_v<T, std::optional<Objective>>) {
            if (!value.is_none())
                field = parse_word(offer_objective_names, name, cast<std::string>(name, value, "a word, or None"));
        } else if constexpr (std::is_same_v<T, std::vector<OfferRule>>) {
            field = rules_of(value);
        } else if constexpr (std::is_same_v<T, std::vector<CustomerSegment>>) {
            if (py::isinstance<py::str>(value)) reject(name, value, "a list of words");
            field.clear();
            for (const auto& word : cast<std::vector<std::string>>(name, value, "a list of words"))
                field.push_back(parse_word(segment_names, name, word));
        } else if constexpr (std::is_same_v<T, bool>) {
            field = cast<bool>(name, value, "True or False");
        } else if constexpr (std::is_integral_v<T>) {
            if (py::isinstance<py::float_>(value)) reject(name, value, "a whole number");
            field = cast<T>(name, value, std::is_unsigned_v<T> ? "a whole number, 0 or more" : "a whole number");
        } else if constexpr (std::is_floating_point_v<T>) {
            field = cast<T>(name, value, "a number");
        } else {
            field = cast<T>(name, value, "a list, or a number");
        }
    }

    /// Throws unless every entry of the dict was a field.
    void finish() const {
        if (used_.size() == values_.size()) return;
        std::string unknown;
        for (const auto& entry : values_) {
            const auto name = py::str(entry.first).cast<std::string>();
            if (std::ranges::find(used_, name) == used_.end()) unknown += (unknown.empty() ? "'" : "', '") + name;
        }
        throw InvalidArgument("there is no option " + unknown + "'");
    }

private:
    // Tuples (action, item, category, with_item, with_category, cap, segment); what is missing is None.
    static std::vector<OfferRule> rules_of(const py::object& list) {
        std::vector<OfferRule> rules;
        for (const py::handle entry : py::iter(list)) {
            const auto it = py::reinterpret_borrow<py::tuple>(entry);
            OfferRule rule;
            rule.action =
                parse_word(rule_action_names, "a rule's action", cast<std::string>("a rule's action", it[0], "a word"));
            rule.item = id_text(it[1]);
            rule.category = id_text(it[2]);
            rule.with_item = id_text(it[3]);
            rule.with_category = id_text(it[4]);
            rule.cap = cast<int>("a rule's cap", it[5], "a whole number");
            if (!it[6].is_none())
                rule.segment = parse_word(segment_names, "a rule's segment",
                                          cast<std::string>("a rule's segment", it[6], "a word"));
            rules.push_back(std::move(rule));
        }
        return rules;
    }

    [[noreturn]] static void reject(const char* name, const py::object& value, const char* wanted) {
        throw InvalidArgument(std::string(name) + " is " + py::repr(value).cast<std::string>() + "; it must be " +
                              wanted);
    }

    template <class T>
    static T cast(const char* name, const py::object& value, const char* wanted) {
        try {
            return value.cast<T>();
        } catch (const py::cast_error&) {
            reject(name, value, wanted);
        }
    }

    py::dict values_;
    std::vector<std::string_view> used_;
};

/// An options struct with the dict's fields over the defaults of `options`.
template <class Options>
Options from_dict(const py::dict& values, Options options = {}) {
    FromDict read(values);
    visit(options, read);
    read.finish();
    return options;
}

/// The double that reads like the float: 0.01 for 0.01F.
inline double as_written(float number) {
    std::array<char, 32> text{};
    const char* end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    double written = number;
    std::from_chars(text.data(), end, written);
    return written;
}

/// All fields of an options struct.
template <class Options>
py::dict to_dict(Options options) {
    py::dict values;
    visit(options, [&](const char* name, auto& field) {
        using T = std::decay_t<decltype(field)>;
        if constexpr (std::is_same_v<T, Device>) {
            values[name] = field.name();
        } else if constexpr (std::is_same_v<T, AlsSolver>) {
            values[name] = word_of(solver_names, field);
        } else if constexpr (std::is_same_v<T, AlsPrecision>) {
            values[name] = word_of(precision_names, field);
        } else if constexpr (std::is_same_v<T, DType>) {
            values[name] = word_of(dtype_names, field);
        } else if constexpr (std::is_same_v<T, AlsObjective>) {
            values[name] = word_of(objective_names, field);
        } else if constexpr (std::is_same_v<T, Context>) {
            values[name] = word_of(context_names, field);
        } else if constexpr (std::is_same_v<T, UpsellBy>) {
            values[name] = word_of(upsell_by_names, field);
        } else if constexpr (std::is_same_v<T, std::optional<Objective>>) {
            values[name] = field ? py::object(py::str(word_of(offer_objective_names, *field))) : py::none();
        } else if constexpr (std::is_same_v<T, std::vector<OfferRule>> ||
                             std::is_same_v<T, std::vector<CustomerSegment>>) {
            values[name] = py::list(field.size());  // only ever asked for the defaults: none
        } else if constexpr (std::is_same_v<T, float>) {
            values[name] = as_written(field);
        } else {
            values[name] = field;
        }
    });
    return values;
}

}  // namespace crosslift::python
