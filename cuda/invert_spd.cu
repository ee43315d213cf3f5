#include "cuda/cuda_backend.hpp"
#include "cuda/multiply.hpp"
#include "cuda/scratch_sizes.hpp"
#include "cuda/threads.cuh"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cstring>
#include <string>

namespace crosslift::cuda {
namespace {

constexpr int smallest = 64;                // inverted by one block, number by number
constexpr std::int64_t large_block = 512;   // block of the outer sweeps; its pivot is swept in blocks of `smallest`
constexpr std::int64_t stripe_cols = 2048;  // the lower triangle is updated in column stripes of this width
constexpr int threads = 256;

/// The first pivot that was not positive; number -1 while there is none.
struct BadPivot {
    std::int64_t number;
    double value;
};

struct SmallShared {
    double matrix[smallest][smallest + 1];
    double column[smallest];
};

__global__ void clear_bad_pivot_kernel(BadPivot* bad) {
    *bad = {-1, 0};
}

/// Replaces a matrix of at most `smallest` rows, given by its lower triangle, by its inverse, both triangles: sweeps
/// pivot by pivot in double precision.
__global__ void __launch_bounds__(threads)
    invert_small_kernel(backend::DenseSpan matrix, std::int64_t first_pivot, BadPivot* bad) {
    auto& s = shared<SmallShared>();
    const int n = static_cast<int>(matrix.rows);
    for (int e = thread_of_block(); e < n * n; e += threads) {
        const int row = e / n;
        const int col = e % n;
        const std::int64_t at = row >= col ? row * matrix.stride + col : col * matrix.stride + row;
        s.matrix[row][col] = static_cast<double>(matrix.data[at]);
    }
    __syncthreads();
    for (int k = 0; k < n; ++k) {
        const double pivot = s.matrix[k][k];
        const bool good = pivot > 0 && pivot <= 1.7e308;
        if (!good && thread_of_block() == 0 && bad->number < 0) *bad = {first_pivot + k, pivot};
        const double inverse = good ? 1 / pivot : 0;
        for (int i = thread_of_block(); i < n; i += threads) s.column[i] = s.matrix[i][k];
        __syncthreads();
        for (int e = thread_of_block(); e < n * n; e += threads) {
            const int row = e / n;
            const int col = e % n;
            double& number = s.matrix[row][col];
            if (row == k && col == k)
                number = -inverse;
            else if (row == k)
                number = s.column[col] * inverse;
            else if (col == k)
                number = s.column[row] * inverse;
            else
                number -= s.column[row] * inverse * s.column[col];
        }
        __syncthreads();
    }
    for (int e = thread_of_block(); e < n * n; e += threads)
        matrix.data[e / n * matrix.stride + e % n] = static_cast<float>(-s.matrix[e / n][e % n]);
}

/// column = block column `first` of the whole symmetric matrix, and pivot = its rows first .. first + width.
__global__ void __launch_bounds__(threads)
    take_column_kernel(backend::DenseSpan matrix, std::int64_t first, backend::DenseSpan column, float* pivot) {
    for (std::int64_t e = thread_of_grid(); e < column.rows * column.cols; e += threads_in_grid()) {
        const std::int64_t row = e / column.cols;
        const std::int64_t j = e % column.cols;
        const std::int64_t col = first + j;
        const float number = row >= col ? matrix.row(row)[col] : matrix.row(col)[row];
        column.row(row)[j] = number;
        if (row >= first && row < first + column.cols) pivot[(row - first) * column.cols + j] = number;
    }
}

/// Writes a block column back where it lies in the lower triangle, and minus the inverted pivot on the diagonal.
__global__ void __launch_bounds__(threads)
    put_column_kernel(backend::DenseSpan matrix, std::int64_t first, backend::DenseSpan column, const float* pivot) {
    for (std::int64_t e = thread_of_grid(); e < column.rows * column.cols; e += threads_in_grid()) {
        const std::int64_t row = e / column.cols;
        const std::int64_t j = e % column.cols;
        const std::int64_t col = first + j;
        if (row >= first && row < first + column.cols) {
            if (row >= col) matrix.row(row)[col] = -pivot[(row - first) * column.cols + j];
        } else if (row >= col) {
            matrix.row(row)[col] = column.row(row)[j];
        } else {
            matrix.row(col)[row] = column.row(row)[j];
        }
    }
}

struct MirrorShared {
    float tile[warp_size][warp_size + 1];
};

/// matrix = -matrix, the upper triangle taken from the lower one; a block per tile on or below the diagonal.
__global__ void __launch_bounds__(threads) negate_and_mirror_kernel(backend::DenseSpan matrix) {
    if (blockIdx.x > blockIdx.y) return;
    auto& s = shared<MirrorShared>();
    const std::int64_t row0 = static_cast<std::int64_t>(blockIdx.y) * warp_size;
    const std::int64_t col0 = static_cast<std::int64_t>(blockIdx.x) * warp_size;
    for (int i = warp_of_block(); i < warp_size; i += threads / warp_size) {
        const int j = lane_of_warp();
        if (row0 + i >= matrix.rows || col0 + j > row0 + i) continue;
        const float number = -matrix.row(row0 + i)[col0 + j];
        matrix.row(row0 + i)[col0 + j] = number;
        s.tile[i][j] = number;
    }
    __syncthreads();
    for (int j = warp_of_block(); j < warp_size; j += threads / warp_size) {
        const int i = lane_of_warp();
        if (row0 + i < matrix.rows && col0 + j < row0 + i) matrix.row(col0 + j)[row0 + i] = s.tile[i][j];
    }
}

/// Blocked Gauss-Jordan by symmetric sweeps (Goodnight 1979), in place on the lower triangle, as src/cpu/invert_spd.cpp
/// does it: after the sweep of a block k with P = M_kk^-1, W = M_:k and T = W P, all other blocks are M - T W', column
/// k is T, and M_kk is -P. When all blocks are swept the matrix is minus its inverse.
class Sweeps {
public:
    Sweeps(LaneState& lane, const std::stop_token& stop)
        : lane_(lane), stop_(stop), scratch_(lane.pool(), lane.stream()) {
        bad_ = scratch_.take<BadPivot>(1);
        launch("clear_bad_pivot", clear_bad_pivot_kernel, {1, 1, 0, lane_.stream()}, bad_);
    }

    /// Leaves both triangles filled. Waits after each large block.
    void run(backend::DenseSpan matrix) {
        invert(matrix, 0, matrix.rows > large_block ? large_block : smallest);
        check_pivots();
    }

private:
    void invert(backend::DenseSpan matrix, std::int64_t first_pivot, std::int64_t block) {
        const std::int64_t n = matrix.rows;
        if (n <= smallest) {
            launch("invert_small", invert_small_kernel, {1, threads, sizeof(SmallShared), lane_.stream()}, matrix,
                   first_pivot, bad_);
            return;
        }
        Scratch scratch(lane_.pool(), lane_.stream());
        auto* pivot = scratch.take<float>(block * block);
        auto* column = scratch.take<float>(n * block);
        auto* product = scratch.take<float>(n * block);
        for (std::int64_t first = 0; first < n; first += block) {
            const std::int64_t width = std::min(block, n - first);
            sweep(matrix, first_pivot, first, {pivot, width, width, width}, {column, n, width, width},
                  {product, n, width, width});
            if (block == large_block) check_pivots();
        }
        const unsigned tiles = blocks_for(n, warp_size);
        launch("negate_and_mirror", negate_and_mirror_kernel,
               {dim3(tiles, tiles), threads, sizeof(MirrorShared), lane_.stream()}, matrix);
    }

    void sweep(backend::DenseSpan matrix, std::int64_t first_pivot, std::int64_t first, backend::DenseSpan pivot,
               backend::DenseSpan column, backend::DenseSpan product) {
        const Grid grid = {blocks_for(column.rows * column.cols, threads, 65536), threads, 0, lane_.stream()};
        launch("take_column", take_column_kernel, grid, matrix, first, column, pivot.data);
        invert(pivot, first_pivot + first, smallest);
        multiply(lane_, 1, column, false, pivot, false, 0, product);
        for (std::int64_t col = 0; col < matrix.rows; col += stripe_cols) {
            const std::int64_t below = matrix.rows - col;
            const std::int64_t cols = std::min(stripe_cols, below);
            const backend::DenseView left = {product.row(col), below, product.cols, product.stride};
            const backend::DenseView right = {column.row(col), cols, column.cols, column.stride};
            multiply(lane_, -1, left, false, right, true, 1, {matrix.row(col) + col, below, cols, matrix.stride});
        }
        launch("put_column", put_column_kernel, grid, matrix, first, product, pivot.data);
    }

    void check_pivots() {
        auto* bad = static_cast<BadPivot*>(lane_.pinned(sizeof(BadPivot)));
        lane_.copy_out(bad, bad_, sizeof(BadPivot));
        if (bad->number >= 0)
            throw InvalidArgument("the matrix is not positive definite: pivot " + std::to_string(bad->number) + " is " +
                                  std::to_string(bad->value) + "; add more to its diagonal (a larger regularization)");
        if (stop_.stop_requested()) throw Stopped("the inversion was stopped before it was done");
    }

    LaneState& lane_;
    const std::stop_token& stop_;
    Scratch scratch_;
    BadPivot* bad_;
};

}  // namespace

std::int64_t invert_spd_scratch(std::int64_t size) {
    // Two block columns and a pivot, at both levels of blocks.
    const std::int64_t outer = (2 * size + large_block) * large_block;
    const std::int64_t inner = (2 * large_block + smallest) * smallest;
    return blas_bytes + static_cast<std::int64_t>(sizeof(float)) * (outer + inner);
}

void CudaBackend::invert_spd(backend::Lane& lane, backend::DenseSpan matrix, std::stop_token stop) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    check_shape(matrix, matrix.rows, matrix.rows, "the matrix to invert");
    if (stop.stop_requested()) throw Stopped("the inversion was stopped before it began");
    if (matrix.rows == 0) return;
    Sweeps(own, stop).run(matrix);
}

}  // namespace crosslift::cuda
