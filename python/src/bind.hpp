// The parts of the module _core, one per bind_*.cpp.
#pragma once

#include <crosslift/matrix.hpp>

#include <pybind11/pybind11.h>

#include <string>

namespace crosslift::python {

void bind_data(pybind11::module_& m);
void bind_matrix(pybind11::module_& m);
void bind_train(pybind11::module_& m);
void bind_retrieval(pybind11::module_& m);
void bind_offers(pybind11::module_& m);
void bind_evaluation(pybind11::module_& m);

/// A matrix over a Matrix, an object in GPU memory, or a C-contiguous NumPy array of float32; `what` names it in
/// errors, which are InvalidArgument.
Matrix to_matrix(const pybind11::object& object, const std::string& what);

}  // namespace crosslift::python
