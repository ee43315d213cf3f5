// iALS++ (Rendle, Krichene, Zhang, Koren 2021), one block of threads per row: the row goes through all its blocks of
// factors at once, its factors and the scores of its cells in shared memory, so that the scores are never stored.
#include "cuda/als_row_kinds.cuh"
#include "cuda/als_solve.hpp"

namespace crosslift::cuda {
namespace {

template <class RowShared>
struct PassShared {
    RowShared row;
    float x[most_factors];
    float scores[CudaRows::longest_whole_row];  ///< y.x of each cell
    std::int64_t row_number;                    ///< here and below, where they take no register
    std::int64_t begin;                         ///< the row's cells
    std::int64_t end;
};

/// One row's pass, thread by thread.
template <int width, template <int> class Sums>
class RowPass {
    using S = RowShape<width>;
    using RowShared = typename Sums<width>::Shared;

public:
    using Shared = PassShared<RowShared>;

    explicit __device__ RowPass(const AlsProblem& problem) : problem_(problem), s_(shared<Shared>()) {}

    __device__ void run(std::int64_t row) {
        if (thread_of_block() == 0) {
            s_.row_number = row;
            s_.begin = problem_.rows.indptr[row];
            s_.end = problem_.rows.indptr[row + 1];
        }
        for (int i = thread_of_block(); i < problem_.factors(); i += S::threads) s_.x[i] = problem_.out.row(row)[i];
        __syncthreads();
        for (std::int64_t c = thread_of_block(); c < s_.end - s_.begin; c += S::threads) s_.scores[c] = 0.0F;
        __syncthreads();
        for (int number = 0; number < problem_.windows(); ++number) {
            const Window window = problem_.window(number);
            add_scores(window, s_.x + window.first);
        }
        for (int number = 0; number < problem_.windows(); ++number) improve(problem_.window(number));
        for (int i = thread_of_block(); i < problem_.factors(); i += S::threads)
            problem_.out.row(s_.row_number)[i] = s_.x[i];
    }

private:
    /// scores += y.change over a window. A warp takes whole cells, always the same ones.
    __device__ void add_scores(const Window& window, const float* change) {
        for (std::int64_t c = warp_of_block(); c < s_.end - s_.begin; c += S::warps) {
            const float score = window_score(problem_, window, s_.begin + c, change);
            if (lane_of_warp() == 0) s_.scores[c] += score;
        }
    }

    /// x -= (A_pp)^-1 (A x - b)_p for the factors p of a window.
    __device__ void improve(const Window& window) {
        RowSystem<width, RowShared> system(s_.row);
        typename S::Patch left;
        const auto rest = [this](std::int64_t cell, const CellWeights& weights) {
            return weights.target - weights.weight * s_.scores[cell - s_.begin];
        };
        Sums<width>(problem_, s_.row, window.place, s_.begin, s_.end).run(system, left, rest);
        const float ridge = problem_.ridge[s_.row_number];
        if (thread_of_block() < width)
            s_.row.right[thread_of_block()] -= dense_side(problem_, window, ridge, s_.x, thread_of_block());
        system.solve(problem_, window, ridge, left);
        for (int i = thread_of_block(); i < window.used; i += S::threads) s_.x[window.first + i] += s_.row.right[i];
        add_scores(window, s_.row.right);
        __syncthreads();
    }

    const AlsProblem& problem_;
    Shared& s_;
};

template <int width, template <int> class Sums>
__global__ void __launch_bounds__(RowShape<width>::threads, RowShape<width>::blocks)
    als_ials_pp_kernel(AlsProblem problem, std::int64_t first) {
    const std::int64_t row = problem.order[first + blockIdx.x];
    RowPass<width, Sums>(problem).run(row);
}

}  // namespace

void solve_ials_pp(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count) {
    with_row_sums(problem, [&]<int width, template <int> class Sums>() {
        launch("als_ials_pp", als_ials_pp_kernel<width, Sums>,
               {static_cast<unsigned>(count), RowShape<width>::threads, sizeof(typename RowPass<width, Sums>::Shared),
                lane.stream()},
               problem, first);
    });
}

}  // namespace crosslift::cuda
