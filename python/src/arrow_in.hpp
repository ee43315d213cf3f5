// Columns of any Python frame as an Arrow table.
#pragma once

#include <crosslift/arrow.hpp>

#include <pybind11/pybind11.h>

namespace crosslift::python {

/// Puts a table together from a list of (name, column). A column is an Arrow stream capsule (with name None it brings
/// all its columns), a NumPy array (its numbers are not copied; texts in an object array are), a pair of an array and
/// its mask of missing cells, or None: a column that nobody needs.
ArrowTable arrow_table(const pybind11::list& columns);

}  // namespace crosslift::python
