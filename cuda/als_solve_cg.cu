// Conjugate gradients on a row's system without building its matrix: A v = background * G v + ridge v + sum w y (y.v).
// A block iterates on a few short rows, or on one longer row with all its warps.
#include "cuda/als_cg_cells.cuh"
#include "cuda/als_solve.hpp"

namespace crosslift::cuda {
namespace {

/// `parts` numbers of a vector per lane, `rows` rows per block.
template <int parts, int rows, bool mixed>
class BlockSolver {
    static constexpr int width = parts * warp_size;
    static constexpr int warps_per_row = cg_warps / rows;
    using Vectors = CgVectors<width, rows>;

public:
    struct Shared {
        Vectors vectors;
        alignas(16) float cells[cg_warps][width];  ///< each warp's sum over its cells
        float ridge[rows];
        std::int64_t begin[rows];  ///< cells of each row
        std::int64_t end[rows];
        std::int64_t row[rows];  ///< -1: this place is empty
    };

    __device__ BlockSolver(const AlsProblem& problem, std::int64_t first, std::int64_t count)
        : problem_(problem), s_(shared<Shared>()) {
        if (thread_of_block() < rows) {
            const int place = thread_of_block();
            const std::int64_t number = static_cast<std::int64_t>(blockIdx.x) * rows + place;
            const bool used = number < count;
            const std::int64_t row = used ? problem.order[first + number] : -1;
            s_.row[place] = row;
            s_.begin[place] = used ? problem.rows.indptr[row] : 0;
            s_.end[place] = used ? problem.rows.indptr[row + 1] : 0;
            s_.ridge[place] = used ? problem.ridge[row] : 0.0F;
        }
        __syncthreads();
    }

    __device__ void run() {
        const int d = problem_.factors();
        Vectors::for_each_number([&](int r, int i) {
            s_.vectors.solution[r][i] = s_.row[r] >= 0 && i < d ? problem_.out.row(s_.row[r])[i] : 0.0F;
        });
        __syncthreads();
        // The first residual b - A x: the cells give t y - w y (y.x).
        apply(s_.vectors.solution, true);
        s_.vectors.begin();
        for (int step = 0; step < problem_.cg_steps; ++step) {
            apply(s_.vectors.direction, false);
            s_.vectors.advance();
        }
        Vectors::for_each_number([&](int r, int i) {
            if (s_.row[r] >= 0 && i < d) problem_.out.row(s_.row[r])[i] = s_.vectors.solution[r][i];
        });
    }

private:
    /// image = A v, or A v - b with `minus_right`. Ends with a barrier.
    __device__ void apply(const typename Vectors::Vector& v, bool minus_right) {
        const int row = warp_of_block() / warps_per_row;
        CellSums<parts, mixed>(problem_).template add<warps_per_row>(
            v[row], s_.begin[row] + warp_of_block() % warps_per_row, s_.end[row], minus_right,
            s_.cells[warp_of_block()]);
        s_.vectors.multiply_gram(problem_, v);
        __syncthreads();
        Vectors::for_each_number([&](int r, int i) {
            float image = s_.vectors.dense_part(problem_, s_.ridge[r], v, r, i);
#pragma unroll
            for (int w = 0; w < warps_per_row; ++w) image += s_.cells[r * warps_per_row + w][i];
            s_.vectors.image[r][i] = image;
        });
        __syncthreads();
    }

    const AlsProblem& problem_;
    Shared& s_;
};

/// Blocks at a time in a multiprocessor, where the compiler's own choice (0) spills.
constexpr int blocks_for_parts(int parts) {
    return parts <= 4 ? 2 : parts == 32 ? 1 : 0;
}

template <int parts, int rows, bool mixed>
__global__ void __launch_bounds__(cg_threads, blocks_for_parts(parts))
    als_cg_kernel(AlsProblem problem, std::int64_t first, std::int64_t count) {
    BlockSolver<parts, rows, mixed>(problem, first, count).run();
}

template <int parts, int rows, bool mixed>
void solve(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count) {
    launch(
        "als_cg", als_cg_kernel<parts, rows, mixed>,
        {blocks_for(count, rows), cg_threads, sizeof(typename BlockSolver<parts, rows, mixed>::Shared), lane.stream()},
        problem, first, count);
}

/// `rows` short rows per block; longer rows have a block each, so that the last ones do not take long.
template <int parts, int rows>
void solve(LaneState& lane, const AlsProblem& problem, const Bin& bin) {
    constexpr std::int64_t short_row = 256;
    if (bin.longest <= short_row)
        problem.mixed() ? solve<parts, rows, true>(lane, problem, bin.first, bin.count)
                        : solve<parts, rows, false>(lane, problem, bin.first, bin.count);
    else
        problem.mixed() ? solve<parts, 1, true>(lane, problem, bin.first, bin.count)
                        : solve<parts, 1, false>(lane, problem, bin.first, bin.count);
}

}  // namespace

int cg_width(std::int64_t factors) {
    int width = warp_size;
    while (width < factors) width *= 2;
    return width;
}

void solve_cg(LaneState& lane, const AlsProblem& problem, const Bin& bin) {
    switch (problem.width / warp_size) {
        case 1:
            return solve<1, 8>(lane, problem, bin);
        case 2:
            return solve<2, 8>(lane, problem, bin);
        case 4:
            return solve<4, 8>(lane, problem, bin);
        case 8:
            return solve<8, 8>(lane, problem, bin);
        case 16:
            return solve<16, 4>(lane, problem, bin);
        default:
            return solve<32, 1>(lane, problem, bin);
    }
}

}  // namespace crosslift::cuda
