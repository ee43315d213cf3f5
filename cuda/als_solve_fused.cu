// Gather, sum and solve one row in one block: the row's matrix is born in registers and never leaves the chip.
#include "cuda/als_row_kinds.cuh"
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

}  // namespace

int fused_width(std::int64_t factors) {
    for (const int width : {16, 32, 64, most_fused_factors})
        if (factors <= width) return width;
    return static_cast<int>((factors + 63) / 64 * 64);
}

void solve_fused(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count) {
    with_row_sums(problem, [&]<int d, template <int> class Sums>() {
        launch("als_fused", als_fused_kernel<d, Sums>,
               {static_cast<unsigned>(count), RowShape<d>::threads, sizeof(typename Sums<d>::Shared), lane.stream()},
               problem, first);
    });
}

}  // namespace crosslift::cuda
