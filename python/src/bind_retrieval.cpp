// Retriever: the best items for query vectors, filtered.
#include "bind.hpp"
#include "numpy.hpp"

#include <crosslift/error.hpp>
#include <crosslift/retrieval.hpp>

#include <pybind11/stl.h>

#include <limits>

namespace crosslift::python {
namespace {

using Rows = Array<std::int32_t>;

// A query's filter and the arrays that it looks at.
struct HeldFilter {
    std::vector<Rows> arrays;
    Array<std::uint32_t> bitmap;
    Filter filter;

    explicit HeldFilter(const py::dict& wishes) {
        const auto rows = [&](const char* name) {
            if (!wishes.contains(name)) return std::span<const std::int32_t>();
            arrays.push_back(wishes[name].cast<Rows>());
            return as_span(arrays.back());
        };
        filter.exclude = rows("exclude");
        filter.use_allow = wishes.contains("allow");
        filter.allow = rows("allow");
        if (wishes.contains("allow_bitmap")) {
            bitmap = wishes["allow_bitmap"].cast<Array<std::uint32_t>>();
            filter.allow_bitmap = as_span(bitmap);
        }
        filter.categories = rows("categories");
        filter.exclude_categories = rows("exclude_categories");
        if (wishes.contains("min_price")) filter.min_price = wishes["min_price"].cast<float>();
        if (wishes.contains("max_price")) filter.max_price = wishes["max_price"].cast<float>();
    }
};

Retriever make_retriever(const py::object& factors, const py::dict& options) {
    RetrieverOptions chosen;
    chosen.cosine = options["cosine"].cast<bool>();
    chosen.threads = options["threads"].cast<int>();
    chosen.device = Device::parse(options["device"].cast<std::string>());
    const auto category = options["category"].cast<Rows>();
    const auto price = options["price"].cast<Array<float>>();
    const auto bias = options["bias"].cast<Array<float>>();
    chosen.category = as_span(category);
    chosen.price = as_span(price);
    chosen.bias = as_span(bias);
    const Matrix matrix = to_matrix(factors, "item factors");
    const py::gil_scoped_release unlocked;
    return Retriever(matrix, chosen);
}

// Rows and scores as n x k arrays, padded with -1 and -infinity.
py::tuple top_k(const Retriever& retriever, const py::object& queries, int k, const py::list& wishes) {
    std::vector<HeldFilter> held;
    for (const py::handle it : wishes) held.emplace_back(it.cast<py::dict>());
    std::vector<Filter> filters;
    for (const HeldFilter& it : held) filters.push_back(it.filter);
    std::vector<TopK> found;
    const Matrix matrix = to_matrix(queries, "queries");
    {
        const py::gil_scoped_release unlocked;
        found = retriever.top_k(matrix, k, filters);
    }
    const auto n = static_cast<py::ssize_t>(found.size());
    py::array_t<std::int32_t> rows({n, static_cast<py::ssize_t>(k)});
    py::array_t<float> scores({n, static_cast<py::ssize_t>(k)});
    std::fill_n(rows.mutable_data(), rows.size(), -1);
    std::fill_n(scores.mutable_data(), scores.size(), -std::numeric_limits<float>::infinity());
    for (py::ssize_t q = 0; q < n; ++q) {
        const TopK& best = found[static_cast<std::size_t>(q)];
        std::copy(best.rows.begin(), best.rows.end(), rows.mutable_data(q, 0));
        std::copy(best.scores.begin(), best.scores.end(), scores.mutable_data(q, 0));
    }
    return py::make_tuple(rows, scores);
}

}  // namespace

void bind_retrieval(py::module_& m) {
    py::class_<Retriever>(m, "Retriever")
        .def(py::init(&make_retriever))
        .def("items", &Retriever::items)
        .def("factors", &Retriever::factors)
        .def("top_k", &top_k);
}

}  // namespace crosslift::python
