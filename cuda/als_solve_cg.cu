// Conjugate gradients on a row's system without building its matrix: A v = background * G v + ridge v + sum w y (y.v).
// The matrix G is read once for all rows of a block; a warp takes whole cells and keeps y in registers between the dot
// product and the sum.
#include "cuda/als_cells.cuh"
#include "cuda/als_solve.hpp"

namespace crosslift::cuda {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;

/// `parts` numbers of a vector per lane, `rows` rows of the matrix per block.
template <int parts, int rows>
struct Shape {
    static constexpr int width = parts * warp_size;
    static constexpr int warps_per_row = warps / rows;

    struct Shared {
        float solution[rows][width];
        float residual[rows][width];
        float direction[rows][width];
        float image[rows][width];     ///< A times direction
        float partial[warps][width];  ///< each warp's sum over its cells
        float ridge[rows];
        float rest[rows];          ///< residual . residual
        float length[rows];        ///< of the step along the direction
        float ratio[rows];         ///< new rest / old rest
        std::int64_t begin[rows];  ///< cells of each row
        std::int64_t end[rows];
        std::int64_t row[rows];  ///< -1: this place is empty
    };
};

template <int parts, int rows, bool mixed>
class BlockSolver {
    using S = Shape<parts, rows>;
    using Vectors = float[rows][S::width];

public:
    __device__ BlockSolver(const AlsProblem& problem, std::int64_t first, std::int64_t count)
        : problem_(problem), s_(shared<typename S::Shared>()), d_(static_cast<int>(problem.out.cols)) {
        if constexpr (mixed) scale_ = *problem.half_scale;
        if (thread_of_block() < rows) {
            const int place = thread_of_block();
            const bool used = static_cast<std::int64_t>(blockIdx.x) * rows + place < count;
            const std::int64_t row =
                used ? problem.order[first + static_cast<std::int64_t>(blockIdx.x) * rows + place] : -1;
            s_.row[place] = row;
            s_.begin[place] = used ? problem.rows.indptr[row] : 0;
            s_.end[place] = used ? problem.rows.indptr[row + 1] : 0;
            s_.ridge[place] = used ? problem.ridge[row] : 0.0F;
        }
        __syncthreads();
    }

    __device__ void run() {
        for_each_number([&](int r, int i) {
            s_.solution[r][i] = s_.row[r] >= 0 && i < d_ ? problem_.out.row(s_.row[r])[i] : 0.0F;
        });
        __syncthreads();
        // The first residual b - A x: the cells give t y - w y (y.x).
        apply(s_.solution, true);
        for_each_number([&](int r, int i) { s_.direction[r][i] = s_.residual[r][i] = -s_.image[r][i]; });
        __syncthreads();
        if (is_first_warp_of_row()) {
            const float rest = dot(s_.residual[my_row()], s_.residual[my_row()]);
            if (lane_of_warp() == 0) s_.rest[my_row()] = rest;
        }
        __syncthreads();
        for (int step = 0; step < problem_.cg_steps; ++step) advance();
        for_each_number([&](int r, int i) {
            if (s_.row[r] >= 0 && i < d_) problem_.out.row(s_.row[r])[i] = s_.solution[r][i];
        });
    }

private:
    __device__ static int my_row() { return warp_of_block() / S::warps_per_row; }
    __device__ static bool is_first_warp_of_row() { return warp_of_block() % S::warps_per_row == 0; }

    template <class Visit>
    __device__ static void for_each_number(const Visit& visit) {
        for (int e = thread_of_block(); e < rows * S::width; e += threads) visit(e / S::width, e % S::width);
    }

    /// a.b; the whole warp calls it.
    __device__ static float dot(const float* a, const float* b) {
        float sum = 0;
        for (int i = lane_of_warp(); i < S::width; i += warp_size) sum = fmaf(a[i], b[i], sum);
        return warp_sum(sum);
    }

    /// image = A v, or A v - b with `minus_right`. Ends with a barrier.
    __device__ void apply(const Vectors& v, bool minus_right) {
        add_cells(v[my_row()], minus_right);
        __syncthreads();
        for (int i = thread_of_block(); i < S::width; i += threads) {
            float sum[rows] = {};
            if (i < d_)
                for (int j = 0; j < d_; ++j) {
                    const float g = problem_.gram.row(j)[i];
#pragma unroll
                    for (int r = 0; r < rows; ++r) sum[r] = fmaf(g, v[r][j], sum[r]);
                }
#pragma unroll
            for (int r = 0; r < rows; ++r) {
                float image = fmaf(problem_.background, sum[r], s_.ridge[r] * v[r][i]);
                for (int w = 0; w < S::warps_per_row; ++w) image += s_.partial[r * S::warps_per_row + w][i];
                s_.image[r][i] = image;
            }
        }
        __syncthreads();
    }

    /// This warp's share of sum (w y.v - t) y, or without t.
    __device__ void add_cells(const float* v, bool minus_right) {
        float sum[parts] = {};
        const std::int64_t end = s_.end[my_row()];
        for (std::int64_t cell = s_.begin[my_row()] + warp_of_block() % S::warps_per_row; cell < end;
             cell += S::warps_per_row) {
            const std::int64_t from = problem_.rows.indices[cell] * problem_.pitch + lane_of_warp();
            float y[parts];
            float product = 0;
            load(from, y);
#pragma unroll
            for (int j = 0; j < parts; ++j) product = fmaf(y[j], v[j * warp_size + lane_of_warp()], product);
            const CellWeights weights = cell_weights(problem_, cell);
            const float pull = weights.weight * warp_sum(product) - (minus_right ? weights.target : 0.0F);
#pragma unroll
            for (int j = 0; j < parts; ++j) sum[j] = fmaf(pull, y[j], sum[j]);
        }
#pragma unroll
        for (int j = 0; j < parts; ++j) s_.partial[warp_of_block()][j * warp_size + lane_of_warp()] = sum[j];
    }

    /// This lane's numbers of a padded row.
    __device__ void load(std::int64_t from, float (&y)[parts]) const {
        if constexpr (mixed) {
#pragma unroll
            for (int j = 0; j < parts; ++j) y[j] = scale_ * __half2float(problem_.halves[from + j * warp_size]);
        } else {
#pragma unroll
            for (int j = 0; j < parts; ++j) y[j] = problem_.fixed[from + j * warp_size];
        }
    }

    /// One step of all rows of the block; a row that is solved already stays where it is.
    __device__ void advance() {
        apply(s_.direction, false);
        if (is_first_warp_of_row()) {
            const int r = my_row();
            const float curvature = dot(s_.direction[r], s_.image[r]);
            if (lane_of_warp() == 0) s_.length[r] = curvature > 0 ? s_.rest[r] / curvature : 0.0F;
        }
        __syncthreads();
        for_each_number([&](int r, int i) {
            s_.solution[r][i] = fmaf(s_.length[r], s_.direction[r][i], s_.solution[r][i]);
            s_.residual[r][i] = fmaf(-s_.length[r], s_.image[r][i], s_.residual[r][i]);
        });
        __syncthreads();
        if (is_first_warp_of_row()) {
            const int r = my_row();
            const float rest = dot(s_.residual[r], s_.residual[r]);
            if (lane_of_warp() == 0) {
                s_.ratio[r] = s_.rest[r] > 0 ? rest / s_.rest[r] : 0.0F;
                s_.rest[r] = rest;
            }
        }
        __syncthreads();
        for_each_number(
            [&](int r, int i) { s_.direction[r][i] = fmaf(s_.ratio[r], s_.direction[r][i], s_.residual[r][i]); });
        __syncthreads();
    }

    const AlsProblem& problem_;
    typename S::Shared& s_;
    int d_;
    float scale_ = 1;
};

template <int parts, int rows, bool mixed>
__global__ void __launch_bounds__(threads) als_cg_kernel(AlsProblem problem, std::int64_t first, std::int64_t count) {
    BlockSolver<parts, rows, mixed>(problem, first, count).run();
}

template <int parts, int rows>
void solve(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count) {
    launch("als_cg", problem.mixed() ? als_cg_kernel<parts, rows, true> : als_cg_kernel<parts, rows, false>,
           {blocks_for(count, rows), threads, sizeof(typename Shape<parts, rows>::Shared), lane.stream()}, problem,
           first, count);
}

}  // namespace

int cg_width(std::int64_t factors) {
    int width = warp_size;
    while (width < factors) width *= 2;
    return width;
}

void solve_cg(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count) {
    switch (problem.width / warp_size) {
        case 1:
            return solve<1, 4>(lane, problem, first, count);
        case 2:
            return solve<2, 4>(lane, problem, first, count);
        case 4:
            return solve<4, 4>(lane, problem, first, count);
        case 8:
            return solve<8, 4>(lane, problem, first, count);
        case 16:
            return solve<16, 1>(lane, problem, first, count);
        default:
            return solve<32, 1>(lane, problem, first, count);
    }
}

}  // namespace crosslift::cuda
