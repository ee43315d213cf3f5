// crosslift offers: ask a model.
#include "command.hpp"
#include "model_summary.hpp"

#include <crosslift/error.hpp>
#include <crosslift/model_io.hpp>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>

namespace crosslift::cli {
namespace {

const std::map<std::string, OfferKind> kinds = {{"cross_sell", OfferKind::cross_sell},
                                                {"upsell", OfferKind::upsell},
                                                {"recommend", OfferKind::recommend},
                                                {"similar", OfferKind::similar}};

std::string name_of(OfferKind kind) {
    for (const auto& [name, value] : kinds) {
        if (value == kind) return name;
    }
    return {};
}

nlohmann::ordered_json to_json(const Offer& offer) {
    nlohmann::ordered_json json;
    json["item"] = offer.item;
    json["name"] = offer.name;
    json["score"] = known(offer.score);
    json["price"] = known(offer.price);
    json["price_difference"] = known(offer.price_difference);
    json["anchor"] = offer.anchor;
    json["evidence"] = {{"together", offer.evidence.together}, {"first", offer.evidence.first},
                        {"second", offer.evidence.second},     {"baskets", offer.evidence.baskets},
                        {"lift", known(offer.evidence.lift)},  {"g2", known(offer.evidence.g2)}};
    json["sentence"] = offer.sentence;
    json["reasons"] = nlohmann::ordered_json::array();
    for (const Reason& reason : offer.reasons) {
        json["reasons"].push_back({{"fact", reason.fact},
                                   {"item", reason.item},
                                   {"value", known(reason.value)},
                                   {"is_share", reason.is_share}});
    }
    return json;
}

void print(const OfferList& list, bool explained) {
    if (list.offers.empty()) std::printf("No offer passes the rules.\n");
    int place = 0;
    for (const Offer& offer : list.offers) {
        std::printf("%2d. %-12s %-40.40s", ++place, offer.item.c_str(), offer.name.c_str());
        if (std::isnan(offer.price)) {
            std::printf("        -");
        } else {
            std::printf(" %8.2f", static_cast<double>(offer.price));
        }
        std::printf("  %s\n", offer.sentence.c_str());
        if (explained) std::printf("%s\n", explain(offer).c_str());
    }
}

struct Offers {
    std::string model;
    std::vector<std::string> basket;
    std::string item;
    std::string customer;
    std::string kind;
    std::string as_of;
    OfferQuery query;
    bool explained = false;
    bool json = false;

    /// The kind that was named, or the one that the query suggests.
    OfferKind chosen_kind() const {
        if (!kind.empty()) return kinds.at(kind);
        if (!basket.empty()) return OfferKind::cross_sell;
        if (!item.empty()) return OfferKind::upsell;
        return OfferKind::recommend;
    }

    /// Each kind asks with something of its own; what does not fit is named before the model is read.
    void check(OfferKind chosen) const {
        const auto want = [&](bool fine, const char* what) {
            if (!fine) throw InvalidArgument("--kind " + name_of(chosen) + " asks with " + what);
        };
        if (chosen == OfferKind::cross_sell) want(!basket.empty() || !item.empty(), "--basket ID,ID or --item ID");
        if (chosen == OfferKind::upsell || chosen == OfferKind::similar) {
            want(!item.empty() && basket.empty(), "--item ID, and without --basket");
        }
        if (chosen == OfferKind::recommend) {
            want(!customer.empty() && basket.empty() && item.empty(), "--customer ID alone");
        }
    }

    OfferList ask(const OfferEngine& engine, OfferKind chosen) const {
        OfferQuery asked = query;
        if (!as_of.empty()) asked.as_of = time_of(as_of, engine.models().history.time_kind);
        std::vector<std::string> items = basket;
        if (!item.empty()) items.push_back(item);
        switch (chosen) {
            case OfferKind::cross_sell:
                return engine.cross_sell(items, customer, asked);
            case OfferKind::upsell:
                return engine.upsell(item, customer, asked);
            case OfferKind::recommend:
                return engine.recommend(customer, asked);
            case OfferKind::similar:
                return engine.similar_items(item, asked);
        }
        return {};
    }

    static std::int64_t time_of(const std::string& text, TimeKind time_kind) {
        std::int64_t time = 0;
        if (time_kind == TimeKind::timestamp) {
            if (parse_timestamp(text, time)) return time;
            throw InvalidArgument("--as-of " + text + " is no date; write 2011-12-01 or 2011-12-01T08:26:00");
        }
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time);
        if (error == std::errc() && end == text.data() + text.size()) return time;
        throw InvalidArgument("--as-of " + text + " is no whole number, and this model's purchases are ordered by one");
    }

    void run() const {
        const OfferKind chosen = chosen_kind();
        check(chosen);
        const OfferEngine engine = load_offer_engine(model);
        const OfferList list = ask(engine, chosen);
        for (const std::string& warning : list.warnings) std::fprintf(stderr, "crosslift: %s\n", warning.c_str());
        if (!json) return print(list, explained);
        nlohmann::ordered_json result;
        result["kind"] = name_of(chosen);
        result["offers"] = nlohmann::ordered_json::array();
        for (const Offer& offer : list.offers) result["offers"].push_back(to_json(offer));
        result["warnings"] = list.warnings;
        std::printf("%s\n", result.dump(2).c_str());
    }
};

void add_rules(CLI::App& command, OfferQuery& query) {
    const char* group = "Rules";
    const auto add = [&](const char* option, auto& value, const char* what) {
        command.add_option(option, value, what)->group(group)->capture_default_str();
    };
    add("-k,--count", query.k, "offers wanted; fewer is normal");
    add("--budget", query.budget, "no offer is dearer");
    add("--max-per-category", query.max_per_category, "cross_sell: offers of one category, 0 = no limit");
    add("--min-support", query.min_support, "cross_sell: baskets that must hold both");
    add("--min-g2", query.min_g2, "cross_sell: significance of that (10.83: p < 0.001)");
    add("--min-price-ratio", query.min_price_ratio, "upsell: at least this much dearer");
    add("--max-price-ratio", query.max_price_ratio, "upsell: at most");
    add("--personalization", query.personalization,
        "weight of own history, 0 to 1; 0: as if the customer were not known");
    command
        .add_flag("--allow-same-category", query.allow_same_category, "cross_sell: also from the basket's categories")
        ->group(group);
    command.add_flag("--allow-bought", query.allow_bought, "also what the customer bought before")->group(group);
    command.add_option("--exclude", query.exclude, "never offer these")
        ->delimiter(',')
        ->group(group)
        ->type_name("ID,...");
    command.add_option("--allow", query.allow, "offer only these")->delimiter(',')->group(group)->type_name("ID,...");
}

}  // namespace

void add_offers(CLI::App& program, Choice& choice) {
    auto offers = std::make_shared<Offers>();
    CLI::App& command = *program.add_subcommand("offers", "Ask a model for offers");
    command.footer(
        "Examples:\n"
        "  crosslift offers --model shop.safetensors --basket 85123A,22423         what goes with this basket\n"
        "  crosslift offers --model shop.safetensors --item 22423 --kind upsell    better versions of this item\n"
        "  crosslift offers --model shop.safetensors --customer 17850 -k 5         what this customer wants next\n"
        "  crosslift offers --model shop.safetensors --item 22423 --kind similar   what could replace it\n\n"
        "An id that the model does not know is left out and named on stderr.");
    command.add_option("--model", offers->model, "file that `crosslift train` wrote")->required()->type_name("FILE");
    command.add_option("--basket", offers->basket, "items in the basket")->delimiter(',')->type_name("ID,...");
    command.add_option("--item", offers->item, "one item")->type_name("ID");
    command.add_option("--customer", offers->customer, "who asks; leave out for anybody")->type_name("ID");
    command
        .add_option("--kind", offers->kind,
                    "cross_sell, upsell, recommend or similar; default: cross_sell for a basket, upsell for an item, "
                    "recommend for a customer alone")
        ->check(CLI::IsMember({"cross_sell", "upsell", "recommend", "similar"}));
    command.add_option("--as-of", offers->as_of, "the time to answer for; default: the latest purchase")
        ->type_name("TIME");
    add_rules(command, offers->query);
    command.add_flag("--explain", offers->explained, "print every reason behind each offer");
    command.add_flag("--json", offers->json, "print one JSON object");
    command.callback([offers, &choice] { choice.run = [offers] { offers->run(); }; });
}

}  // namespace crosslift::cli
