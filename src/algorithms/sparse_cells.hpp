// Cells of a sparse row on their way into a CsrMatrix.
#pragma once

#include <crosslift/sparse.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace crosslift::algorithms {

struct Cell {
    std::int32_t item = 0;
    float value = 0;
};

/// Leaves the `most` of largest absolute value, in the order of items; ties: lower item. Zeros go.
void keep_largest(std::vector<Cell>& cells, std::size_t most);

/// The rows of `before` with `cells` (one list per row, of items that the row does not hold) added.
CsrMatrix with_cells(const CsrView& before, std::vector<std::vector<Cell>> cells);

}  // namespace crosslift::algorithms
