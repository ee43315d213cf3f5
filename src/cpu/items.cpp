#include "cpu/items.hpp"

#include "cpu/cpu_backend.hpp"
#include "cpu/gemm.hpp"

#include <algorithm>

namespace crosslift::cpu {

CpuItems::CpuItems(const Kernels& kernels, backend::DenseView factors, const backend::ItemColumns& columns)
    : items_(factors.rows),
      factors_(factors.cols),
      width_(kernels.tile_cols),
      segments_(factors.rows, columns),
      packed_(panels() * width_ * factors_),
      category_(columns.category.begin(), columns.category.end()),
      price_(columns.price.begin(), columns.price.end()) {
    if (!columns.bias.empty()) {
        bias_.resize(index(panels() * width_), 0.0F);
        for (std::int64_t n = 0; n < items_; ++n) bias_[index(n)] = columns.bias[index(row(n))];
    }
    const auto& rows = segments_.rows();
    if (rows.empty()) {
        pack_panels(kernels, factors.data, factors.stride, 1, items_, factors_, width_, packed_.data());
        return;
    }
    places_.resize(rows.size());
    for (std::size_t n = 0; n < rows.size(); ++n) places_[index(rows[n])] = static_cast<std::int32_t>(n);
    const Scratch<float> some(width_ * factors_);
    for (std::int64_t panel = 0; panel < panels(); ++panel) {
        const std::int64_t used = std::min(width_, items_ - panel * width_);
        for (std::int64_t n = 0; n < used; ++n)
            std::copy_n(factors.row(row(panel * width_ + n)), factors_, some.data() + n * factors_);
        pack_panels(kernels, some.data(), factors_, 1, used, factors_, width_,
                    packed_.data() + panel * factors_ * width_);
    }
}

std::shared_ptr<const backend::Items> CpuBackend::make_items(backend::DenseView factors, std::shared_ptr<void>,
                                                             const backend::ItemColumns& columns) const {
    return std::make_shared<CpuItems>(kernels_, factors, columns);
}

}  // namespace crosslift::cpu
