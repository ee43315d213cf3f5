#include "cuda/cuda_backend.hpp"
#include "cuda/items.hpp"
#include "cuda/threads.cuh"

#include <crosslift/error.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace crosslift::cuda {
namespace {

constexpr int threads = 256;

template <class T>
std::shared_ptr<void> upload(const std::shared_ptr<MemoryPool>& pool, LaneState& lane, std::span<const T> numbers) {
    if (numbers.empty()) return nullptr;
    const auto bytes = static_cast<std::int64_t>(numbers.size_bytes());
    std::shared_ptr<void> memory = MemoryPool::allocate(pool, bytes);
    lane.copy_in(memory.get(), numbers.data(), bytes);
    return memory;
}

void check_column(std::size_t size, std::int64_t items, const char* what) {
    if (size == 0 || static_cast<std::int64_t>(size) == items) return;
    throw InvalidArgument("make_items: the column of " + std::string(what) + " has " + std::to_string(size) +
                          " numbers for " + std::to_string(items) + " items; give one per item or none");
}

const backend::ItemColumns& checked(const backend::ItemColumns& columns, std::int64_t items) {
    check_column(columns.category.size(), items, "categories");
    check_column(columns.price.size(), items, "prices");
    check_column(columns.bias.size(), items, "biases");
    return columns;
}

/// Row n of `to` is row rows[n] of `from`; a warp per row.
__global__ void __launch_bounds__(threads)
    gather_rows_kernel(backend::DenseView from, const std::int32_t* rows, backend::DenseSpan to) {
    const std::int64_t n = thread_of_grid() / warp_size;
    if (n >= to.rows) return;
    for (std::int64_t k = lane_of_warp(); k < to.cols; k += warp_size) to.row(n)[k] = from.row(rows[n])[k];
}

}  // namespace

CudaItems::CudaItems(backend::DenseView factors, std::shared_ptr<void> owner, const backend::ItemColumns& columns,
                     const std::shared_ptr<MemoryPool>& pool, LaneState& lane)
    : segments_(factors.rows, checked(columns, factors.rows)),
      factors_(std::move(owner)),
      rows_(upload(pool, lane, std::span<const std::int32_t>(segments_.rows()))),
      category_(upload(pool, lane, columns.category)),
      price_(upload(pool, lane, columns.price)) {
    std::vector<float> bias(columns.bias.begin(), columns.bias.end());
    const std::vector<std::int32_t>& rows = segments_.rows();
    if (!bias.empty() && !rows.empty())
        for (std::size_t n = 0; n < rows.size(); ++n) bias[n] = columns.bias[static_cast<std::size_t>(rows[n])];
    bias_ = upload(pool, lane, std::span<const float>(bias));
    view_ = {factors, static_cast<const std::int32_t*>(rows_.get()), static_cast<const std::int32_t*>(category_.get()),
             static_cast<const float*>(price_.get()), static_cast<const float*>(bias_.get())};
    if (rows.empty() || factors.cols == 0) return;
    std::shared_ptr<void> sorted =
        MemoryPool::allocate(pool, factors.rows * factors.cols * static_cast<std::int64_t>(sizeof(float)));
    const backend::DenseSpan to = {static_cast<float*>(sorted.get()), factors.rows, factors.cols, factors.cols};
    launch("gather_rows", gather_rows_kernel,
           {blocks_for(factors.rows, threads / warp_size), threads, 0, lane.stream()}, factors, view_.rows, to);
    lane.wait();
    view_.factors = to;
    factors_ = std::move(sorted);
}

std::shared_ptr<const backend::Items> CudaBackend::make_items(backend::DenseView factors, std::shared_ptr<void> owner,
                                                              const backend::ItemColumns& columns) const {
    const DeviceScope scope(device_.index);
    CudaLane copying(lanes_);
    return std::make_shared<CudaItems>(factors, std::move(owner), columns, pool_, copying.state());
}

}  // namespace crosslift::cuda
