#include "cuda/cell_stream.hpp"

#include <algorithm>
#include <utility>

namespace crosslift::cuda {

CellStream::CellStream(LaneState& lane, const CudaRows& rows, std::vector<CellRange> ranges)
    : lane_(lane), rows_(rows), ranges_(std::move(ranges)), scratch_(lane.pool(), lane.stream()) {
    if (rows_.streamed() == nullptr) return;
    for (Place& place : places_) {
        place.indices = scratch_.take<std::int32_t>(rows_.largest_block());
        if (rows_.streamed()->has_values()) place.values = scratch_.take<float>(rows_.largest_block());
    }
    // The places are there when the lane's stream has come this far.
    for (std::size_t place = 0; place < places; ++place) lane_.copies().free_place(place, lane_.stream());
    for (std::size_t number = 0; number < std::min(places, ranges_.size()); ++number) fetch(number);
}

CellStream::~CellStream() {
    // Copies that nobody waited for must end before the lane's stream gives their places back.
    if (rows_.streamed() != nullptr) lane_.copies().join(lane_.stream());
}

void CellStream::fetch(std::size_t number) {
    const std::size_t place = number % places;
    cudaStream_t stream = lane_.copies().begin(place);
    rows_.streamed()->copy(ranges_[number], places_[place].indices, places_[place].values, stream);
    lane_.copies().end(place);
}

DeviceRows CellStream::next() {
    DeviceRows view = rows_.view();
    if (rows_.streamed() != nullptr) {
        const Place& place = places_[next_ % places];
        const std::int64_t first = ranges_[next_].first;
        lane_.copies().wait_for(next_ % places, lane_.stream());
        view.indices = place.indices - first;
        view.values = place.values == nullptr ? nullptr : place.values - first;
    }
    ++next_;
    return view;
}

void CellStream::done() {
    if (rows_.streamed() == nullptr) return;
    const std::size_t finished = next_ - 1;
    lane_.copies().free_place(finished % places, lane_.stream());
    if (finished + places < ranges_.size()) fetch(finished + places);
}

std::vector<CellRange> ranges_of_blocks(const CudaRows& rows) {
    std::vector<CellRange> ranges;
    for (const RowBlock& block : rows.blocks()) ranges.push_back(block.cells);
    return ranges;
}

std::vector<CellRange> ranges_of_cells(const CudaRows& rows, std::int64_t grain) {
    if (rows.streamed() == nullptr) return {{0, rows.nnz()}};
    const std::int64_t length = std::max(rows.largest_block() / grain, std::int64_t{1}) * grain;
    std::vector<CellRange> ranges;
    for (std::int64_t first = 0; first < rows.nnz(); first += length)
        ranges.push_back({first, std::min(first + length, rows.nnz())});
    return ranges;
}

}  // namespace crosslift::cuda
