// Queries for many questions at once: one call into the library, off the interpreter's lock.
#include "bind.hpp"
#include "ids.hpp"
#include "offers.hpp"

#include <crosslift/batch.hpp>

#include <pybind11/stl.h>

namespace crosslift::python {
namespace {

std::vector<std::string> ids_or_anybody(const py::object& ids) {
    std::vector<std::string> texts;
    if (ids.is_none()) return texts;
    for (const py::handle id : py::iter(ids)) texts.push_back(id.is_none() ? std::string() : id_text(id));
    return texts;
}

template <class Ask>
py::list lists(const OfferEngine& engine, Ask&& ask) {
    std::vector<OfferList> found;
    {
        const py::gil_scoped_release unlocked;
        found = ask();
    }
    py::list answers;
    for (const OfferList& list : found) {
        py::list offers;
        for (const Offer& offer : list.offers) offers.append(to_python(offer, item_integers(engine)));
        answers.append(py::make_tuple(offers, list.warnings));
    }
    return answers;
}

}  // namespace

void bind_batch(py::class_<OfferEngine>& engine) {
    engine
        .def("cross_sell_batch",
             [](const OfferEngine& e, py::handle baskets, const py::object& customers, const py::dict& wishes,
                int threads) {
                 std::vector<std::vector<std::string>> items;
                 for (const py::handle basket : py::iter(baskets)) items.push_back(id_texts(basket, "a basket"));
                 const auto who = ids_or_anybody(customers);
                 const OfferQuery query = query_of(wishes);
                 return lists(e, [&] { return cross_sell_batch(e, items, who, query, threads); });
             })
        .def("upsell_batch",
             [](const OfferEngine& e, py::handle items, const py::object& customers, const py::dict& wishes,
                int threads) {
                 const auto what = id_texts(items, "items");
                 const auto who = ids_or_anybody(customers);
                 const OfferQuery query = query_of(wishes);
                 return lists(e, [&] { return upsell_batch(e, what, who, query, threads); });
             })
        .def("recommend_batch",
             [](const OfferEngine& e, const py::object& customers, const py::dict& wishes, int threads) {
                 const auto who = ids_or_anybody(customers);
                 const OfferQuery query = query_of(wishes);
                 return lists(e, [&] { return recommend_batch(e, who, query, threads); });
             })
        .def("similar_items_batch", [](const OfferEngine& e, py::handle items, const py::dict& wishes, int threads) {
            const auto what = id_texts(items, "items");
            const OfferQuery query = query_of(wishes);
            return lists(e, [&] { return similar_items_batch(e, what, query, threads); });
        });
}

}  // namespace crosslift::python
