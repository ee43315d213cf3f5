// Offline judgement of an engine.
#include "bind.hpp"
#include "numpy.hpp"
#include "options.hpp"
#include "training.hpp"

#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>
#include <crosslift/sales_report.hpp>

#include <tuple>

namespace crosslift::python {
namespace {

// (task, queries, clusters, [(method, [(metric, value, low, high)])], notes, table, json)
py::tuple to_python(const EvaluationReport& report) {
    py::list methods;
    for (const MethodResult& it : report.methods) {
        py::list metrics;
        for (const auto& [name, estimate] : it.metrics) {
            metrics.append(py::make_tuple(name, estimate.value, estimate.low, estimate.high));
        }
        methods.append(py::make_tuple(it.method, metrics));
    }
    return py::make_tuple(report.task, report.queries, report.clusters, methods, report.notes, report.table(),
                          report.json());
}

// A Python function (baskets, customers) -> array of baskets x items as a method to judge. It is called from threads
// of the judge, under the interpreter's lock.
BasketMethod python_method(std::string name, const py::function& function) {
    const auto held = keep_alive(function);
    return {
        name, [held, name](std::span<const std::vector<std::string>> baskets, std::span<const std::string> customers) {
            const py::gil_scoped_acquire lock;
            const py::handle call(static_cast<PyObject*>(held.get()));
            try {
                const py::object scores = call(std::vector<std::vector<std::string>>(baskets.begin(), baskets.end()),
                                               std::vector<std::string>(customers.begin(), customers.end()));
                return as_matrix(scores.cast<Array<float>>()).to_host();
            } catch (const py::error_already_set& raised) {
                throw InvalidArgument("method '" + name + "' failed: " + raised.what());
            }
        }};
}

// Engines and functions by name; goals as (metric, method, over, value).
void add_rivals(const py::dict& rivals, const py::list& goals, EvaluationOptions& options) {
    for (const auto& [name, rival] : rivals) {
        if (py::isinstance<OfferEngine>(rival)) {
            options.engines.emplace_back(name.cast<std::string>(), rival.cast<OfferEngine>());
        } else {
            options.methods.push_back(python_method(name.cast<std::string>(), rival.cast<py::function>()));
        }
    }
    for (const auto& goal : goals) {
        const auto parts = goal.cast<std::tuple<std::string, std::string, std::string, double>>();
        options.goals.push_back({std::get<0>(parts), std::get<1>(parts), std::get<2>(parts), std::get<3>(parts)});
    }
}

// (report or None, interruption or None)
template <class Evaluate>
auto evaluator(Evaluate evaluate) {
    return
        [evaluate](const OfferEngine& engine, const Transactions& train, const Transactions& later,
                   const py::dict& options, const py::dict& rivals, const py::list& goals, const py::object& on_step) {
            auto chosen = from_dict<EvaluationOptions>(options);
            add_rivals(rivals, goals, chosen);
            const auto evaluation = run_training<EvaluationReport>(
                on_step, [&](const Progress& progress) { return evaluate(engine, train, later, chosen, progress); });
            py::object report = py::none();
            if (evaluation.result) report = to_python(*evaluation.result);
            return py::make_tuple(report, evaluation.interruption);
        };
}

}  // namespace

void bind_evaluation(py::module_& m) {
    m.def("evaluate_basket_completion", evaluator(&evaluate_basket_completion));
    m.def("evaluate_item_complements", evaluator(&evaluate_item_complements));
    m.def("evaluate_bundles", evaluator(&evaluate_bundles));
    m.def("evaluate_next_basket", evaluator(&evaluate_next_basket));
    m.def("evaluate_trade_up", evaluator(&evaluate_trade_up));
    m.def("evaluate_acceptance", evaluator(&evaluate_acceptance));
    m.def("evaluate_replenishment", evaluator(&evaluate_replenishment));
    m.def("report_sales", [](const Transactions& transactions, const Catalog& catalog, const py::dict& options) {
        const auto chosen = from_dict<SalesReportOptions>(options);
        EvaluationReport report;
        {
            const py::gil_scoped_release unlocked;
            report = report_sales(transactions, catalog, chosen);
        }
        return to_python(report);
    });
    m.def("sales_report_defaults", [] { return to_dict(SalesReportOptions{}); });
    m.def("evaluation_defaults", [] { return to_dict(EvaluationOptions{}); });
}

}  // namespace crosslift::python
