// Brings the cells of rows to the kernels of one operation, range by range: a resident matrix is simply there, a
// streamed one is fetched into three places in turn while the ranges before are worked on.
#pragma once

#include "cuda/lane.hpp"
#include "cuda/rows.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace crosslift::cuda {

class CellStream {
public:
    /// Will bring `ranges` in their order; none may be longer than the rows' largest block.
    CellStream(LaneState& lane, const CudaRows& rows, std::vector<CellRange> ranges);
    CellStream(const CellStream&) = delete;
    CellStream& operator=(const CellStream&) = delete;
    ~CellStream();

    /// The rows with the cells of the next range, for kernels that are launched on the lane's stream from now on.
    DeviceRows next();
    /// Everything that reads the range of the last next() is launched: its place may be filled anew behind it.
    void done();

private:
    static constexpr std::size_t places = CopyQueue::places;
    struct Place {
        std::int32_t* indices = nullptr;
        float* values = nullptr;
    };

    void fetch(std::size_t number);

    LaneState& lane_;
    const CudaRows& rows_;
    std::vector<CellRange> ranges_;
    std::size_t next_ = 0;
    Scratch scratch_;
    std::array<Place, places> places_;
};

/// One range per block of rows.
std::vector<CellRange> ranges_of_blocks(const CudaRows& rows);

/// All cells in ranges of a multiple of `grain` cells; one range where the rows are resident.
std::vector<CellRange> ranges_of_cells(const CudaRows& rows, std::int64_t grain);

}  // namespace crosslift::cuda
