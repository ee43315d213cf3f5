// ImplicitALS, BPR, Ease, Sppmi and ComplementModel: sparse rows in, factors out.
#include "bind.hpp"
#include "numpy.hpp"
#include "options.hpp"
#include "training.hpp"

#include <crosslift/als.hpp>
#include <crosslift/bpr.hpp>
#include <crosslift/complement.hpp>
#include <crosslift/ease.hpp>
#include <crosslift/model_io.hpp>
#include <crosslift/sppmi.hpp>

#include <pybind11/stl/filesystem.h>

#include <algorithm>

namespace crosslift::python {
namespace {

// (model or None, interruption or None)
template <class Model>
py::tuple to_python(Training<Model> training) {
    py::object model = py::none();
    if (training.result) model = py::cast(std::move(*training.result));
    return py::make_tuple(model, training.interruption);
}

template <class Model>
Matrix fold_in_rows(const Model& model, const py::tuple& rows) {
    const Csr csr(rows);
    const py::gil_scoped_release unlocked;
    return fold_in(model, csr.view());
}

template <class Model>
void save_model(const Model& model, const std::filesystem::path& path) {
    const py::gil_scoped_release unlocked;
    save(model, path);
}

void bind_als(py::module_& m) {
    py::class_<AlsModel>(m, "AlsModel")
        .def_readonly("customer_factors", &AlsModel::customer_factors)
        .def_readonly("item_factors", &AlsModel::item_factors)
        .def_readonly("loss", &AlsModel::loss)
        .def_readonly("sweeps", &AlsModel::sweeps)
        .def_readonly("stopped_early", &AlsModel::stopped_early)
        .def_property_readonly("options", [](const AlsModel& a) { return to_dict(a.options); })
        .def("fold_in", &fold_in_rows<AlsModel>)
        .def("objective",
             [](const AlsModel& model, const py::tuple& rows) {
                 const Csr csr(rows);
                 const py::gil_scoped_release unlocked;
                 return als_loss(model, csr.view());
             })
        .def("save", &save_model<AlsModel>)
        .def_static("load", [](const std::filesystem::path& path) {
            const py::gil_scoped_release unlocked;
            return load_als(path);
        });
    m.def("fit_als", [](const py::tuple& rows, const py::dict& options, const py::object& on_step) {
        const Csr csr(rows);
        const CsrView view = csr.view();
        const auto chosen = from_dict<AlsOptions>(options);
        return to_python(
            run_training<AlsModel>(on_step, [&](const Progress& progress) { return fit_als(view, chosen, progress); }));
    });
}

void bind_bpr(py::module_& m) {
    py::class_<BprModel>(m, "BprModel")
        .def_readonly("customer_factors", &BprModel::customer_factors)
        .def_readonly("item_factors", &BprModel::item_factors)
        .def_readonly("train_auc", &BprModel::train_auc)
        .def_readonly("epochs", &BprModel::epochs)
        .def_readonly("stopped_early", &BprModel::stopped_early)
        .def_property_readonly("options", [](const BprModel& model) { return to_dict(model.options); })
        .def("fold_in", &fold_in_rows<BprModel>)
        .def("save", &save_model<BprModel>)
        .def_static("load", [](const std::filesystem::path& path) {
            const py::gil_scoped_release unlocked;
            return load_bpr(path);
        });
    m.def("fit_bpr", [](const py::tuple& rows, const py::dict& options, const py::object& on_step) {
        const Csr csr(rows);
        const CsrView view = csr.view();
        const auto chosen = from_dict<BprOptions>(options);
        return to_python(
            run_training<BprModel>(on_step, [&](const Progress& progress) { return fit_bpr(view, chosen, progress); }));
    });
}

void bind_ease(py::module_& m) {
    py::class_<EaseModel>(m, "EaseModel")
        .def_property_readonly("weights", [](const EaseModel& e) { return to_numpy(e.weights); })
        .def_property_readonly("intercept", [](const EaseModel& e) { return to_numpy(e.intercept); });
    m.def("fit_ease", [](const py::tuple& rows, const Array<float>& age_days, const Array<std::int32_t>& lines,
                         const py::dict& options, const py::object& on_step) {
        const Csr csr(rows);
        const CsrView view = csr.view();
        const auto ages = as_span(age_days);
        const auto places = as_span(lines);
        const auto chosen = from_dict<EaseOptions>(options);
        return to_python(run_training<EaseModel>(
            on_step, [&](const Progress& progress) { return fit_ease(view, ages, chosen, progress, places); }));
    });
}

void bind_sppmi(py::module_& m) {
    py::class_<SppmiModel>(m, "SppmiModel")
        .def_property_readonly("in_factors", [](const SppmiModel& model) { return to_numpy(model.in_factors); })
        .def_property_readonly("out_factors", [](const SppmiModel& model) { return to_numpy(model.out_factors); })
        .def_property_readonly("popularity", [](const SppmiModel& model) { return to_numpy(model.popularity); });
    m.def("fit_sppmi",
          [](const py::tuple& rows, const Array<float>& age_days, const py::dict& options, const py::object& on_step) {
              const Csr csr(rows);
              const CsrView view = csr.view();
              const auto ages = as_span(age_days);
              const auto chosen = from_dict<SppmiOptions>(options);
              return to_python(run_training<SppmiModel>(
                  on_step, [&](const Progress& progress) { return fit_sppmi(view, ages, chosen, progress); }));
          });
}

// Baskets x items of scores; `baskets` holds no item twice in a row.
py::array_t<float> score_rows(const ComplementModel& model, const Csr& csr) {
    const CsrView baskets = csr.view();
    check(baskets);
    const auto items = static_cast<std::int64_t>(model.intercept.size());
    if (baskets.cols != items) {
        throw InvalidArgument("the baskets have " + std::to_string(baskets.cols) + " columns, the model knows " +
                              std::to_string(items) + " items: give rows over the items that it was trained on");
    }
    Matrix scores(baskets.rows, items);
    {
        const py::gil_scoped_release unlocked;
        for (std::int64_t row = 0; row < baskets.rows; ++row) {
            add_basket_scores(model, baskets.row(row), scores.row(row));
        }
    }
    return to_numpy(scores);
}

py::dict complement_parts(const ComplementModel& model) {
    py::dict parts;
    parts["in_factors"] = to_numpy(model.in_factors);
    parts["out_factors"] = to_numpy(model.out_factors);
    parts["residuals"] = csr_to_python(model.residuals);
    parts["intercept"] = to_numpy(model.intercept);
    parts["options"] = to_dict(model.options);
    parts["kept_hr10"] = model.kept_hr10;
    parts["modelled_items"] = model.modelled_items;
    parts["extended_items"] = model.extended_items;
    parts["cold_items"] = model.cold_items;
    parts["similarity_weight"] = model.similarity_weight;
    py::list trials;
    for (const ComplementTrial& trial : model.trials) {
        py::dict row = to_dict(trial.ease);
        row["validation_hr10"] = trial.validation_hr10;
        row["validation_ndcg"] = trial.validation_ndcg;
        trials.append(row);
    }
    parts["trials"] = trials;
    return parts;
}

ComplementModel complement_from_parts(const py::dict& parts) {
    ComplementModel model;
    model.in_factors = as_matrix(parts["in_factors"].cast<Array<float>>());
    model.out_factors = as_matrix(parts["out_factors"].cast<Array<float>>());
    const Csr residuals(parts["residuals"].cast<py::tuple>());
    const CsrView view = residuals.view();
    model.residuals = {view.rows,
                       view.cols,
                       {view.indptr.begin(), view.indptr.end()},
                       {view.indices.begin(), view.indices.end()},
                       {view.values.begin(), view.values.end()}};
    const auto intercept = parts["intercept"].cast<Array<float>>();
    model.intercept.assign(intercept.data(), intercept.data() + intercept.size());
    model.options = from_dict<ComplementOptions>(parts["options"].cast<py::dict>());
    model.kept_hr10 = parts["kept_hr10"].cast<double>();
    model.modelled_items = parts["modelled_items"].cast<std::int64_t>();
    model.extended_items = parts["extended_items"].cast<std::int64_t>();
    model.cold_items = parts["cold_items"].cast<std::int64_t>();
    model.similarity_weight = parts["similarity_weight"].cast<double>();
    for (const py::handle it : parts["trials"]) {
        py::dict row = py::dict(**it.cast<py::dict>());
        ComplementTrial trial;
        trial.validation_hr10 = row.attr("pop")("validation_hr10").cast<double>();
        trial.validation_ndcg = row.attr("pop")("validation_ndcg").cast<double>();
        trial.ease = from_dict<EaseOptions>(row);
        model.trials.push_back(trial);
    }
    return model;
}

void bind_complement(py::module_& m) {
    py::class_<ComplementModel>(m, "ComplementModel")
        .def("parts", &complement_parts)
        .def_static("from_parts", &complement_from_parts)
        .def("score", [](const ComplementModel& model, const py::tuple& rows) { return score_rows(model, Csr(rows)); });
    m.def("fit_complement", [](const py::tuple& rows, const Array<std::int64_t>& time, const Array<float>& age_days,
                               const Array<std::int32_t>& lines, const py::dict& options, const py::object& on_step) {
        const Csr csr(rows);
        const CsrView view = csr.view();
        const auto times = as_span(time);
        const auto ages = as_span(age_days);
        const auto places = as_span(lines);
        const auto chosen = from_dict<ComplementOptions>(options);
        return to_python(run_training<ComplementModel>(on_step, [&](const Progress& progress) {
            return fit_complement(view, times, ages, chosen, progress, places);
        }));
    });
}

}  // namespace

void bind_train(py::module_& m) {
    bind_als(m);
    bind_bpr(m);
    bind_ease(m);
    bind_sppmi(m);
    bind_complement(m);
    m.def("als_defaults", [] { return to_dict(AlsOptions{}); });
    m.def("bpr_defaults", [] { return to_dict(BprOptions{}); });
    m.def("ease_defaults", [] { return to_dict(EaseOptions{}); });
    m.def("sppmi_defaults", [] { return to_dict(SppmiOptions{}); });
    m.def("complement_defaults", [] { return to_dict(ComplementOptions{}); });
}

}  // namespace crosslift::python
