#include "offers/explain.hpp"

#include <crosslift/offers.hpp>

#include <cmath>
#include <cstdio>

namespace crosslift {
namespace {

std::string number(const char* format, double value) {
    char text[48];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

const char* title(OfferKind kind) {
    switch (kind) {
        case OfferKind::cross_sell:
            return "cross-sell";
        case OfferKind::upsell:
            return "up-sell";
        case OfferKind::recommend:
            return "recommendation";
        case OfferKind::similar:
            return "similar item";
        case OfferKind::bundle:
            return "part of a bundle";
        case OfferKind::replenish:
            return "buy it again";
    }
    return "offer";
}

std::string money_lines(const Offer& offer) {
    std::string text;
    if (!std::isnan(offer.probability)) text += "  taken with probability " + percent(offer.probability) + "\n";
    if (!std::isnan(offer.expected_margin))
        text += "  expected margin " + number("%+.4f", offer.expected_margin) + ", after the cost of the offer\n";
    std::string flags;
    for (const OfferFlag flag : offer.flags) {
        if (flag == OfferFlag::margin_unknown) text += "  margin unknown: the margin gate did not look at it\n";
        flags += (flags.empty() ? "" : ", ") + std::string(name_of(flag));
    }
    if (!flags.empty()) text += "  flags: " + flags + "\n";
    return text;
}

}  // namespace

std::string_view name_of(OfferFlag flag) {
    switch (flag) {
        case OfferFlag::pinned:
            return "pinned";
        case OfferFlag::attached:
            return "attached";
        case OfferFlag::bought_before:
            return "bought_before";
        case OfferFlag::popular:
            return "popular";
        case OfferFlag::above_usual_price:
            return "above_usual_price";
        case OfferFlag::margin_unknown:
            return "margin_unknown";
    }
    return "";
}

std::string_view name_of(OfferKind kind) {
    switch (kind) {
        case OfferKind::cross_sell:
            return "cross_sell";
        case OfferKind::upsell:
            return "upsell";
        case OfferKind::recommend:
            return "recommend";
        case OfferKind::similar:
            return "similar";
        case OfferKind::bundle:
            return "bundle";
        case OfferKind::replenish:
            return "replenish";
    }
    return "";
}

std::string grouped(std::int64_t value) {
    std::string digits = std::to_string(value < 0 ? -value : value);
    for (auto at = static_cast<std::int64_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), ",");
    return value < 0 ? "-" + digits : digits;
}

std::string money(double amount) {
    return number(amount != 0 && std::abs(amount) < 0.02 ? "%.2g" : "%.2f", amount);
}

std::string percent(double share) {
    return number("%.1f %%", 100 * share);
}

std::string_view within_sentence(std::string_view name) {
    const std::size_t last = name.find_last_not_of(" .,;:");
    return last == std::string_view::npos ? name : name.substr(0, last + 1);
}

std::string counted(std::int64_t number, std::string_view contexts) {
    if (number == 1 && contexts.ends_with('s')) contexts.remove_suffix(1);
    return grouped(number) + " " + std::string(contexts);
}

std::string bought_together(const Evidence& evidence, std::string_view anchor, std::string_view item,
                            std::string_view contexts) {
    const bool only = evidence.first == 1;
    const std::string had = only ? "The only " + counted(1, contexts).substr(2)
                                 : grouped(evidence.together) + " of " + counted(evidence.first, contexts);
    return had + " with " + std::string(within_sentence(anchor)) + " also had " + std::string(within_sentence(item)) +
           ", " + number(evidence.lift < 10 ? "%.1f" : "%.0f", evidence.lift) +
           (only ? " times what chance would give" : " times as many as by chance");
}

std::string explain(const Offer& offer) {
    std::string text = offer.item + (offer.name.empty() || offer.name == offer.item ? "" : " " + offer.name) + ": " +
                       title(offer.kind) + ", score " + number("%.4f", offer.score) + "\n  " + offer.sentence + "\n";
    if (!std::isnan(offer.price)) text += "  price " + money(offer.price);
    if (!std::isnan(offer.price_difference)) text += " (" + number("%+.2f", offer.price_difference) + ")";
    if (!std::isnan(offer.price)) text += "\n";
    text += money_lines(offer);
    if (offer.evidence.first > 0) {
        const Evidence& e = offer.evidence;
        text += "  counted: " + grouped(e.together) + " with both, " + grouped(e.first) + " with " + offer.anchor +
                ", " + grouped(e.second) + " with " + offer.item + ", " + grouped(e.baskets) + " in all; lift " +
                number("%.2f", e.lift) + ", G2 " + number("%.1f", e.g2) + "\n";
    }
    for (const Reason& reason : offer.reasons)
        text += "  " + reason.fact + (reason.item.empty() ? "" : " (" + reason.item + ")") + ": " +
                number("%.6g", reason.value) + (reason.is_share ? " of the score" : "") + "\n";
    return text;
}

}  // namespace crosslift
