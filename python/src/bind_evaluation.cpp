// Offline judgement of an engine.
#include "bind.hpp"
#include "options.hpp"
#include "training.hpp"

#include <crosslift/evaluation.hpp>

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

// (report or None, interruption or None)
template <class Evaluate>
auto evaluator(Evaluate evaluate) {
    return [evaluate](const OfferEngine& engine, const Transactions& train, const Transactions& later,
                      const py::dict& options, const py::object& on_step) {
        const auto chosen = from_dict<EvaluationOptions>(options);
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
    m.def("evaluate_trade_up", evaluator(&evaluate_trade_up));
    m.def("evaluation_defaults", [] { return to_dict(EvaluationOptions{}); });
}

}  // namespace crosslift::python
