#include "cuda/rows.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <bit>
#include <span>
#include <string>

namespace crosslift::cuda {
namespace {

constexpr std::int64_t shortest_bin = 8;
constexpr int bin_count = 10;  // up to 8, 16, 32, ..., 2048 cells, and the empty rows last

static_assert(shortest_bin << (bin_count - 2) == CudaRows::longest_whole_row);

/// Bins count from the longest rows to the empty ones; -1 for rows that are longer.
int bin_of(std::int64_t cells) {
    if (cells > CudaRows::longest_whole_row) return -1;
    if (cells == 0) return bin_count - 1;
    const auto steps = static_cast<std::uint64_t>((cells + shortest_bin - 1) / shortest_bin);
    return bin_count - 2 - static_cast<int>(std::bit_width(steps - 1));
}

template <class T>
std::shared_ptr<void> upload(const std::shared_ptr<MemoryPool>& pool, LaneState& lane, std::span<const T> host) {
    const auto bytes = static_cast<std::int64_t>(host.size_bytes());
    std::shared_ptr<void> memory = MemoryPool::allocate(pool, bytes);
    lane.copy_in(memory.get(), host.data(), bytes);
    return memory;
}

void check_sizes(const CsrView& host) {
    const auto cells = static_cast<std::int64_t>(host.indices.size());
    const auto values = static_cast<std::int64_t>(host.values.size());
    if (static_cast<std::int64_t>(host.indptr.size()) == host.rows + 1 && cells == host.nnz() &&
        (values == 0 || values == cells))
        return;
    throw InvalidArgument("make_rows: " + std::to_string(host.rows) + " rows came with " +
                          std::to_string(host.indptr.size()) + " offsets, " + std::to_string(cells) + " columns and " +
                          std::to_string(values) + " values, and the last offset is " + std::to_string(host.nnz()) +
                          "; wanted one offset more than rows, and as many columns as the last offset says");
}

}  // namespace

std::vector<std::int64_t> CudaRows::plan(const CsrView& host) {
    const auto cells = [&host](std::int64_t row) { return host.end(row) - host.begin(row); };
    std::array<std::int64_t, bin_count + 1> next{};
    for (std::int64_t row = 0; row < host.rows; ++row)
        if (const int bin = bin_of(cells(row)); bin >= 0)
            ++next[static_cast<std::size_t>(bin) + 1];
        else
            long_rows_.push_back({row, host.begin(row), cells(row)});
    for (int bin = 0; bin < bin_count; ++bin) {
        const auto b = static_cast<std::size_t>(bin);
        const std::int64_t count = next[b + 1];
        next[b + 1] += next[b];
        if (bin == bin_count - 1)
            empty_rows_ = {0, next[b], count};
        else if (count > 0)
            bins_.push_back({longest_whole_row >> bin, next[b], count});
    }
    std::vector<std::int64_t> order(static_cast<std::size_t>(next.back()));
    for (std::int64_t row = 0; row < host.rows; ++row)
        if (const int bin = bin_of(cells(row)); bin >= 0)
            order[static_cast<std::size_t>(next[static_cast<std::size_t>(bin)]++)] = row;
    std::stable_sort(long_rows_.begin(), long_rows_.end(),
                     [](const LongRow& a, const LongRow& b) { return a.cells > b.cells; });
    return order;
}

CudaRows::CudaRows(const CsrView& host, const std::shared_ptr<MemoryPool>& pool, LaneState& lane) {
    check_sizes(host);
    const std::vector<std::int64_t> order = plan(host);
    indptr_ = upload(pool, lane, host.indptr);
    indices_ = upload(pool, lane, host.indices);
    if (!host.values.empty()) values_ = upload(pool, lane, host.values);
    order_ = upload(pool, lane, std::span<const std::int64_t>(order));
    view_ = {static_cast<const std::int64_t*>(indptr_.get()),
             static_cast<const std::int32_t*>(indices_.get()),
             static_cast<const float*>(values_.get()),
             host.rows,
             host.cols,
             host.nnz()};
}

}  // namespace crosslift::cuda
