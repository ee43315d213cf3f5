// Options and small facts of models as JSON: each struct lists its fields once, for writing and for reading.
#pragma once

#include <crosslift/acceptance.hpp>
#include <crosslift/als.hpp>
#include <crosslift/bpr.hpp>
#include <crosslift/complement.hpp>
#include <crosslift/offers.hpp>
#include <crosslift/own_history.hpp>
#include <crosslift/replenishment.hpp>
#include <crosslift/trade_up.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace crosslift::io {

// Not stored: devices and threads. They belong to the machine that runs a model, not to the model.

template <class Archive>
void fields(Archive& archive, AlsOptions& options) {
    archive("factors", options.factors);
    archive("iterations", options.iterations);
    archive("objective", options.objective);
    archive("regularization", options.regularization);
    archive("alpha", options.alpha);
    archive("unobserved_weight", options.unobserved_weight);
    archive("nu", options.nu);
    archive("solver", options.solver);
    archive("cg_steps", options.cg_steps);
    archive("block_size", options.block_size);
    archive("precision", options.precision);
    archive("factor_dtype", options.factor_dtype);
    archive("calculate_loss", options.calculate_loss);
    archive("seed", options.seed);
}

template <class Archive>
void fields(Archive& archive, AlsModel& model) {
    archive("options", model.options);
    archive("loss", model.loss);
    archive("sweeps", model.sweeps);
    archive("stopped_early", model.stopped_early);
}

template <class Archive>
void fields(Archive& archive, BprOptions& options) {
    archive("factors", options.factors);
    archive("iterations", options.iterations);
    archive("learning_rate", options.learning_rate);
    archive("regularization", options.regularization);
    archive("seed", options.seed);
}

template <class Archive>
void fields(Archive& archive, BprModel& model) {
    archive("options", model.options);
    archive("train_auc", model.train_auc);
    archive("epochs", model.epochs);
    archive("stopped_early", model.stopped_early);
}

template <class Archive>
void fields(Archive& archive, EaseOptions& options) {
    archive("regularization", options.regularization);
    archive("popularity_regularization", options.popularity_regularization);
    archive("size_exponent", options.size_exponent);
    archive("half_life_days", options.half_life_days);
    archive("intercept", options.intercept);
    archive("intercept_weight", options.intercept_weight);
    archive("line_share", options.line_share);
    archive("damping", options.damping);
}

template <class Archive>
void fields(Archive& archive, ComplementOptions& options) {
    archive("ease", options.ease);
    archive("tune", options.tune);
    archive("factors", options.factors);
    archive("residuals", options.residuals);
    archive("min_baskets", options.min_baskets);
    archive("max_items", options.max_items);
    archive("seed", options.seed);
}

template <class Archive>
void fields(Archive& archive, ComplementTrial& trial) {
    archive("ease", trial.ease);
    archive("validation_hr10", trial.validation_hr10);
    archive("validation_ndcg", trial.validation_ndcg);
}

template <class Archive>
void fields(Archive& archive, ComplementModel& model) {
    archive("options", model.options);
    archive("trials", model.trials);
    archive("kept_hr10", model.kept_hr10);
    archive("modelled_items", model.modelled_items);
    archive("extended_items", model.extended_items);
    archive("cold_items", model.cold_items);
    archive("similarity_weight", model.similarity_weight);
}

template <class Archive>
void fields(Archive& archive, PriceModel& model) {
    archive("noise", model.noise);
    archive("leaf_spread", model.leaf_spread);
    archive("customer_spread", model.customer_spread);
}

template <class Archive>
void fields(Archive& archive, TradeUpOptions& options) {
    archive("min_price_ratio", options.min_price_ratio);
    archive("l2", options.l2);
    archive("windows", options.windows);
    archive("window_share", options.window_share);
    archive("max_events", options.max_events);
    archive("taste", options.taste);
    archive("seed", options.seed);
}

template <class Archive>
void fields(Archive& archive, TradeUpWeight& weight) {
    archive("feature", weight.feature);
    archive("weight", weight.weight);
}

template <class Archive>
void fields(Archive& archive, TradeUpModel& model) {
    archive("weights", model.weights);
    archive("events", model.events);
    archive("validation_mrr", model.validation_mrr);
    archive("popular_mrr", model.popular_mrr);
    archive("taste", model.taste);
    archive("options", model.options);
}

template <class Archive>
void fields(Archive& archive, AcceptanceOptions& options) {
    archive("min_price_ratio", options.min_price_ratio);
    archive("l2", options.l2);
    archive("windows", options.windows);
    archive("window_share", options.window_share);
    archive("max_returns", options.max_returns);
    archive("seed", options.seed);
}

template <class Archive>
void fields(Archive& archive, AcceptanceWeight& weight) {
    archive("fact", weight.fact);
    archive("weight", weight.weight);
}

template <class Archive>
void fields(Archive& archive, AcceptanceModel::Regression& regression) {
    archive("intercept", regression.intercept);
    archive("weights", regression.weights);
    archive("choice", regression.choice);
    archive("slope", regression.slope);
    archive("shift", regression.shift);
}

template <class Archive>
void fields(Archive& archive, AcceptanceModel& model) {
    archive("personal", model.personal);
    archive("anonymous", model.anonymous);
    archive("returns", model.returns);
    archive("validation_auc", model.validation_auc);
    archive("dearer_share_auc", model.dearer_share_auc);
    archive("item_rate_auc", model.item_rate_auc);
    archive("options", model.options);
}

template <class Archive>
void fields(Archive& archive, ReplenishmentOptions& options) {
    archive("min_repeat_share", options.min_repeat_share);
    archive("l2", options.l2);
    archive("windows", options.windows);
    archive("window_days", options.window_days);
    archive("max_pairs", options.max_pairs);
    archive("seed", options.seed);
}

template <class Archive>
void fields(Archive& archive, ReplenishmentWeight& weight) {
    archive("fact", weight.fact);
    archive("weight", weight.weight);
}

template <class Archive>
void fields(Archive& archive, ReplenishmentModel& model) {
    archive("rate_shape", model.rate_shape);
    archive("gap_within", model.gap_within);
    archive("gap_between", model.gap_between);
    archive("intercept", model.intercept);
    archive("weights", model.weights);
    archive("pairs", model.pairs);
    archive("validation_pr_auc", model.validation_pr_auc);
    archive("frequency_pr_auc", model.frequency_pr_auc);
    archive("options", model.options);
}

template <class Archive>
void fields(Archive& archive, OwnHistory& own) {
    archive("weight", own.weight);
    archive("half_life_days", own.half_life_days);
    archive("repeat_share", own.repeat_share);
    archive("validation_gain", own.validation_gain);
}

template <class Archive>
void fields(Archive& archive, ContextOptions& options) {
    archive("context", options.context);
    archive("session_hours", options.session_hours);
    archive("window_days", options.window_days);
}

template <class Archive>
void fields(Archive& archive, ColdStartOptions& options) {
    archive("enabled", options.enabled);
    archive("regularization", options.regularization);
    archive("relatives", options.relatives);
    archive("residuals", options.residuals);
    archive("tune", options.tune);
    archive("similarity", options.similarity);
}

template <class Archive>
void fields(Archive& archive, OfferEngineOptions& options) {
    archive("context", options.context);
    archive("complement", options.complement);
    archive("cold_start", options.cold_start);
    archive("taste", options.taste);
    archive("trade_up", options.trade_up);
    archive("acceptance", options.acceptance);
    archive("replenishment", options.replenishment);
    archive("seed", options.seed);
}

template <class Archive>
void fields(Archive& archive, Attribute& attribute) {
    archive("name", attribute.name);
    archive("direction", attribute.direction);
    archive("weight", attribute.weight);
    archive("must_have", attribute.must_have);
}

/// Words of an enumeration in the order of its values.
template <class Enum>
constexpr auto words_of([[maybe_unused]] Enum value) {
    if constexpr (std::is_same_v<Enum, AlsObjective>) {
        return std::array<std::string_view, 2>{"hu_koren_volinsky", "rendle"};
    } else if constexpr (std::is_same_v<Enum, AlsSolver>) {
        return std::array<std::string_view, 3>{"cholesky", "cg", "ials_pp"};
    } else if constexpr (std::is_same_v<Enum, AlsPrecision>) {
        return std::array<std::string_view, 2>{"strict", "mixed"};
    } else if constexpr (std::is_same_v<Enum, DType>) {
        return std::array<std::string_view, 2>{"float32", "float16"};
    } else if constexpr (std::is_same_v<Enum, Context>) {
        return std::array<std::string_view, 3>{"basket", "session", "window"};
    } else if constexpr (std::is_same_v<Enum, TimeKind>) {
        return std::array<std::string_view, 3>{"none", "order", "timestamp"};
    } else {
        static_assert(std::is_same_v<Enum, Attribute::Direction>);
        return std::array<std::string_view, 2>{"higher_is_better", "lower_is_better"};
    }
}

template <class T>
constexpr bool is_list = false;
template <class T>
constexpr bool is_list<std::vector<T>> = true;

class ParameterWriter {
public:
    nlohmann::ordered_json json = nlohmann::ordered_json::object();

    template <class T>
    void operator()(const char* name, const T& value) {
        json[name] = encode(value);
    }

private:
    template <class T>
    static nlohmann::ordered_json encode(const T& value) {
        if constexpr (std::is_floating_point_v<T>) {
            if (std::isfinite(value)) return value;
            return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";  // JSON has no such numbers
        } else if constexpr (std::is_enum_v<T>) {
            return words_of(value).at(static_cast<std::size_t>(value));
        } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
            return value;
        } else if constexpr (is_list<T>) {
            auto list = nlohmann::ordered_json::array();
            for (const auto& element : value) list.push_back(encode(element));
            return list;
        } else {
            ParameterWriter inner;
            fields(inner, const_cast<T&>(value));  // a writer only reads; the list of fields serves both directions
            return inner.json;
        }
    }
};

/// Reads what ParameterWriter wrote. Throws FormatError for anything that is missing, of another type or out of range.
class ParameterReader {
public:
    explicit ParameterReader(const nlohmann::json& json) : json_(json) {}

    template <class T>
    void operator()(const char* name, T& value) {
        const auto at = json_.find(name);
        if (at == json_.end()) fail(name, "is missing");
        decode(name, *at, value);
    }

    [[noreturn]] static void fail(const char* name, const char* what);

private:
    template <class T>
    static void decode(const char* name, const nlohmann::json& json, T& value) {
        if constexpr (std::is_same_v<T, bool>) {
            if (!json.is_boolean()) fail(name, "is not true or false");
            value = json.get<bool>();
        } else if constexpr (std::is_integral_v<T>) {
            decode_integer(name, json, value);
        } else if constexpr (std::is_floating_point_v<T>) {
            value = static_cast<T>(decode_number(name, json));
        } else if constexpr (std::is_enum_v<T>) {
            decode_word(name, json, value);
        } else if constexpr (std::is_same_v<T, std::string>) {
            if (!json.is_string()) fail(name, "is not a text");
            value = json.get<std::string>();
        } else if constexpr (is_list<T>) {
            if (!json.is_array()) fail(name, "is not a list");
            value.clear();
            for (const auto& element : json) decode(name, element, value.emplace_back());
        } else {
            if (!json.is_object()) fail(name, "is not an object");
            ParameterReader inner(json);
            fields(inner, value);
        }
    }

    template <class T>
    static void decode_integer(const char* name, const nlohmann::json& json, T& value) {
        if (json.is_number_unsigned() && std::in_range<T>(json.get<std::uint64_t>())) {
            value = static_cast<T>(json.get<std::uint64_t>());
        } else if (json.is_number_integer() && !json.is_number_unsigned() &&
                   std::in_range<T>(json.get<std::int64_t>())) {
            value = static_cast<T>(json.get<std::int64_t>());
        } else {
            fail(name, "is not an integer in its range");
        }
    }

    template <class T>
    static void decode_word(const char* name, const nlohmann::json& json, T& value) {
        const auto words = words_of(value);
        for (std::size_t n = 0; n < words.size(); ++n) {
            if (json == words[n]) {
                value = static_cast<T>(n);
                return;
            }
        }
        fail(name, "is none of its words");
    }

    static double decode_number(const char* name, const nlohmann::json& json);

    const nlohmann::json& json_;
};

}  // namespace crosslift::io
