// The queries that are made of others: sets, reminders, placements, plans, comparisons.
#include "bind.hpp"
#include "ids.hpp"
#include "offers.hpp"
#include "options.hpp"

#include <crosslift/batch.hpp>

#include <pybind11/stl.h>

namespace crosslift::python {
namespace {

using crosslift::python::to_python;

py::list list_of(const std::vector<Offer>& offers, bool integers) {
    py::list list;
    for (const Offer& offer : offers) list.append(to_python(offer, integers));
    return list;
}

py::list list_of(const std::vector<Reminder>& reminders, bool integers) {
    py::list list;
    for (const Reminder& it : reminders) {
        const py::object companion = it.companion ? py::object(to_python(*it.companion, integers)) : py::none();
        list.append(
            py::make_tuple(to_python(it.offer, integers), it.due, it.last, it.usual_gap_days, it.purchases, companion));
    }
    return list;
}

py::tuple to_python(const Bundle& it, bool integers) {
    return py::make_tuple(id_object(it.anchor, integers), it.anchor_name, list_of(it.added, integers), it.sum_price,
                          it.discount, it.bundle_price, it.margin, it.completes_series, it.sentence, it.warnings);
}

py::tuple to_python(const ReminderList& it, bool integers) {
    return py::make_tuple(list_of(it.reminders, integers), it.warnings);
}

py::tuple to_python(const OfferList& it, bool integers) {
    return py::make_tuple(list_of(it.offers, integers), it.warnings);
}

py::list to_python(const std::vector<Contact>& contacts, bool integers) {
    constexpr std::array<const char*, 3> answers = {"none", "accepted", "declined"};
    py::list list;
    for (const Contact& it : contacts)
        list.append(
            py::make_tuple(id_object(it.item, integers), it.time, answers[static_cast<std::size_t>(it.answer)]));
    return list;
}

py::tuple to_python(const PlacementOffers& it, bool integers) {
    py::list after;
    for (const auto& offers : it.cross_sell_after) after.append(list_of(offers, integers));
    return py::make_tuple(name_of(it.placement), list_of(it.upsell, integers), list_of(it.cross_sell, integers),
                          list_of(it.recommend, integers), list_of(it.replenish, integers), after,
                          to_python(it.contacts, integers), it.warnings);
}

py::tuple to_python(const Comparison& it, bool) {
    constexpr std::array<const char*, 4> verdicts = {"better", "worse", "equal", "unknown"};
    py::list attributes;
    for (const ComparedAttribute& a : it.attributes)
        attributes.append(py::make_tuple(a.name, as_written(a.first), as_written(a.second),
                                         verdicts[static_cast<std::size_t>(a.verdict)], a.must_have));
    const auto price = [](const ComparedPrice& p) {
        return py::make_tuple(as_written(p.first), as_written(p.second), as_written(p.difference));
    };
    return py::make_tuple(it.first_name, it.second_name, it.same_category, attributes, price(it.price),
                          price(it.unit_price), it.unit, it.sentence, it.warnings);
}

Placement placement_of(const std::string& name) {
    for (const Placement it : placements)
        if (name_of(it) == name) return it;
    throw InvalidArgument("placement is '" + name +
                          "'; it must be 'product_page', 'cart', 'checkout', 'post_purchase' or 'newsletter'");
}

template <class Visit>
void visit(PlacementOptions& o, Visit&& field) {
    field("upsells", o.upsells);
    field("cross_sells", o.cross_sells);
    field("reminders", o.reminders);
    field("recommendations", o.recommendations);
    field("frequency_cap", o.frequency_cap);
    field("repeat_cap", o.repeat_cap);
    field("frequency_days", o.frequency_days);
    field("declined_days", o.declined_days);
    field("cooldown_days", o.cooldown_days);
    field("anchor_days", o.anchor_days);
    field("after_upsell", o.after_upsell);
}

// The placement's usual numbers with `wishes` over them.
PlacementOptions placement_options_of(const std::string& name, const py::dict& wishes) {
    PlacementOptions options = placement_options(placement_of(name));
    std::size_t used = 0;
    visit(options, [&](const char* field, auto& value) {
        if (!wishes.contains(field)) return;
        ++used;
        value = wishes[field].template cast<std::remove_cvref_t<decltype(value)>>();
    });
    if (wishes.contains("category_cooldown_days")) {
        ++used;
        for (const auto& [category, days] : wishes["category_cooldown_days"].cast<py::dict>())
            options.category_cooldown_days.emplace_back(category.template cast<std::string>(),
                                                        days.template cast<double>());
    }
    if (used != wishes.size())
        throw InvalidArgument("a placement has no such option among " +
                              py::str(wishes.attr("keys")()).cast<std::string>());
    return options;
}

std::vector<Contact> contacts_of(const py::handle list) {
    std::vector<Contact> contacts;
    for (const py::handle it : py::iter(list)) {
        const auto row = it.cast<py::tuple>();
        const auto answer = row[2].cast<std::string>();
        if (answer != "none" && answer != "accepted" && answer != "declined")
            throw InvalidArgument("a contact's answer is '" + answer +
                                  "'; it must be 'none', 'accepted' or 'declined'");
        contacts.push_back({id_text(row[0]), row[1].cast<std::int64_t>(),
                            answer == "none"       ? Contact::Answer::none
                            : answer == "accepted" ? Contact::Answer::accepted
                                                   : Contact::Answer::declined});
    }
    return contacts;
}

std::vector<std::vector<Contact>> contacts_for_each(const py::handle lists, std::size_t count) {
    std::vector<std::vector<Contact>> contacts;
    for (const py::handle list : py::iter(lists)) contacts.push_back(contacts_of(list));
    if (contacts.size() != count)
        throw InvalidArgument(std::to_string(contacts.size()) + " lists of contacts came for " + std::to_string(count) +
                              " questions; give one for each, or None");
    return contacts;
}

BundleOptions bundle_options(const py::dict& wishes) {
    BundleOptions options;
    options.max_items = wishes["max_items"].cast<int>();
    options.min_margin = wishes["min_margin"].cast<double>();
    options.services = wishes["services"].cast<bool>();
    return options;
}

ReminderOptions reminder_options(const py::dict& wishes) {
    return {wishes["horizon_days"].cast<double>(), wishes["companions"].cast<bool>()};
}

// One answer per question, off the interpreter's lock, then turned into Python.
template <class Ask>
py::list answers(const OfferEngine& engine, std::size_t count, int threads, Ask&& ask) {
    std::vector<std::invoke_result_t<Ask, std::size_t>> found;
    {
        const py::gil_scoped_release unlocked;
        found = answer_all(count, ask, threads);
    }
    py::list list;
    for (const auto& it : found) list.append(to_python(it, item_integers(engine)));
    return list;
}

std::vector<std::string> ids_or_none(const py::object& ids, std::size_t count) {
    if (ids.is_none()) return std::vector<std::string>(count);
    std::vector<std::string> texts;
    for (const py::handle id : py::iter(ids)) texts.push_back(id.is_none() ? std::string() : id_text(id));
    if (texts.size() != count)
        throw InvalidArgument(std::to_string(texts.size()) + " customers came for " + std::to_string(count) +
                              " questions; give one for each, or None");
    return texts;
}

py::tuple plan(const OfferEngine& e, const py::object& customers, const py::list& wanted, const py::object& baskets,
               const py::object& contacts, const py::dict& wishes, int threads) {
    PlanOptions options;
    options.placements.clear();
    for (const py::handle it : wanted) {
        const auto pair = it.cast<py::tuple>();
        options.placements.push_back(placement_options_of(pair[0].cast<std::string>(), pair[1].cast<py::dict>()));
    }
    options.query = query_of(wishes);
    options.threads = threads;
    const auto who = id_texts(customers, "customers");
    std::vector<std::vector<std::string>> items;
    std::vector<std::vector<Contact>> seen;
    if (!baskets.is_none())
        for (const py::handle basket : py::iter(baskets)) items.push_back(id_texts(basket, "a basket"));
    if (!contacts.is_none())
        for (const py::handle list : py::iter(contacts)) seen.push_back(contacts_of(list));
    OfferPlan plan;
    {
        const py::gil_scoped_release unlocked;
        plan = e.plan(who, options, items, seen);
    }
    py::list lines;
    const bool integers = item_integers(e);
    const bool whole = e.models().customers.integers;
    for (const PlannedOffer& it : plan.offers)
        lines.append(py::make_tuple(id_object(it.customer, whole), name_of(it.placement), it.rank,
                                    to_python(it.offer, integers)));
    return py::make_tuple(lines, plan.customers, plan.reached, plan.coverage, plan.novelty, plan.expected_margin,
                          plan.warnings);
}

py::list target_customers(const OfferEngine& e, const py::handle items, const py::dict& wishes, int threads) {
    const auto what = id_texts(items, "items");
    const OfferQuery query = query_of(wishes);
    std::vector<TargetList> found;
    {
        const py::gil_scoped_release unlocked;
        found = target_customers_batch(e, what, query, threads);
    }
    py::list answers;
    for (const TargetList& list : found) {
        py::list customers;
        for (const TargetCustomer& it : list.customers)
            customers.append(py::make_tuple(id_object(it.customer, e.models().customers.integers),
                                            to_python(it.offer, item_integers(e))));
        answers.append(py::make_tuple(customers, list.warnings));
    }
    return answers;
}

}  // namespace

void bind_selling(py::class_<OfferEngine>& engine) {
    engine
        .def("bundles",
             [](const OfferEngine& e, py::handle items, const py::object& customers, const py::dict& wishes,
                const py::dict& set, int threads) {
                 const auto what = id_texts(items, "items");
                 const auto who = ids_or_none(customers, what.size());
                 const OfferQuery query = query_of(wishes);
                 const BundleOptions options = bundle_options(set);
                 return answers(e, what.size(), threads,
                                [&](std::size_t n) { return e.bundle(what[n], who[n], query, options); });
             })
        .def("replenish",
             [](const OfferEngine& e, const py::object& customers, const py::dict& wishes, const py::dict& ahead,
                int threads) {
                 const auto who = id_texts(customers, "customers");
                 const OfferQuery query = query_of(wishes);
                 const ReminderOptions options = reminder_options(ahead);
                 return answers(e, who.size(), threads,
                                [&](std::size_t n) { return e.replenish(who[n], query, options); });
             })
        .def("next_baskets",
             [](const OfferEngine& e, const py::object& customers, const py::dict& wishes, const py::dict& ahead,
                int threads) {
                 const auto who = id_texts(customers, "customers");
                 const OfferQuery query = query_of(wishes);
                 const ReminderOptions options = reminder_options(ahead);
                 return answers(e, who.size(), threads,
                                [&](std::size_t n) { return e.next_basket(who[n], query, options); });
             })
        .def("offers",
             [](const OfferEngine& e, py::handle baskets, const py::object& customers, const std::string& placement,
                const py::dict& numbers, const py::object& contacts, const py::dict& wishes, int threads) {
                 std::vector<std::vector<std::string>> items;
                 for (const py::handle basket : py::iter(baskets)) items.push_back(id_texts(basket, "a basket"));
                 const auto who = ids_or_none(customers, items.size());
                 const PlacementOptions options = placement_options_of(placement, numbers);
                 std::vector<std::vector<Contact>> seen(items.size());
                 if (!contacts.is_none()) seen = contacts_for_each(contacts, items.size());
                 const OfferQuery query = query_of(wishes);
                 return answers(e, items.size(), threads,
                                [&](std::size_t n) { return e.offers(items[n], who[n], options, seen[n], query); });
             })
        .def("plan", &plan)
        .def("target_customers", &target_customers)
        .def("segments_of",
             [](const OfferEngine& e, const py::object& customers) {
                 py::list found;
                 for (const std::string& id : id_texts(customers, "customers")) {
                     const auto segment = e.segment_of(id);
                     found.append(segment ? py::object(py::str(std::string(name_of(*segment)))) : py::none());
                 }
                 return found;
             })
        .def("compare", [](const OfferEngine& e, py::handle first, py::handle second) {
            return to_python(e.compare(id_text(first), id_text(second)), item_integers(e));
        });
}

}  // namespace crosslift::python
