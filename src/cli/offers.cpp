// crosslift offers: ask a model.
#include "command.hpp"
#include "model_summary.hpp"
#include "query_options.hpp"

#include <crosslift/error.hpp>
#include <crosslift/model_io.hpp>

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

nlohmann::ordered_json to_json(const Offer& offer) {
    nlohmann::ordered_json json;
    json["item"] = offer.item;
    json["name"] = offer.name;
    json["score"] = known(offer.score);
    json["relevance"] = known(offer.relevance);
    json["probability"] = known(offer.probability);
    json["price"] = known(offer.price);
    json["price_difference"] = known(offer.price_difference);
    json["expected_margin"] = known(offer.expected_margin);
    json["anchor"] = offer.anchor;
    json["evidence"] = {{"together", offer.evidence.together}, {"first", offer.evidence.first},
                        {"second", offer.evidence.second},     {"baskets", offer.evidence.baskets},
                        {"lift", known(offer.evidence.lift)},  {"g2", known(offer.evidence.g2)}};
    json["flags"] = nlohmann::ordered_json::array();
    for (const OfferFlag flag : offer.flags) json["flags"].push_back(name_of(flag));
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
    QueryOptions rules;
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
            if (!fine) throw InvalidArgument("--kind " + std::string(name_of(chosen)) + " asks with " + what);
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
        const OfferQuery asked = rules.read(engine.models().history.time_kind);
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
    offers->rules.add_to(command);
    command.add_flag("--explain", offers->explained, "print every reason behind each offer");
    command.add_flag("--json", offers->json, "print one JSON object");
    command.callback([offers, &choice] { choice.run = [offers] { offers->run(); }; });
}

}  // namespace crosslift::cli
