// crosslift offers: ask a model.
#include "command.hpp"
#include "offer_output.hpp"
#include "query_options.hpp"

#include <crosslift/error.hpp>
#include <crosslift/model_io.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace crosslift::cli {
namespace {

Placement placement_of(const std::string& name) {
    return *std::ranges::find_if(placements, [&](Placement it) { return name_of(it) == name; });
}

const std::vector<std::string> kinds = {"cross_sell", "upsell",           "recommend",   "similar",
                                        "bundle",     "replenish",        "next_basket", "placement",
                                        "compare",    "target_customers", "segment"};

struct Offers {
    std::string model;
    std::vector<std::string> basket;
    std::string item;
    std::string customer;
    std::string kind;
    std::string with;
    std::string placement = "product_page";
    QueryOptions rules;
    BundleOptions bundle;
    ReminderOptions reminder;
    bool explained = false;
    bool json = false;

    /// The kind that was named, or the one that the query suggests.
    std::string chosen_kind() const {
        if (!kind.empty()) return kind;
        if (!basket.empty()) return "cross_sell";
        return item.empty() ? "recommend" : "upsell";
    }

    /// Each kind asks with something of its own; what does not fit is named before the model is read.
    void check(const std::string& chosen) const {
        const auto want = [&](bool fine, const char* what) {
            if (!fine) throw InvalidArgument("--kind " + chosen + " asks with " + what);
        };
        const auto is_one_of = [&](std::initializer_list<const char*> names) {
            return std::find(names.begin(), names.end(), chosen) != names.end();
        };
        if (chosen == "cross_sell") want(!basket.empty() || !item.empty(), "--basket ID,ID or --item ID");
        if (is_one_of({"upsell", "similar", "bundle", "target_customers"}))
            want(!item.empty() && basket.empty(), "--item ID, and without --basket");
        if (is_one_of({"recommend", "replenish", "next_basket", "segment"}))
            want(!customer.empty() && basket.empty() && item.empty(), "--customer ID alone");
        if (chosen == "compare") want(!item.empty() && !with.empty(), "--item ID and --with ID");
    }

    template <class Answer>
    void show(const std::string& chosen, const Answer& answer) const {
        for (const std::string& warning : answer.warnings) std::fprintf(stderr, "crosslift: %s\n", warning.c_str());
        if (!json) return print(answer, explained);
        nlohmann::ordered_json result = {{"kind", chosen}};
        result.update(to_json(answer));
        std::printf("%s\n", result.dump(2).c_str());
    }

    void show_segment(const OfferEngine& engine) const {
        const auto segment = engine.segment_of(customer);
        const std::string word(segment ? name_of(*segment) : "unknown");
        if (!json) {
            std::printf("%s\n", word.c_str());
            return;
        }
        nlohmann::ordered_json result = {{"kind", "segment"}, {"customer", customer}};
        result["segment"] = segment ? nlohmann::ordered_json(word) : nlohmann::ordered_json(nullptr);
        std::printf("%s\n", result.dump(2).c_str());
    }

    void answer(const OfferEngine& engine, const std::string& chosen, const OfferQuery& query) const {
        std::vector<std::string> items = basket;
        if (!item.empty()) items.push_back(item);
        if (chosen == "cross_sell") show(chosen, engine.cross_sell(items, customer, query));
        if (chosen == "upsell") show(chosen, engine.upsell(item, customer, query));
        if (chosen == "recommend") show(chosen, engine.recommend(customer, query));
        if (chosen == "similar") show(chosen, engine.similar_items(item, query));
        if (chosen == "bundle") show(chosen, engine.bundle(item, customer, query, bundle));
        if (chosen == "replenish") show(chosen, engine.replenish(customer, query, reminder));
        if (chosen == "next_basket") show(chosen, engine.next_basket(customer, query, reminder));
        if (chosen == "compare") show(chosen, engine.compare(item, with));
        if (chosen == "target_customers") show(chosen, engine.target_customers(item, query));
        if (chosen == "segment") show_segment(engine);
        if (chosen == "placement")
            show(chosen, engine.offers(items, customer, placement_options(placement_of(placement)), {}, query));
    }

    void run() const {
        const std::string chosen = chosen_kind();
        check(chosen);
        const OfferEngine engine = load_offer_engine(model);
        answer(engine, chosen, rules.read(engine.models().history.time_kind));
    }
};

void add_options_of_kinds(CLI::App& command, Offers& offers) {
    command.add_option("--with", offers.with, "compare: the other item")->type_name("ID");
    command
        .add_option("--placement", offers.placement,
                    "placement: product_page, cart, checkout, post_purchase or newsletter")
        ->capture_default_str()
        ->check(CLI::IsMember({"product_page", "cart", "checkout", "post_purchase", "newsletter"}));
    command.add_option("--max-items", offers.bundle.max_items, "bundle: items of the set, the first included")
        ->capture_default_str();
    command.add_option("--min-margin", offers.bundle.min_margin, "bundle: the set never earns less, money")
        ->capture_default_str();
    command.add_option("--horizon-days", offers.reminder.horizon_days, "replenish, next_basket: how far to look ahead")
        ->capture_default_str();
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
        "  crosslift offers --model shop.safetensors --item 22423 --kind similar   what could replace it\n"
        "  crosslift offers --model shop.safetensors --item 22423 --kind bundle    a set around it\n"
        "  crosslift offers --model shop.safetensors --customer 17850 --kind replenish   what is due again\n\n"
        "An id that the model does not know is left out and named on stderr.");
    command.add_option("--model", offers->model, "file that `crosslift train` wrote")->required()->type_name("FILE");
    command.add_option("--basket", offers->basket, "items in the basket")->delimiter(',')->type_name("ID,...");
    command.add_option("--item", offers->item, "one item")->type_name("ID");
    command.add_option("--customer", offers->customer, "who asks; leave out for anybody")->type_name("ID");
    command
        .add_option("--kind", offers->kind,
                    "cross_sell, upsell, recommend, similar, bundle, replenish, next_basket, placement, compare, "
                    "target_customers or segment; default: cross_sell for a basket, upsell for an item, recommend for "
                    "a customer "
                    "alone")
        ->check(CLI::IsMember(kinds));
    add_options_of_kinds(command, *offers);
    offers->rules.add_to(command);
    command.add_flag("--explain", offers->explained, "print every reason behind each offer");
    command.add_flag("--json", offers->json, "print one JSON object");
    command.callback([offers, &choice] { choice.run = [offers] { offers->run(); }; });
}

}  // namespace crosslift::cli
