#include "cpu/items.hpp"

#include "cpu/cpu_backend.hpp"
#include "cpu/gemm.hpp"

namespace crosslift::cpu {

CpuItems::CpuItems(const Kernels& kernels, backend::DenseView factors, const backend::ItemColumns& columns)
    : items_(factors.rows),
      factors_(factors.cols),
      width_(kernels.tile_cols),
      packed_(panels() * width_ * factors_),
      category_(columns.category.begin(), columns.category.end()),
      price_(columns.price.begin(), columns.price.end()),
      bias_(columns.bias.begin(), columns.bias.end()) {
    pack_panels(kernels, factors.data, factors.stride, 1, items_, factors_, width_, packed_.data());
    if (!bias_.empty()) bias_.resize(static_cast<std::size_t>(panels() * width_), 0.0F);
}

std::shared_ptr<const backend::Items> CpuBackend::make_items(backend::DenseView factors, std::shared_ptr<void>,
                                                             const backend::ItemColumns& columns) const {
    return std::make_shared<CpuItems>(kernels_, factors, columns);
}

}  // namespace crosslift::cpu
