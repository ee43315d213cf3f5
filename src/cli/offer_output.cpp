// Answers of an engine as JSON and as lines for people.
#include "offer_output.hpp"

#include "model_summary.hpp"

#include <cmath>
#include <cstdio>

namespace crosslift::cli {
namespace {

nlohmann::ordered_json list_of(const std::vector<Offer>& offers) {
    auto list = nlohmann::ordered_json::array();
    for (const Offer& offer : offers) list.push_back(to_json(offer));
    return list;
}

std::string_view word(Verdict verdict) {
    switch (verdict) {
        case Verdict::better:
            return "better";
        case Verdict::worse:
            return "worse";
        case Verdict::equal:
            return "equal";
        case Verdict::unknown:
            return "unknown";
    }
    return "";
}

void print_offer(int place, const Offer& offer, bool explained) {
    std::printf("%2d. %-12s %-40.40s", place, offer.item.c_str(), offer.name.c_str());
    if (std::isnan(offer.price)) {
        std::printf("        -");
    } else {
        std::printf(" %8.2f", static_cast<double>(offer.price));
    }
    std::printf("  %s\n", offer.sentence.c_str());
    if (explained) std::printf("%s\n", explain(offer).c_str());
}

void print_list(const char* title, const std::vector<Offer>& offers, bool explained) {
    if (offers.empty()) return;
    std::printf("%s\n", title);
    int place = 0;
    for (const Offer& offer : offers) print_offer(++place, offer, explained);
}

}  // namespace

nlohmann::ordered_json to_json(const Offer& offer) {
    nlohmann::ordered_json json;
    json["item"] = offer.item;
    json["name"] = offer.name;
    json["kind"] = name_of(offer.kind);
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

nlohmann::ordered_json to_json(const OfferList& list) {
    return {{"offers", list_of(list.offers)}, {"warnings", list.warnings}};
}

nlohmann::ordered_json to_json(const Bundle& bundle) {
    return {{"anchor", bundle.anchor},
            {"anchor_name", bundle.anchor_name},
            {"added", list_of(bundle.added)},
            {"sum_price", known(bundle.sum_price)},
            {"discount", known(bundle.discount)},
            {"bundle_price", known(bundle.bundle_price)},
            {"margin", known(bundle.margin)},
            {"completes_series", bundle.completes_series},
            {"sentence", bundle.sentence},
            {"warnings", bundle.warnings}};
}

static nlohmann::ordered_json list_of(const std::vector<Reminder>& reminders) {
    auto list = nlohmann::ordered_json::array();
    for (const Reminder& it : reminders) {
        nlohmann::ordered_json reminder = {{"offer", to_json(it.offer)},
                                           {"due", format_time(it.due, TimeKind::timestamp)},
                                           {"last", format_time(it.last, TimeKind::timestamp)},
                                           {"usual_gap_days", known(it.usual_gap_days)},
                                           {"purchases", it.purchases}};
        reminder["companion"] = it.companion ? to_json(*it.companion) : nlohmann::ordered_json(nullptr);
        list.push_back(std::move(reminder));
    }
    return list;
}

nlohmann::ordered_json to_json(const ReminderList& list) {
    return {{"reminders", list_of(list.reminders)}, {"warnings", list.warnings}};
}

nlohmann::ordered_json to_json(const PlacementOffers& placed) {
    nlohmann::ordered_json json = {{"placement", name_of(placed.placement)},
                                   {"replenish", list_of(placed.replenish)},
                                   {"upsell", list_of(placed.upsell)},
                                   {"cross_sell", list_of(placed.cross_sell)},
                                   {"recommend", list_of(placed.recommend)}};
    json["cross_sell_after"] = nlohmann::ordered_json::array();
    for (const auto& offers : placed.cross_sell_after) json["cross_sell_after"].push_back(list_of(offers));
    json["warnings"] = placed.warnings;
    return json;
}

nlohmann::ordered_json to_json(const TargetList& list) {
    nlohmann::ordered_json json;
    json["customers"] = nlohmann::ordered_json::array();
    for (const TargetCustomer& it : list.customers)
        json["customers"].push_back({{"customer", it.customer}, {"offer", to_json(it.offer)}});
    json["warnings"] = list.warnings;
    return json;
}

nlohmann::ordered_json to_json(const Comparison& found) {
    const auto price = [](const ComparedPrice& it) {
        return nlohmann::ordered_json{
            {"first", known(it.first)}, {"second", known(it.second)}, {"difference", known(it.difference)}};
    };
    nlohmann::ordered_json json = {{"first", found.first},
                                   {"first_name", found.first_name},
                                   {"second", found.second},
                                   {"second_name", found.second_name},
                                   {"same_category", found.same_category},
                                   {"price", price(found.price)},
                                   {"unit_price", price(found.unit_price)},
                                   {"unit", found.unit}};
    json["attributes"] = nlohmann::ordered_json::array();
    for (const ComparedAttribute& it : found.attributes)
        json["attributes"].push_back({{"name", it.name},
                                      {"first", known(it.first)},
                                      {"second", known(it.second)},
                                      {"verdict", word(it.verdict)},
                                      {"must_have", it.must_have}});
    json["sentence"] = found.sentence;
    json["warnings"] = found.warnings;
    return json;
}

void print(const OfferList& list, bool explained) {
    if (list.offers.empty()) std::printf("No offer passes the rules.\n");
    int place = 0;
    for (const Offer& offer : list.offers) print_offer(++place, offer, explained);
}

void print(const Bundle& bundle, bool explained) {
    std::printf("%s\n", bundle.sentence.empty() ? "Nothing is known of this item." : bundle.sentence.c_str());
    int place = 0;
    for (const Offer& offer : bundle.added) print_offer(++place, offer, explained);
}

void print(const ReminderList& list, bool explained) {
    if (list.reminders.empty()) std::printf("Nothing is due.\n");
    int place = 0;
    for (const Reminder& it : list.reminders) {
        print_offer(++place, it.offer, explained);
        if (it.companion)
            std::printf("      with %s: %s\n", it.companion->name.c_str(), it.companion->sentence.c_str());
    }
}

void print(const PlacementOffers& placed, bool explained) {
    if (!placed.replenish.empty()) print(ReminderList{placed.replenish, {}}, explained);
    print_list("Better versions:", placed.upsell, explained);
    print_list("Goes with it:", placed.cross_sell, explained);
    print_list("Of this customer's taste:", placed.recommend, explained);
}

void print(const TargetList& list, bool explained) {
    if (list.customers.empty()) std::printf("Nobody.\n");
    int place = 0;
    for (const TargetCustomer& it : list.customers) {
        std::printf("%2d. %-12s %s\n", ++place, it.customer.c_str(), it.offer.sentence.c_str());
        if (explained) std::printf("%s\n", explain(it.offer).c_str());
    }
}

void print(const Comparison& found, bool) {
    std::printf("%s\n", found.sentence.c_str());
}

}  // namespace crosslift::cli
