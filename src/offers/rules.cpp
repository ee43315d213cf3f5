#include "offers/rules.hpp"

#include <algorithm>

namespace crosslift {

std::vector<RulePick> rule_picks(const ResolvedQuery& resolved, const std::vector<std::uint8_t>& may,
                                 const std::function<double(std::int32_t)>& score,
                                 const std::function<bool(std::int32_t)>& gate) {
    std::vector<RulePick> picks;
    const auto taken = [&](std::int32_t item) {
        return std::ranges::any_of(picks, [&](const RulePick& pick) { return pick.item == item; });
    };
    for (const ResolvedRule& rule : resolved.rules) {
        if (rule.action == OfferRule::Action::deny || !rule.applies(resolved.basket, resolved.segment)) continue;
        std::vector<std::int32_t> items;
        for (const std::int32_t item : rule.items)
            if (may[static_cast<std::size_t>(item)] != 0 && !taken(item)) items.push_back(item);
        std::ranges::stable_sort(items, [&](std::int32_t a, std::int32_t b) { return score(a) > score(b); });
        const OfferFlag flag = rule.action == OfferRule::Action::pin ? OfferFlag::pinned : OfferFlag::attached;
        int left = rule.cap;
        for (const std::int32_t item : items) {
            if (left == 0) break;
            if (!gate(item)) continue;
            picks.push_back({item, flag});
            --left;
        }
    }
    return picks;
}

std::string rule_sentence(OfferFlag flag, const std::string& evidence) {
    const std::string rule =
        flag == OfferFlag::pinned ? "Put here by a rule of the shop" : "Goes with the basket by a rule of the shop";
    return rule + (evidence.empty() ? "; the purchases say nothing about it." : "; " + evidence);
}

}  // namespace crosslift
