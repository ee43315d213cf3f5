// The parts of the module _core, one per bind_*.cpp.
#pragma once

#include <pybind11/pybind11.h>

namespace crosslift::python {

void bind_data(pybind11::module_& m);
void bind_train(pybind11::module_& m);
void bind_retrieval(pybind11::module_& m);
void bind_offers(pybind11::module_& m);
void bind_evaluation(pybind11::module_& m);

}  // namespace crosslift::python
