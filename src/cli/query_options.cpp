#include "query_options.hpp"

#include <crosslift/error.hpp>
#include <crosslift/files.hpp>

#include <charconv>
#include <map>

namespace crosslift::cli {
namespace {

std::int64_t time_of(const std::string& text, TimeKind time_kind) {
    std::int64_t time = 0;
    if (time_kind == TimeKind::timestamp) {
        if (parse_timestamp(text, time)) return time;
        throw InvalidArgument("--as-of " + text + " is no date; write 2011-12-01 or 2011-12-01T08:26:00");
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time);
    if (error == std::errc() && end == text.data() + text.size()) return time;
    throw InvalidArgument("--as-of " + text + " is no whole number, and this model's purchases are ordered by one");
}

double number_of(const std::string& text, const std::string& option) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
    throw InvalidArgument(option + ": '" + text + "' is no number");
}

std::string trimmed(const std::string& text) {
    const std::size_t from = text.find_first_not_of(' ');
    return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(' ') - from + 1);
}

CustomerSegment segment_named(const std::string& word, const std::string& option) {
    for (const CustomerSegment segment : customer_segments)
        if (name_of(segment) == word) return segment;
    throw InvalidArgument(option + ": '" + word + "' is no segment; there are new, promo_driven and repeat");
}

// "pin; category=TOYS; cap=2"
OfferRule rule_of(const std::string& text) {
    const auto fail = [&](const std::string& what) {
        throw InvalidArgument("--rule '" + text + "' " + what +
                              "; write 'pin; item=ID', 'deny; category=NAME' or "
                              "'attach; item=ID; with_category=NAME; cap=2'");
    };
    static const std::map<std::string, OfferRule::Action> actions = {
        {"pin", OfferRule::Action::pin}, {"attach", OfferRule::Action::attach}, {"deny", OfferRule::Action::deny}};
    OfferRule rule;
    std::size_t from = 0;
    for (int part = 0; from <= text.size(); ++part) {
        const std::size_t end = std::min(text.find(';', from), text.size());
        const std::string word = trimmed(text.substr(from, end - from));
        from = end + 1;
        if (part == 0) {
            if (!actions.contains(word)) fail("does not begin with pin, attach or deny");
            rule.action = actions.at(word);
            continue;
        }
        const std::size_t equals = word.find('=');
        const std::string name = trimmed(word.substr(0, equals));
        const std::string value = equals == std::string::npos ? "" : trimmed(word.substr(equals + 1));
        if (value.empty()) fail("has '" + word + "', which is not NAME=VALUE");
        if (name == "item") {
            rule.item = value;
        } else if (name == "category") {
            rule.category = value;
        } else if (name == "with_item") {
            rule.with_item = value;
        } else if (name == "with_category") {
            rule.with_category = value;
        } else if (name == "segment") {
            rule.segment = segment_named(value, "--rule '" + text + "'");
        } else if (name == "cap") {
            rule.cap = static_cast<int>(number_of(value, "--rule '" + text + "'"));
        } else {
            fail("has '" + name + "', which a rule does not know");
        }
    }
    return rule;
}

}  // namespace

void QueryOptions::add_to(CLI::App& command) {
    const char* group = "Rules";
    const auto add = [&](const char* option, auto& value, const char* what) {
        return command.add_option(option, value, what)->group(group)->capture_default_str();
    };
    add("-k,--count", query.k, "offers wanted; fewer is normal");
    add("--objective", objective, "what the list is ranked by; default: relevance, for upsell margin where it is known")
        ->check(CLI::IsMember({"relevance", "revenue", "margin"}));
    add("--budget", query.budget, "no offer is dearer");
    add("--max-per-category", query.max_per_category, "cross_sell: offers of one category, 0 = no limit");
    add("--min-support", query.min_support, "cross_sell: baskets that must hold both");
    add("--min-g2", query.min_g2, "cross_sell: significance of that (10.83: p < 0.001)");
    add("--min-relevance", query.min_relevance, "relevance floor, 0 to 1; no objective lifts an item over it");
    add("--upsell-by", upsell_by, "price, unit_price or tier")->check(CLI::IsMember({"price", "unit_price", "tier"}));
    add("--min-price-ratio", query.min_price_ratio, "upsell: at least this much dearer");
    add("--max-price-ratio", query.max_price_ratio, "upsell: at most");
    add("--min-value-ratio", query.min_value_ratio, "upsell: gain in attributes over gain in price, at least; 0 = off");
    add("--price-quantile", query.price_quantile,
        "upsell: what is above the customer's usual prices comes last; 1 = off");
    command.add_option("--segments", segments, "offers only to these customers: new, promo_driven, repeat")
        ->delimiter(',')
        ->group(group)
        ->type_name("SEGMENT,...");
    add("--personalization", query.personalization,
        "weight of own history, 0 to 1; 0: as if the customer were not known");
    add("--popularity", query.popularity, "1 ranks by how often, 0 by how specifically items go together");
    add("--offer-cost", query.offer_cost, "money that making one offer costs");
    add("--discount", query.discount, "share off the price of what is offered");
    add("--incrementality", query.incrementality, "share of cross-sells that would not have been bought anyway");
    add("--sale-loss-risk", query.sale_loss_risk, "probability that offering an up-sell loses the sale");
    command
        .add_flag("--allow-same-category", query.allow_same_category, "cross_sell: also from the basket's categories")
        ->group(group);
    command
        .add_flag("--only-new-categories", query.only_new_categories, "recommend: from categories not bought from yet")
        ->group(group);
    command.add_flag("--allow-bought", query.allow_bought, "also what the customer bought before")->group(group);
    command.add_option("--exclude", query.exclude, "never offer these")
        ->delimiter(',')
        ->group(group)
        ->type_name("ID,...");
    command.add_option("--allow", query.allow, "offer only these")->delimiter(',')->group(group)->type_name("ID,...");
    command
        .add_option("--rule", rules, "pin, attach or deny: 'attach; item=ID; with_category=NAME; cap=1'; repeatable")
        ->group(group)
        ->type_name("RULE");
    command.add_option("--attribute-weight", attribute_weights, "upsell: what the customer cares about; repeatable")
        ->group(group)
        ->type_name("NAME=WEIGHT");
    command.add_option("--as-of", as_of, "the time to answer for; default: the latest purchase")
        ->group(group)
        ->type_name("TIME");
}

OfferQuery QueryOptions::read(TimeKind time_kind) const {
    OfferQuery result = query;
    if (!as_of.empty()) result.as_of = time_of(as_of, time_kind);
    if (objective == "relevance") result.objective = Objective::relevance;
    if (objective == "revenue") result.objective = Objective::revenue;
    if (objective == "margin") result.objective = Objective::margin;
    if (upsell_by == "unit_price") result.upsell_by = UpsellBy::unit_price;
    if (upsell_by == "tier") result.upsell_by = UpsellBy::tier;
    for (const std::string& word : segments) result.segments.push_back(segment_named(word, "--segments"));
    for (const std::string& rule : rules) result.rules.push_back(rule_of(rule));
    for (const std::string& text : attribute_weights) {
        const std::size_t equals = text.rfind('=');
        if (equals == std::string::npos) throw InvalidArgument("--attribute-weight '" + text + "' is not NAME=WEIGHT");
        result.attribute_weights.emplace_back(text.substr(0, equals),
                                              number_of(text.substr(equals + 1), "--attribute-weight " + text));
    }
    return result;
}

}  // namespace crosslift::cli
