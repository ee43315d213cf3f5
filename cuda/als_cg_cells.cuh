// Conjugate gradients without a row's matrix: the cells' part of A v, and the steps themselves.
#pragma once

#include "cuda/als_cells.cuh"

namespace crosslift::cuda {

constexpr int cg_threads = 256;
constexpr int cg_warps = cg_threads / warp_size;

/// Adds up values[c] over the lanes of a warp for all `count` (a power of two) values at a time. Lane l gets the sum
/// of value l / (32 / count). The whole warp calls it.
template <int count>
__device__ float transposed_warp_sum(float (&values)[count]) {
    int step = warp_size / 2;
#pragma unroll
    for (int left = count / 2; left > 0; left /= 2, step /= 2) {
        const bool upper = (lane_of_warp() & step) != 0;
#pragma unroll
        for (int i = 0; i < left; ++i) {
            const float kept = upper ? values[i + left] : values[i];
            const float sent = upper ? values[i] : values[i + left];
            values[i] = kept + __shfl_xor_sync(whole_warp, sent, step);
        }
    }
    float sum = values[0];
#pragma unroll
    for (; step > 0; step /= 2) sum += __shfl_xor_sync(whole_warp, sum, step);
    return sum;
}

/// What a warp does with cells: each lane holds `parts` numbers of a padded row, in runs that one load takes. Several
/// cells are on their way at a time, since a cell is used little more often than it is read.
template <int parts, bool mixed>
class CellSums {
    static constexpr int run = parts < 4 ? parts : 4;
    static constexpr int at_once = parts <= 2 ? 8 : parts <= 8 ? 4 : parts <= 16 ? 2 : 1;
    static constexpr int lanes_per_cell = warp_size / at_once;

public:
    static constexpr int width = parts * warp_size;

    __device__ explicit CellSums(const AlsProblem& problem) : problem_(problem) {
        if constexpr (mixed) scale_ = *problem.half_scale;
    }

    /// to = sum (w y.v - t) y over cells first, first + stride, ... below end; without t unless `minus_right`. v and to
    /// have `width` numbers, aligned to 16 bytes. The whole warp calls it.
    template <int stride>
    __device__ void add(const float* v, std::int64_t first, std::int64_t end, bool minus_right, float* to) const {
        float own[parts];
        float sum[parts] = {};
#pragma unroll
        for (int j = 0; j < parts; j += run) {
            const auto taken = *reinterpret_cast<const Run<float>*>(v + number(j));
#pragma unroll
            for (int i = 0; i < run; ++i) own[j + i] = scale_ * taken.number[i];
        }
        for (std::int64_t base = first; base < end; base += warp_size * stride) {
            const std::int64_t cell = base + lane_of_warp() * stride;
            std::int32_t row = 0;
            CellWeights weights = {0, 0};
            if (cell < end) {
                row = problem_.rows.indices[cell];
                weights = cell_weights(problem_, cell);
            }
            if (!minus_right) weights.target = 0;
            // What lies beyond the end has no weight, so that it may be any row.
            const int count = static_cast<int>(end - base < warp_size * stride ? end - base : warp_size * stride);
            for (int n = 0; n * stride < count; n += at_once) {
                float y[at_once][parts];
                float products[at_once];
#pragma unroll
                for (int c = 0; c < at_once; ++c) load(__shfl_sync(whole_warp, row, n + c), y[c]);
#pragma unroll
                for (int c = 0; c < at_once; ++c) {
                    products[c] = 0;
#pragma unroll
                    for (int j = 0; j < parts; ++j) products[c] = fmaf(y[c][j], own[j], products[c]);
                }
                const float product = transposed_warp_sum(products);
                const int mine = n + lane_of_warp() / lanes_per_cell;
                const float weight = __shfl_sync(whole_warp, weights.weight, mine);
                const float pull = fmaf(weight, product, -__shfl_sync(whole_warp, weights.target, mine));
#pragma unroll
                for (int c = 0; c < at_once; ++c) {
                    const float its_pull = __shfl_sync(whole_warp, pull, c * lanes_per_cell);
#pragma unroll
                    for (int j = 0; j < parts; ++j) sum[j] = fmaf(its_pull, y[c][j], sum[j]);
                }
            }
        }
#pragma unroll
        for (int j = 0; j < parts; j += run) {
            Run<float> left;
#pragma unroll
            for (int i = 0; i < run; ++i) left.number[i] = scale_ * sum[j + i];
            *reinterpret_cast<Run<float>*>(to + number(j)) = left;
        }
    }

private:
    /// Which number of a row is this lane's number j.
    __device__ static int number(int j) {
        return j / run * (run * warp_size) + lane_of_warp() * run + j % run;
    }

    template <class T>
    struct alignas(run * sizeof(T)) Run {
        T number[run];
    };

    /// This lane's numbers of a padded row, without the scale of halves.
    __device__ void load(std::int32_t row, float (&y)[parts]) const {
        const std::int64_t from = row * problem_.pitch;
#pragma unroll
        for (int j = 0; j < parts; j += run) {
            if constexpr (mixed) {
                const auto taken = *reinterpret_cast<const Run<__half>*>(problem_.halves + from + number(j));
#pragma unroll
                for (int i = 0; i < run; ++i) y[j + i] = __half2float(taken.number[i]);
            } else {
                const auto taken = *reinterpret_cast<const Run<float>*>(problem_.fixed + from + number(j));
#pragma unroll
                for (int i = 0; i < run; ++i) y[j + i] = taken.number[i];
            }
        }
    }

    const AlsProblem& problem_;
    float scale_ = 1;
};

/// The vectors of `rows` systems that a block iterates on.
template <int width, int rows>
struct CgVectors {
    using Vector = float[rows][width];
    static constexpr int groups = width < cg_threads ? cg_threads / width : 1;

    alignas(16) Vector solution;
    alignas(16) Vector direction;
    Vector residual;
    Vector image;          ///< A times the solution minus b, then A times the direction
    Vector dense[groups];  ///< shares of the Gram matrix times a vector
    float rest[rows];      ///< residual . residual
    float length[rows];    ///< of the step along the direction
    float ratio[rows];     ///< new rest / old rest

    template <class Visit>
    __device__ static void for_each_number(const Visit& visit) {
        for (int e = thread_of_block(); e < rows * width; e += cg_threads) visit(e / width, e % width);
    }

    /// dense = G v in shares of columns, which the caller adds after a barrier. The Gram matrix is read once for all
    /// rows; v is zero beyond the last factor.
    __device__ void multiply_gram(const AlsProblem& problem, const Vector& v) {
        constexpr int step = 4;
        const int d = problem.factors();
        const int group = thread_of_block() / width;
        for (int i = thread_of_block() % width; i < width; i += cg_threads) {
            float sum[rows] = {};
#pragma unroll 1
            for (int k = step * group; k < (i < d ? d : 0); k += step * groups) {
                float g[step];
#pragma unroll
                for (int q = 0; q < step; ++q) g[q] = k + q < d ? problem.gram.row(k + q)[i] : 0.0F;
#pragma unroll
                for (int r = 0; r < rows; ++r) {
                    const float4 four = *reinterpret_cast<const float4*>(&v[r][k]);
                    sum[r] = fmaf(g[3], four.w, fmaf(g[2], four.z, fmaf(g[1], four.y, fmaf(g[0], four.x, sum[r]))));
                }
            }
#pragma unroll
            for (int r = 0; r < rows; ++r) dense[group][r][i] = sum[r];
        }
    }

    /// (background G v + ridge v)_i of a row, of the shares that multiply_gram() has left.
    __device__ float dense_part(const AlsProblem& problem, float ridge, const Vector& v, int r, int i) const {
        float sum = 0;
#pragma unroll
        for (int group = 0; group < groups; ++group) sum += dense[group][r][i];
        return fmaf(problem.background, sum, ridge * v[r][i]);
    }

    /// The first residual and direction, of the image of the solution. All threads call it after a barrier; ends with
    /// one.
    __device__ void begin() {
        for_each_number([&](int r, int i) { direction[r][i] = residual[r][i] = -image[r][i]; });
        __syncthreads();
        per_row([&](int r) {
            const float now = dot(residual[r], residual[r]);
            if (lane_of_warp() == 0) rest[r] = now;
        });
        __syncthreads();
    }

    /// One step of all rows, of the image of the direction; a row that is solved already stays where it is. As begin().
    __device__ void advance() {
        per_row([&](int r) {
            const float curvature = dot(direction[r], image[r]);
            if (lane_of_warp() == 0) length[r] = curvature > 0 ? rest[r] / curvature : 0.0F;
        });
        __syncthreads();
        for_each_number([&](int r, int i) {
            solution[r][i] = fmaf(length[r], direction[r][i], solution[r][i]);
            residual[r][i] = fmaf(-length[r], image[r][i], residual[r][i]);
        });
        __syncthreads();
        per_row([&](int r) {
            const float now = dot(residual[r], residual[r]);
            if (lane_of_warp() == 0) {
                ratio[r] = rest[r] > 0 ? now / rest[r] : 0.0F;
                rest[r] = now;
            }
        });
        __syncthreads();
        for_each_number([&](int r, int i) { direction[r][i] = fmaf(ratio[r], direction[r][i], residual[r][i]); });
        __syncthreads();
    }

private:
    /// A warp for each row.
    template <class Visit>
    __device__ static void per_row(const Visit& visit) {
        static_assert(rows <= cg_warps);
        if (warp_of_block() < rows) visit(warp_of_block());
    }

    /// a.b; the whole warp calls it.
    __device__ static float dot(const float* a, const float* b) {
        float sum = 0;
        for (int i = lane_of_warp(); i < width; i += warp_size) sum = fmaf(a[i], b[i], sum);
        return warp_sum(sum);
    }
};

}  // namespace crosslift::cuda
