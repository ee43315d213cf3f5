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

/// A streamed block has a multiple of this many cells, so that sums over cells are cut alike however they come.
constexpr std::int64_t grain = 1024;
constexpr std::int64_t most_streamed_cells = std::int64_t{8} << 20;  // unless one row is longer

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

/// Rows that follow each other and have no more than `most` cells together, or one row; all rows where `most` is
/// enough. Returns the first row of each block, and the number of rows at the end.
std::vector<std::int64_t> cut_rows(const CsrView& host, std::int64_t most) {
    std::vector<std::int64_t> cuts = {0};
    for (std::int64_t row = 0; row < host.rows; ++row)
        if (host.end(row) - host.begin(cuts.back()) > most && row > cuts.back()) cuts.push_back(row);
    if (host.rows > 0) cuts.push_back(host.rows);
    return cuts;
}

/// Plans rows first_row .. last_row - 1: their bins, and their numbers from `order` on, which is moved on.
RowBlock plan_block(const CsrView& host, std::int64_t first_row, std::int64_t last_row,
                    std::vector<std::int64_t>& order) {
    const auto cells = [&host](std::int64_t row) { return host.end(row) - host.begin(row); };
    RowBlock block;
    block.cells = {host.begin(first_row), host.begin(last_row)};
    std::array<std::int64_t, bin_count + 1> next{};
    for (std::int64_t row = first_row; row < last_row; ++row)
        if (const int bin = bin_of(cells(row)); bin >= 0)
            ++next[static_cast<std::size_t>(bin) + 1];
        else
            block.long_rows.push_back({row, host.begin(row), cells(row)});
    next[0] = static_cast<std::int64_t>(order.size());
    for (int bin = 0; bin < bin_count; ++bin) {
        const auto b = static_cast<std::size_t>(bin);
        const std::int64_t count = next[b + 1];
        next[b + 1] += next[b];
        if (bin == bin_count - 1)
            block.empty_rows = {0, next[b], count};
        else if (count > 0)
            block.bins.push_back({CudaRows::longest_whole_row >> bin, next[b], count});
    }
    order.resize(static_cast<std::size_t>(next.back()));
    for (std::int64_t row = first_row; row < last_row; ++row)
        if (const int bin = bin_of(cells(row)); bin >= 0)
            order[static_cast<std::size_t>(next[static_cast<std::size_t>(bin)]++)] = row;
    std::stable_sort(block.long_rows.begin(), block.long_rows.end(),
                     [](const LongRow& a, const LongRow& b) { return a.cells > b.cells; });
    return block;
}

/// Cells of a streamed block: about a sixteenth of all, and no less than the longest row.
std::int64_t streamed_block(const CsrView& host) {
    std::int64_t longest = 0;
    for (std::int64_t row = 0; row < host.rows; ++row) longest = std::max(longest, host.end(row) - host.begin(row));
    const std::int64_t wanted = std::clamp(host.nnz() / 16, grain, most_streamed_cells);
    return (std::max(wanted, longest) + grain - 1) / grain * grain;
}

std::int64_t bytes_per_cell(const CsrView& host) {
    return host.values.empty() ? 4 : 8;
}

}  // namespace

backend::RowsMemory CudaRows::memory(const CsrView& host) {
    const std::int64_t plan = 16 * host.rows + 8;
    return {plan + host.nnz() * bytes_per_cell(host),
            plan + static_cast<std::int64_t>(CopyQueue::places) * streamed_block(host) * bytes_per_cell(host)};
}

CudaRows::CudaRows(const CsrView& host, std::int64_t budget, const std::shared_ptr<MemoryPool>& pool, LaneState& lane) {
    check_sizes(host);
    const backend::RowsMemory needed = memory(host);
    const bool resident = needed.resident <= budget || needed.streamed >= needed.resident;
    largest_block_ = resident ? host.nnz() : streamed_block(host);
    std::vector<std::int64_t> order;
    const std::vector<std::int64_t> cuts = cut_rows(host, largest_block_);
    for (std::size_t block = 0; block + 1 < cuts.size(); ++block)
        blocks_.push_back(plan_block(host, cuts[block], cuts[block + 1], order));
    indptr_ = upload(pool, lane, host.indptr);
    order_ = upload(pool, lane, std::span<const std::int64_t>(order));
    if (resident) {
        indices_ = upload(pool, lane, host.indices);
        if (!host.values.empty()) values_ = upload(pool, lane, host.values);
    } else {
        streamed_ = std::make_unique<PinnedCells>(host, most_streamed_cells);
    }
    view_ = {static_cast<const std::int64_t*>(indptr_.get()),
             static_cast<const std::int32_t*>(indices_.get()),
             static_cast<const float*>(values_.get()),
             host.rows,
             host.cols,
             host.nnz()};
}

}  // namespace crosslift::cuda
