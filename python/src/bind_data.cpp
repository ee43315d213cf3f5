// Transactions, Catalog and files.
#include "arrow_in.hpp"
#include "bind.hpp"
#include "ids.hpp"
#include "numpy.hpp"

#include <crosslift/arrow.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>
#include <crosslift/files.hpp>
#include <crosslift/transactions.hpp>

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

namespace crosslift::python {
namespace {

TransactionColumns transaction_columns(const py::dict& names) {
    TransactionColumns columns;
    const auto set = [&](const char* key, std::string& field) { field = names[key].cast<std::string>(); };
    set("customer", columns.customer);
    set("basket", columns.basket);
    set("item", columns.item);
    set("time", columns.time);
    set("quantity", columns.quantity);
    set("unit_price", columns.unit_price);
    return columns;
}

AttributeColumn attribute_column(const py::dict& it) {
    const auto direction = it["direction"].cast<std::string>();
    if (direction != "higher_is_better" && direction != "lower_is_better") {
        throw InvalidArgument("the direction of attribute '" + it["column"].cast<std::string>() + "' is '" + direction +
                              "'; it must be 'higher_is_better' or 'lower_is_better'");
    }
    return {it["column"].cast<std::string>(),
            direction == "higher_is_better" ? Attribute::Direction::higher_is_better
                                            : Attribute::Direction::lower_is_better,
            it["weight"].cast<float>(), it["must_have"].cast<bool>()};
}

CatalogColumns catalog_columns(const py::dict& names) {
    CatalogColumns columns;
    const auto set = [&](const char* key, std::string& field) { field = names[key].cast<std::string>(); };
    set("item", columns.item);
    set("price", columns.price);
    set("brand", columns.brand);
    set("manufacturer", columns.manufacturer);
    set("pack_size", columns.pack_size);
    set("cost", columns.cost);
    set("margin", columns.margin);
    set("available", columns.available);
    set("variant", columns.variant);
    set("series", columns.series);
    set("service", columns.service);
    set("ladder", columns.ladder);
    set("tier", columns.tier);
    columns.category = names["category"].cast<std::vector<std::string>>();
    columns.name = names["name"].cast<std::vector<std::string>>();
    for (const py::handle it : names["attributes"]) columns.attributes.push_back(attribute_column(it.cast<py::dict>()));
    return columns;
}

py::list rejected_list(const std::vector<RejectedRow>& rows) {
    py::list list;
    for (const RejectedRow& row : rows) list.append(py::make_tuple(row.line, row.reason, row.value));
    return list;
}

// Ids of the lines as an object array; None where unknown.
py::list column_of(const IdMap& ids, std::span<const std::int32_t> rows) {
    const py::list names = id_objects(ids);
    py::list column(rows.size());
    for (std::size_t n = 0; n < rows.size(); ++n) {
        column[n] =
            rows[n] == IdMap::unknown ? py::object(py::none()) : py::object(names[static_cast<std::size_t>(rows[n])]);
    }
    return column;
}

const char* word_of(TimeKind kind) {
    switch (kind) {
        case TimeKind::order:
            return "order";
        case TimeKind::timestamp:
            return "timestamp";
        case TimeKind::none:
            break;
    }
    return "none";
}

void bind_transactions(py::module_& m) {
    const auto unlocked = py::call_guard<py::gil_scoped_release>();
    py::class_<Transactions>(m, "Transactions")
        .def("__len__", &Transactions::size)
        .def_property_readonly("time_kind", [](const Transactions& t) { return word_of(t.time_kind()); })
        .def("customers", [](const Transactions& t) { return id_objects(t.customers()); })
        .def("baskets", [](const Transactions& t) { return id_objects(t.baskets()); })
        .def("items", [](const Transactions& t) { return id_objects(t.items()); })
        .def("counts",
             [](const Transactions& t) {
                 return py::make_tuple(t.customers().size(), t.baskets().size(), t.items().size());
             })
        .def("columns",
             [](const Transactions& t) {
                 return py::make_tuple(column_of(t.customers(), t.customer()), column_of(t.baskets(), t.basket()),
                                       column_of(t.items(), t.item()), copy_to_numpy(t.time()),
                                       copy_to_numpy(t.quantity()), copy_to_numpy(t.unit_price()));
             })
        .def("report",
             [](const Transactions& t) {
                 const TransactionReport& r = t.report();
                 return py::make_tuple(r.lines, r.kept, r.duplicates, r.unknown_customer, r.unknown_price,
                                       rejected_list(r.rejected), r.reasons(), r.text());
             })
        .def(
            "split_by_time",
            [](const Transactions& t, double share) {
                TimeSplit split = split_by_time(t, share);
                return std::make_tuple(std::move(split.earlier), std::move(split.later), split.cut);
            },
            unlocked);
    m.def("transactions", [](const py::list& table, const py::dict& columns) {
        const ArrowTable arrow = arrow_table(table);
        const TransactionColumns names = transaction_columns(columns);
        const py::gil_scoped_release no_lock;
        return read_transactions(arrow, names);
    });
    m.def("transactions_from_csv", [](const std::filesystem::path& path, const py::dict& columns) {
        const TransactionColumns names = transaction_columns(columns);
        const py::gil_scoped_release no_lock;
        return read_transactions(path, names);
    });
}

void bind_catalog(py::module_& m) {
    py::class_<Catalog>(m, "Catalog")
        .def(py::init<>())
        .def("__len__", &Catalog::size)
        .def("items", [](const Catalog& c) { return id_objects(c.items()); })
        .def("names",
             [](const Catalog& c) {
                 py::list names;
                 for (std::int32_t item = 0; item < c.size(); ++item) names.append(c.name(item));
                 return names;
             })
        .def("leaves",
             [](const Catalog& c) {
                 py::list leaves;
                 for (std::int32_t item = 0; item < c.size(); ++item) {
                     const std::int32_t leaf = c.leaf(item);
                     if (leaf == IdMap::unknown) {
                         leaves.append(py::none());
                     } else {
                         leaves.append(c.leaves()[leaf]);
                     }
                 }
                 return leaves;
             })
        .def("price", [](const Catalog& c) { return copy_to_numpy(c.price()); })
        .def("rejected", [](const Catalog& c) { return rejected_list(c.rejected()); });
    m.def("catalog", [](const py::list& table, const py::dict& columns) {
        const ArrowTable arrow = arrow_table(table);
        const CatalogColumns names = catalog_columns(columns);
        const py::gil_scoped_release no_lock;
        return read_catalog(arrow, names);
    });
    m.def("catalog_from_csv", [](const std::filesystem::path& path, const py::dict& columns) {
        const CatalogColumns names = catalog_columns(columns);
        const py::gil_scoped_release no_lock;
        return read_catalog(path, names);
    });
}

}  // namespace

void bind_data(py::module_& m) {
    bind_transactions(m);
    bind_catalog(m);
    m.def("bundled_data", [](const std::string& name) {
        BundledData data = [&] {
            const py::gil_scoped_release no_lock;
            return bundled_data(name);
        }();
        return py::make_tuple(std::move(data.transactions), std::move(data.catalog));
    });
    m.def("parse_timestamp", [](const std::string& text) {
        std::int64_t seconds = 0;
        if (!parse_timestamp(text, seconds)) {
            throw InvalidArgument("'" + text + "' is no time; write it like 2011-12-01 or 2011-12-01T08:26:00");
        }
        return seconds;
    });
}

}  // namespace crosslift::python
