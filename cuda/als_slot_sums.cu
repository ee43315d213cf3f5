// The sums of a row's piece: its whole matrix by one block where it is small enough, else tile by tile. In 32-bit
// floats, or in 16 bits by tensor cores.
#include "cuda/als_row_kinds.cuh"
#include "cuda/als_slots.cuh"
#include "cuda/tile.cuh"

namespace crosslift::cuda {
namespace {

using Sums = Tile<64, 64>;
constexpr int threads = 256;
static_assert(threads == Sums::threads);

/// Block (t, p): tile t of the lower triangle of sum w y y' over piece p; tiles on the diagonal also sum t y.
__global__ void __launch_bounds__(threads) als_sums_kernel(AlsProblem problem, Window window, Batch batch) {
    auto& s = shared<Sums::Shared>();
    const TriangleTile tile = triangle_tile(static_cast<int>(blockIdx.x));
    const Piece piece = piece_of(problem, batch, blockIdx.y);
    float* matrix = slot_of(batch, blockIdx.y);
    const int row0 = tile.row * Sums::rows;
    const int col0 = tile.col * Sums::cols;
    const int cells = static_cast<int>(piece.end - piece.begin);
    const auto factor = [&](int k, int col) {
        if (k >= cells || col >= problem.width) return 0.0F;
        return problem.fixed[problem.rows.indices[piece.begin + k] * problem.pitch + window.place + col];
    };
    const auto weighted = [&](int k, int i) {
        const float y = factor(k, row0 + i);
        return y == 0.0F ? 0.0F : cell_weights(problem, piece.begin + k).weight * y;
    };
    Sums::Sum sum = {};
    Sums::multiply<Sums::Walk::tile, Sums::Walk::tile>(s, sum, cells, weighted,
                                                       [&](int k, int j) { return factor(k, col0 + j); });
    const float ridge = piece.is_first ? problem.ridge[piece.row] : 0.0F;
    for (int i = 0; i < Sums::patch; ++i)
        for (int j = 0; j < Sums::patch; ++j) {
            const int row = row0 + Sums::row(i);
            const int col = col0 + Sums::col(j);
            const float dense = piece.is_first ? dense_part(problem, window, ridge, row, col) : 0.0F;
            matrix[static_cast<std::int64_t>(row) * batch.size + col] = sum[i][j] + dense;
        }
    if (tile.row != tile.col || thread_of_block() >= Sums::cols) return;
    float pull = 0;
    for (int k = 0; k < cells; ++k) {
        const std::int64_t cell = piece.begin + k;
        const CellWeights weights = cell_weights(problem, cell);
        pull = fmaf(rest_of(batch, piece, cell, weights.weight, weights.target), factor(k, col0 + thread_of_block()),
                    pull);
    }
    matrix[static_cast<std::int64_t>(batch.size) * batch.size + col0 + thread_of_block()] = pull;
}

/// A tile of side x side by eight warps, four down and two across. Both slabs of features are gathered side by side.
template <int side>
struct MixedTile {
    static constexpr int features = 2 * side;
    static constexpr int warp_rows = side / 4;
    static constexpr int warp_cols = side / 2;
    static constexpr int down = warp_rows / tensor_tile;
    static constexpr int across = warp_cols / tensor_tile;
    using Gather = HalfGather<features, threads>;
    using Sum = float[down][across][2][4];

    struct Shared {
        union {
            HalfStages<features> gathered;
            float partial[Gather::partial_size];
        };
        float right[features];
        float warp_largest[threads / warp_size];
    };

    __device__ static int first_row() { return warp_of_block() / 2 * warp_rows; }
    __device__ static int first_col() { return warp_of_block() % 2 * warp_cols; }

    __device__ static void multiply(Sum& sum, const __half (&rows)[half_stage][features + half_chunk]) {
#pragma unroll
        for (int cell = 0; cell < half_stage; cell += tensor_tile) {
            std::uint32_t left[down][4];
#pragma unroll
            for (int i = 0; i < down; ++i) load_fragment<features>(left[i], rows, cell, first_row() + i * tensor_tile);
#pragma unroll
            for (int j = 0; j < across; ++j) {
                std::uint32_t right[4];
                load_fragment<features>(right, rows, cell, side + first_col() + j * tensor_tile);
#pragma unroll
                for (int i = 0; i < down; ++i) add_tile(sum[i][j], left[i], right);
            }
        }
    }
};

/// The same as als_sums_kernel.
template <int side>
__global__ void __launch_bounds__(threads, large_blocks)
    als_mixed_sums_kernel(AlsProblem problem, Window window, Batch batch) {
    using T = MixedTile<side>;
    auto& s = shared<typename T::Shared>();
    const TriangleTile tile = triangle_tile(static_cast<int>(blockIdx.x));
    const Piece piece = piece_of(problem, batch, blockIdx.y);
    float* matrix = slot_of(batch, blockIdx.y);
    const int row0 = tile.row * side;
    const int col0 = tile.col * side;
    const float largest = largest_weight(problem, piece.begin, piece.end, s.warp_largest);
    const float scale = *problem.half_scale;
    typename T::Sum sum = {};
    typename T::Gather gather(problem, s.gathered, piece.begin, piece.end, largest);
    gather.run(
        [&](int feature) {
            const int col = feature < side ? row0 + feature : col0 + feature - side;
            return col < problem.width ? window.place + col : -1;
        },
        [&](std::int64_t cell, const CellWeights& weights) {
            return rest_of(batch, piece, cell, weights.weight, weights.target);
        },
        [&](const auto& rows) { T::multiply(sum, rows); });
    const float unit = largest * scale * scale;
    const float ridge = piece.is_first ? problem.ridge[piece.row] : 0.0F;
#pragma unroll
    for (int i = 0; i < T::down; ++i)
#pragma unroll
        for (int j = 0; j < T::across; ++j)
            for_each_of_tile(sum[i][j], [&](int down, int across, float number) {
                const int row = row0 + T::first_row() + i * tensor_tile + down;
                const int col = col0 + T::first_col() + j * tensor_tile + across;
                const float dense = piece.is_first ? dense_part(problem, window, ridge, row, col) : 0.0F;
                matrix[static_cast<std::int64_t>(row) * batch.size + col] = unit * number + dense;
            });
    if (tile.row != tile.col) return;
    gather.reduce_pull(s.partial, s.right);
    if (thread_of_block() < side)
        matrix[static_cast<std::int64_t>(batch.size) * batch.size + col0 + thread_of_block()] =
            scale * s.right[thread_of_block()];
}

/// Piece blockIdx.x as a whole, in the way of als_solve_fused.cu. Sums is StrictSums<d> or MixedSums<d>.
template <int d, template <int> class RowSums>
__global__ void __launch_bounds__(RowShape<d>::threads, RowShape<d>::blocks)
    als_piece_sums_kernel(AlsProblem problem, Window window, Batch batch) {
    using Shared = typename RowSums<d>::Shared;
    auto& s = shared<Shared>();
    const Piece piece = piece_of(problem, batch, blockIdx.x);
    RowSystem<d, Shared> system(s);
    typename RowShape<d>::Patch left;
    RowSums<d>(problem, s, window.place, piece.begin, piece.end)
        .run(system, left, [&](std::int64_t cell, const CellWeights& weights) {
            return rest_of(batch, piece, cell, weights.weight, weights.target);
        });
    if (piece.is_first) system.add_dense_part(problem, window, problem.ridge[piece.row], left);
    float* matrix = slot_of(batch, blockIdx.x);
    if (system.is_owner()) {
#pragma unroll
        for (int i = 0; i < RowShape<d>::patch; ++i) {
            int row = system.first_row() + i;
            hide_origin(row);
#pragma unroll
            for (int j = 0; j < RowShape<d>::patch; ++j)
                if (system.first_col() + j <= row) matrix[row * d + system.first_col() + j] = left[i][j];
        }
    }
    for (int i = thread_of_block(); i < d; i += RowShape<d>::threads) matrix[d * d + i] = s.right[i];
}

constexpr int mixed_side = 2 * Sums::rows;

}  // namespace

int slot_size(const AlsProblem& problem) {
    if (problem.width <= most_fused_factors) return problem.width;
    const int tile = problem.mixed() ? mixed_side : Sums::rows;
    return (problem.width + tile - 1) / tile * tile;
}

void sum_slots(LaneState& lane, const AlsProblem& problem, const Window& window, const Batch& batch) {
    if (problem.width <= most_fused_factors) {
        with_row_sums(problem, [&]<int d, template <int> class RowSums>() {
            launch("als_piece_sums", als_piece_sums_kernel<d, RowSums>,
                   {static_cast<unsigned>(batch.piece_count), RowShape<d>::threads, sizeof(typename RowSums<d>::Shared),
                    lane.stream()},
                   problem, window, batch);
        });
        return;
    }
    const int across = batch.size / (problem.mixed() ? mixed_side : Sums::rows);
    const dim3 grid(static_cast<unsigned>(across * (across + 1) / 2), static_cast<unsigned>(batch.piece_count));
    if (problem.mixed())
        launch("als_mixed_sums", als_mixed_sums_kernel<mixed_side>,
               {grid, threads, sizeof(typename MixedTile<mixed_side>::Shared), lane.stream()}, problem, window, batch);
    else
        launch("als_sums", als_sums_kernel, {grid, threads, sizeof(Sums::Shared), lane.stream()}, problem, window,
               batch);
}

}  // namespace crosslift::cuda
