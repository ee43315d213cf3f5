// Gather, sum and solve one row in one block: the row's matrix is born in registers and never leaves the chip.
#include "cuda/als_row_sums.cuh"
#include "cuda/als_row_sums_half.cuh"
#include "cuda/als_solve.hpp"

namespace crosslift::cuda {
namespace {

/// Sums is StrictSums<d> or MixedSums<d>.
template <int d, template <int> class Sums>
__global__ void __launch_bounds__(RowShape<d>::threads, RowShape<d>::blocks)
    als_fused_kernel(AlsProblem problem, std::int64_t first) {
    using Shared = typename Sums<d>::Shared;
    auto& s = shared<Shared>();
    const std::int64_t row = problem.order[first + blockIdx.x];
    const Window all = problem.window(0);
    RowSystem<d, Shared> system(s);
    typename RowShape<d>::Patch left;
    Sums<d>(problem, s, all.place, problem.rows.indptr[row], problem.rows.indptr[row + 1])
        .run(system, left, [](std::int64_t, const CellWeights& weights) { return weights.target; });
    system.solve(problem, all, problem.ridge[row], left);
    for (int i = thread_of_block(); i < all.used; i += RowShape<d>::threads) problem.out.row(row)[i] = s.right[i];
}

template <int d, template <int> class Sums>
void solve(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count) {
    launch("als_fused", als_fused_kernel<d, Sums>,
           {static_cast<unsigned>(count), RowShape<d>::threads, sizeof(typename Sums<d>::Shared), lane.stream()},
           problem, first);
}

template <int d>
void solve(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count) {
    if (problem.mixed())
        solve<d, MixedSums>(lane, problem, first, count);
    else
        solve<d, StrictSums>(lane, problem, first, count);
}

}  // namespace

int fused_width(std::int64_t factors) {
    for (const int width : {16, 32, 64, most_fused_factors})
        if (factors <= width) return width;
    return static_cast<int>((factors + 63) / 64 * 64);
}

void solve_fused(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count) {
    if (problem.width == 16)
        solve<16>(lane, problem, first, count);
    else if (problem.width == 32)
        solve<32>(lane, problem, first, count);
    else if (problem.width == 64)
        solve<64>(lane, problem, first, count);
    else
        solve<most_fused_factors>(lane, problem, first, count);
}

}  // namespace crosslift::cuda
