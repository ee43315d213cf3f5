// crosslift plan: offers for many customers and placements in one table.
#include "command.hpp"
#include "offer_output.hpp"
#include "query_options.hpp"

#include <crosslift/error.hpp>
#include <crosslift/model_io.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace crosslift::cli {
namespace {

// RFC 4180: quoted where it must be.
std::string field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + '"';
}

std::string number(double value) {
    if (std::isnan(value)) return "";
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

struct Plan {
    std::string model;
    std::vector<std::string> customers;
    std::vector<std::string> placement_names = {"newsletter"};
    QueryOptions rules;
    int threads = 0;
    bool json = false;

    PlanOptions options(const OfferEngine& engine) const {
        PlanOptions result;
        result.placements.clear();
        for (const std::string& name : placement_names)
            result.placements.push_back(placement_options(
                *std::ranges::find_if(placements, [&](Placement it) { return name_of(it) == name; })));
        result.query = rules.read(engine.models().history.time_kind);
        result.threads = threads;
        return result;
    }

    static void print_csv(const OfferPlan& plan) {
        std::printf("customer,placement,rank,kind,item,name,anchor,price,probability,expected_margin,sentence\n");
        for (const PlannedOffer& it : plan.offers) {
            const Offer& offer = it.offer;
            std::string line = field(it.customer) + ',' + std::string(name_of(it.placement)) + ',' +
                               std::to_string(it.rank) + ',' + std::string(name_of(offer.kind));
            for (const std::string* text : {&offer.item, &offer.name, &offer.anchor}) line += ',' + field(*text);
            for (const double value : {static_cast<double>(offer.price), static_cast<double>(offer.probability),
                                       static_cast<double>(offer.expected_margin)})
                line += ',' + number(value);
            std::printf("%s,%s\n", line.c_str(), field(offer.sentence).c_str());
        }
    }

    static void print_json_lines(const OfferPlan& plan) {
        for (const PlannedOffer& it : plan.offers) {
            const nlohmann::ordered_json line = {{"customer", it.customer},
                                                 {"placement", name_of(it.placement)},
                                                 {"rank", it.rank},
                                                 {"offer", to_json(it.offer)}};
            std::printf("%s\n", line.dump().c_str());
        }
    }

    void run() const {
        const OfferEngine engine = load_offer_engine(model);
        std::vector<std::string> who = customers;
        if (who.empty())
            for (std::int32_t row = 0; row < engine.models().customers.size(); ++row)
                who.emplace_back(engine.models().customers[row]);
        const OfferPlan plan = engine.plan(who, options(engine));
        for (const std::string& warning : plan.warnings) std::fprintf(stderr, "crosslift: %s\n", warning.c_str());
        if (json) {
            print_json_lines(plan);
        } else {
            print_csv(plan);
        }
        std::fprintf(stderr, "crosslift: %zu offers to %lld of %lld customers, %.1f %% of the catalog\n",
                     plan.offers.size(), static_cast<long long>(plan.reached), static_cast<long long>(plan.customers),
                     100 * plan.coverage);
        if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
            throw FileError("the plan could not be written: standard output cannot take it");
    }
};

}  // namespace

void add_plan(CLI::App& program, Choice& choice) {
    auto plan = std::make_shared<Plan>();
    CLI::App& command = *program.add_subcommand("plan", "Write offers for all customers as one table");
    command.footer(
        "Examples:\n"
        "  crosslift plan --model shop.safetensors > newsletter.csv\n"
        "  crosslift plan --model shop.safetensors --customers 17850,13047 --placements cart,newsletter --json\n\n"
        "One row per offer: CSV with a header, or with --json one JSON object per line. A number that is not known is\n"
        "empty (null). Each placement sees what the ones before it showed. Counts and warnings go to stderr.");
    command.add_option("--model", plan->model, "file that `crosslift train` wrote")->required()->type_name("FILE");
    command.add_option("--customers", plan->customers, "these customers; default: all that the model knows")
        ->delimiter(',')
        ->type_name("ID,...");
    command
        .add_option("--placements", plan->placement_names,
                    "in the order of contact: product_page, cart, checkout, post_purchase, newsletter")
        ->delimiter(',')
        ->check(CLI::IsMember({"product_page", "cart", "checkout", "post_purchase", "newsletter"}))
        ->capture_default_str();
    command.add_option("--threads", plan->threads, "0: all; the plan does not depend on it")->capture_default_str();
    plan->rules.add_to(command);
    command.add_flag("--json", plan->json, "one JSON object per line");
    command.callback([plan, &choice] { choice.run = [plan] { plan->run(); }; });
}

}  // namespace crosslift::cli
