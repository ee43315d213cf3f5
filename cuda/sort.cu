// The one file that includes Thrust, which takes long to compile.
#include "cuda/sort.hpp"

#include <cstddef>
#include <thrust/execution_policy.h>
#include <thrust/sort.h>
#include <thrust/system/cuda/execution_policy.h>

namespace crosslift::cuda {
namespace {

/// Gives Thrust its working memory in the order of the lane's stream, until the sort is issued.
class StreamAllocator {
public:
    using value_type = char;

    explicit StreamAllocator(Scratch& scratch) : scratch_(&scratch) {}
    char* allocate(std::ptrdiff_t bytes) { return scratch_->take<char>(bytes); }
    void deallocate(char* /*memory*/, std::size_t /*bytes*/) {}

private:
    Scratch* scratch_;
};

}  // namespace

void sort_by_column(LaneState& lane, std::int32_t* columns, std::int64_t* values, std::int64_t count) {
    Scratch scratch(lane.pool(), lane.stream());
    StreamAllocator allocator(scratch);
    try {
        thrust::stable_sort_by_key(thrust::cuda::par_nosync(allocator).on(lane.stream()), columns, columns + count,
                                   values);
    } catch (const thrust::system_error& error) {
        fail(static_cast<cudaError_t>(error.code().value()), "thrust::stable_sort_by_key", {count});
    }
}

}  // namespace crosslift::cuda
