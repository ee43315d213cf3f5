#include "algorithms/sparse_cells.hpp"

#include "algorithms/basket_slices.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift::algorithms {

void keep_largest(std::vector<Cell>& cells, std::size_t most) {
    std::erase_if(cells, [](const Cell& cell) { return cell.value == 0; });
    const auto larger = [](const Cell& a, const Cell& b) {
        const float x = std::abs(a.value), y = std::abs(b.value);
        return x != y ? x > y : a.item < b.item;
    };
    if (cells.size() > most) {
        std::ranges::nth_element(cells, cells.begin() + static_cast<std::ptrdiff_t>(most), larger);
        cells.resize(most);
    }
    std::ranges::sort(cells, {}, &Cell::item);
}

CsrMatrix with_cells(const CsrView& before, std::vector<std::vector<Cell>> cells) {
    CsrMatrix merged;
    merged.rows = before.rows;
    merged.cols = before.cols;
    for (std::int64_t row = 0; row < before.rows; ++row) {
        std::vector<Cell>& all = cells[idx(row)];
        for (std::size_t n = 0; n < before.row(row).size(); ++n)
            all.push_back({before.row(row)[n], before.row_values(row)[n]});
        std::ranges::sort(all, {}, &Cell::item);
        for (const Cell& cell : all) {
            merged.indices.push_back(cell.item);
            merged.values.push_back(cell.value);
        }
        merged.indptr.push_back(static_cast<std::int64_t>(merged.indices.size()));
    }
    return merged;
}

}  // namespace crosslift::algorithms
