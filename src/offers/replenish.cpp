// What a customer is about to run out of, with something to go with it; and the next basket made of both.
#include "offers/answers.hpp"
#include "offers/explain.hpp"
#include "offers/finish.hpp"
#include "offers/gate.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace crosslift {
namespace {

std::string day_of(std::int64_t time) {
    return format_time(time, TimeKind::timestamp).substr(0, 10);
}

std::string days(double count) {
    char text[32];
    std::snprintf(text, sizeof text, count < 9.95 ? "%.1f days" : "%.0f days", count);
    return text;
}

std::string sentence(const Reminder& reminder, const ReminderOptions& options, std::int64_t as_of) {
    std::string text = "Bought on " + grouped(reminder.purchases) + (reminder.purchases == 1 ? " day" : " days") +
                       ", last on " + day_of(reminder.last) + ", usually again after " + days(reminder.usual_gap_days);
    return text + (reminder.due < as_of ? ": was due on " : ": due on ") + day_of(reminder.due) +
           ", will be bought within " + days(options.horizon_days) + " with probability " +
           percent(reminder.offer.probability) + ".";
}

// A reminder is of what was bought before, at its price: a discount is for what goes with it.
OfferQuery of_reminders(const OfferQuery& query) {
    OfferQuery plain = query;
    plain.discount = 0;
    plain.allow_bought = true;
    return plain;
}

Reminder remind(const EngineState& state, const OfferQuery& plain, const ResolvedQuery& resolved, const DueItem& due,
                const ReminderOptions& options) {
    const auto [customer, as_of] = std::pair(resolved.customer, resolved.as_of);
    Reminder reminder;
    reminder.offer = finish_adding(
        state, plain, customer, OfferKind::replenish,
        {.item = due.item, .score = due.probability, .relevance = due.probability, .probability = due.probability});
    reminder.due = due.due;
    reminder.last = due.last;
    reminder.usual_gap_days = due.usual_gap_days;
    reminder.purchases = due.purchases;
    reminder.offer.reasons = {{"due_probability", "", due.probability, true},
                              {"purchases", reminder.offer.item, static_cast<double>(due.purchases), false},
                              {"usual_gap_days", reminder.offer.item, due.usual_gap_days, false}};
    reminder.offer.sentence = sentence(reminder, options, as_of);
    return reminder;
}

// For each reminder the best cross-sell to it that is in no reminder, nor a companion of another.
void add_companions(const EngineState& state, const OfferQuery& query, const ResolvedQuery& resolved,
                    std::vector<Reminder>& reminders) {
    ResolvedQuery beside = resolved;
    const IdMap& ids = state.models.catalog.items();
    for (const Reminder& it : reminders) beside.exclude.push_back(ids.find(it.offer.item));
    OfferQuery one = query;
    one.k = 1;
    for (Reminder& it : reminders) {
        beside.basket = {ids.find(it.offer.item)};
        std::vector<Offer> found = cross_sell_offers(state, one, beside);
        if (found.empty()) continue;
        beside.exclude.push_back(ids.find(found.front().item));
        it.companion = std::move(found.front());
    }
}

}  // namespace

void check(const ReminderOptions& options) {
    if (!(options.horizon_days > 0) || !std::isfinite(options.horizon_days))
        throw InvalidArgument("ReminderOptions.horizon_days is " + std::to_string(options.horizon_days) +
                              "; it must be above 0 and finite");
}

std::vector<Reminder> due_reminders(const EngineState& state, const OfferQuery& query, ResolvedQuery& resolved,
                                    const ReminderOptions& options) {
    std::vector<Reminder> reminders;
    const ReplenishmentModel& model = state.models.replenishment;
    if (model.empty()) {
        resolved.warnings.push_back(
            "nothing is known of when customers buy again: the purchases carry no dates or no "
            "customers, or too few of them came back");
        return reminders;
    }
    if (resolved.customer == IdMap::unknown) return reminders;
    const OfferQuery plain = of_reminders(query);
    const Economics money(state, plain);
    const auto may = offerable(state, plain, resolved, Bought::leave_out);
    for (const DueItem& due :
         model.due(state.models.history, resolved.customer, resolved.as_of, options.horizon_days)) {
        if (static_cast<int>(reminders.size()) == query.k || due.probability < query.min_relevance) break;
        if (may[static_cast<std::size_t>(due.item)] == 0 || !money.allows_adding(due.item, due.probability)) continue;
        reminders.push_back(remind(state, plain, resolved, due, options));
    }
    if (options.companions) add_companions(state, query, resolved, reminders);
    return reminders;
}

ReminderList OfferEngine::replenish(const std::string& customer, const OfferQuery& query,
                                    const ReminderOptions& options) const {
    check(options);
    ResolvedQuery resolved = resolve(*state_, {}, customer, query);
    ReminderList result;
    result.reminders = due_reminders(*state_, query, resolved, options);
    result.warnings = std::move(resolved.warnings);
    return result;
}

OfferList OfferEngine::next_basket(const std::string& customer, const OfferQuery& query,
                                   const ReminderOptions& options) const {
    check(options);
    const EngineState& state = *state_;
    ResolvedQuery resolved = resolve(state, {}, customer, query);
    OfferList result;
    for (Reminder& it : due_reminders(state, query, resolved, {options.horizon_days, false}))
        result.offers.push_back(std::move(it.offer));
    OfferQuery rest = query;
    rest.k = query.k - static_cast<int>(result.offers.size());
    if (rest.k > 0) {
        for (const Offer& offer : result.offers)
            resolved.exclude.push_back(state.models.catalog.items().find(offer.item));
        for (Offer& offer : recommend_offers(state, rest, resolved)) result.offers.push_back(std::move(offer));
    }
    result.warnings = std::move(resolved.warnings);
    return result;
}

}  // namespace crosslift
