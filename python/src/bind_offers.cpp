// OfferEngine: ids in, offers out.
#include "bind.hpp"
#include "ids.hpp"
#include "numpy.hpp"
#include "offers.hpp"
#include "options.hpp"
#include "training.hpp"

#include <crosslift/model_io.hpp>
#include <crosslift/offers.hpp>

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

namespace crosslift::python {

bool item_integers(const OfferEngine& engine) {
    return engine.models().catalog.items().integers;
}

namespace {

py::object optional_id(const std::string& id, bool integers) {
    return id.empty() ? py::object(py::none()) : id_object(id, integers);
}

}  // namespace

py::tuple to_python(const Offer& offer, bool integers) {
    py::list reasons;
    for (const Reason& reason : offer.reasons) {
        reasons.append(py::make_tuple(reason.fact, optional_id(reason.item, integers), reason.value, reason.is_share));
    }
    py::tuple flags(offer.flags.size());
    for (std::size_t n = 0; n < offer.flags.size(); ++n) flags[n] = py::str(std::string(name_of(offer.flags[n])));
    const Evidence& e = offer.evidence;
    return py::make_tuple(
        id_object(offer.item, integers), offer.name, name_of(offer.kind), offer.score, offer.relevance,
        offer.probability, as_written(offer.price), as_written(offer.price_difference), offer.expected_margin,
        optional_id(offer.anchor, integers), py::make_tuple(e.together, e.first, e.second, e.baskets, e.lift, e.g2),
        flags, reasons, offer.sentence);
}

OfferQuery query_of(py::dict wishes) {
    for (const char* name : {"exclude", "allow"}) {
        if (wishes.contains(name)) wishes[name] = py::cast(id_texts(wishes[name], name));
    }
    return from_dict<OfferQuery>(wishes);
}

namespace {

// The value of an enum, whose last value is `last`, that name_of() calls `word`.
template <class E>
E named(const std::string& word, E last, const char* what) {
    for (int n = 0; n <= static_cast<int>(last); ++n)
        if (name_of(static_cast<E>(n)) == word) return static_cast<E>(n);
    throw InvalidArgument(std::string(what) + " is '" + word + "', which is none");
}

Offer from_python(const py::object& it) {
    Offer offer;
    offer.item = id_text(it.attr("item"));
    offer.name = it.attr("name").cast<std::string>();
    offer.kind = named(it.attr("kind").cast<std::string>(), OfferKind::replenish, "the offer's kind");
    offer.score = it.attr("score").cast<double>();
    offer.relevance = it.attr("relevance").cast<double>();
    offer.probability = it.attr("probability").cast<double>();
    offer.price = it.attr("price").cast<float>();
    offer.price_difference = it.attr("price_difference").cast<float>();
    offer.expected_margin = it.attr("expected_margin").cast<double>();
    offer.anchor = id_text(it.attr("anchor"));
    const py::object e = it.attr("evidence");
    offer.evidence = {e.attr("together").cast<std::int64_t>(), e.attr("first").cast<std::int64_t>(),
                      e.attr("second").cast<std::int64_t>(),   e.attr("baskets").cast<std::int64_t>(),
                      e.attr("lift").cast<double>(),           e.attr("g2").cast<double>()};
    for (const py::handle flag : it.attr("flags"))
        offer.flags.push_back(named(flag.cast<std::string>(), OfferFlag::margin_unknown, "a flag"));
    for (const py::handle reason : it.attr("reasons")) {
        offer.reasons.push_back({reason.attr("fact").cast<std::string>(), id_text(reason.attr("item")),
                                 reason.attr("value").cast<double>(), reason.attr("is_share").cast<bool>()});
    }
    offer.sentence = it.attr("sentence").cast<std::string>();
    return offer;
}

template <class Ask>
py::tuple ask(const OfferEngine& engine, Ask&& question) {
    OfferList list;
    {
        const py::gil_scoped_release unlocked;
        list = question();
    }
    py::list offers;
    const bool integers = item_integers(engine);
    for (const Offer& offer : list.offers) offers.append(to_python(offer, integers));
    return py::make_tuple(offers, list.warnings);
}

void bind_queries(py::class_<OfferEngine>& engine) {
    engine
        .def("cross_sell",
             [](const OfferEngine& e, py::handle basket, py::handle customer, const py::dict& wishes) {
                 const auto items = id_texts(basket, "basket");
                 const std::string who = id_text(customer);
                 const OfferQuery query = query_of(wishes);
                 return ask(e, [&] { return e.cross_sell(items, who, query); });
             })
        .def("upsell",
             [](const OfferEngine& e, py::handle item, py::handle customer, const py::dict& wishes) {
                 const std::string what = id_text(item), who = id_text(customer);
                 const OfferQuery query = query_of(wishes);
                 return ask(e, [&] { return e.upsell(what, who, query); });
             })
        .def("recommend",
             [](const OfferEngine& e, py::handle customer, const py::dict& wishes) {
                 const std::string who = id_text(customer);
                 const OfferQuery query = query_of(wishes);
                 return ask(e, [&] { return e.recommend(who, query); });
             })
        .def("similar_items", [](const OfferEngine& e, py::handle item, const py::dict& wishes) {
            const std::string what = id_text(item);
            const OfferQuery query = query_of(wishes);
            return ask(e, [&] { return e.similar_items(what, query); });
        });
}

std::vector<std::vector<std::string>> id_lists(py::handle lists, const char* what) {
    std::vector<std::vector<std::string>> all;
    for (const py::handle list : py::iter(lists)) all.push_back(id_texts(list, what));
    return all;
}

std::vector<std::string> optional_ids(const py::object& ids, const char* what) {
    return ids.is_none() ? std::vector<std::string>() : id_texts(ids, what);
}

void bind_scores(py::class_<OfferEngine>& engine) {
    engine
        .def("score_baskets",
             [](const OfferEngine& e, py::handle baskets, const py::object& customers,
                std::optional<std::int64_t> as_of, const std::string& history) {
                 const HistoryUse use = parse_word(history_names, "history", history);
                 const auto lists = id_lists(baskets, "a basket");
                 const auto who = optional_ids(customers, "customers");
                 Matrix scores;
                 {
                     const py::gil_scoped_release unlocked;
                     scores = e.score_baskets(lists, who, as_of, use);
                 }
                 return to_numpy(scores);
             })
        .def(
            "trade_up_probability",
            [](const OfferEngine& e, py::handle items, const py::object& customers, std::optional<std::int64_t> as_of) {
                const auto what = id_texts(items, "items");
                const auto who = optional_ids(customers, "customers");
                const py::gil_scoped_release unlocked;
                return e.trade_up_probability(what, who, as_of);
            })
        .def("score_upsells", [](const OfferEngine& e, py::handle items, py::handle candidates,
                                 const py::object& customers, std::optional<std::int64_t> as_of) {
            const auto what = id_texts(items, "items");
            const auto lists = id_lists(candidates, "an item's list of candidates");
            const auto who = optional_ids(customers, "customers");
            std::vector<std::vector<float>> scores;
            {
                const py::gil_scoped_release unlocked;
                scores = e.score_upsells(what, lists, who, as_of);
            }
            py::list arrays;
            for (auto& it : scores) arrays.append(to_numpy(std::move(it)));
            return arrays;
        });
}

py::dict summary(const OfferEngine& engine) {
    const OfferModels& m = engine.models();
    py::dict facts;
    facts["customers"] = m.customers.size();
    facts["items"] = m.catalog.size();
    facts["baskets"] = m.history.basket_count();
    facts["fit_seconds"] = m.fit_seconds;
    facts["latest"] = m.history.latest_time();
    facts["time_kind"] = m.history.time_kind == TimeKind::timestamp ? "timestamp"
                         : m.history.time_kind == TimeKind::order   ? "order"
                                                                    : "none";
    facts["trade_up_events"] = m.trade_up.events;
    facts["own_history"] = py::make_tuple(m.own_history.weight, m.own_history.half_life_days);
    return facts;
}

OfferEngineOptions engine_options(const py::dict& engine, const py::dict& complement, const py::dict& taste,
                                  const py::dict& trade_up) {
    auto options = from_dict<OfferEngineOptions>(engine);
    options.complement = from_dict(complement, options.complement);
    options.taste = from_dict(taste, options.taste);
    options.trade_up = from_dict(trade_up, options.trade_up);
    return options;
}

}  // namespace

void bind_offers(py::module_& m) {
    py::class_<OfferEngine> engine(m, "OfferEngine");
    bind_queries(engine);
    bind_selling(engine);
    bind_batch(engine);
    bind_scores(engine);
    engine.def("item_ids", [](const OfferEngine& e) { return id_objects(e.models().catalog.items()); })
        .def("customer_ids", [](const OfferEngine& e) { return id_objects(e.models().customers); })
        .def("catalog", [](const OfferEngine& e) { return e.models().catalog; })
        .def("taste", [](const OfferEngine& e) { return e.models().taste; })
        .def("complement", [](const OfferEngine& e) { return e.models().complement; })
        .def("summary", &summary)
        .def("options",
             [](const OfferEngine& e) {
                 const OfferEngineOptions& o = e.models().options;
                 return py::make_tuple(to_dict(o), to_dict(o.complement), to_dict(o.taste), to_dict(o.trade_up));
             })
        .def("save",
             [](const OfferEngine& e, const std::filesystem::path& path) {
                 const py::gil_scoped_release unlocked;
                 save(e, path);
             })
        .def_static("load", [](const std::filesystem::path& path) {
            const py::gil_scoped_release unlocked;
            return load_offer_engine(path);
        });
    m.def("fit_offer_engine", [](const Transactions& transactions, const Catalog& catalog, const py::tuple& options,
                                 const py::object& on_step) {
        const auto chosen = engine_options(options[0], options[1], options[2], options[3]);
        auto training = run_training<OfferEngine>(on_step, [&](const Progress& progress) {
            return fit_offer_engine(transactions, catalog, chosen, progress);
        });
        py::object fitted = py::none();
        if (training.result) fitted = py::cast(std::move(*training.result));
        return py::make_tuple(fitted, training.interruption);
    });
    m.def("explain", [](const py::object& offer) { return explain(from_python(offer)); });
    m.def("query_defaults", [] { return to_dict(OfferQuery{}); });
    m.def("engine_defaults", [] {
        const OfferEngineOptions o;
        return py::make_tuple(to_dict(o), to_dict(o.complement), to_dict(o.taste), to_dict(o.trade_up));
    });
}

}  // namespace crosslift::python
