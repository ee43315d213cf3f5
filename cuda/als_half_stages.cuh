// Gathers a row's cells in 16 bits, weighs them by sqrt(w), and multiplies what lies in shared memory by tensor cores.
#pragma once

#include "cuda/als_cells.cuh"
#include "cuda/intrinsics.cuh"

namespace crosslift::cuda {

constexpr int half_stage = 32;   ///< gathered cells of a slot
constexpr int half_stages = 3;   ///< slots: one is multiplied while two are filled
constexpr int half_chunk = 8;    ///< numbers of one copy
constexpr int tensor_tile = 16;  ///< features and cells of one fragment

/// Gathered cells, `features` numbers each; the padding spreads the rows of a fragment over all banks.
template <int features>
struct HalfStages {
    alignas(16) __half rows[half_stages][half_stage][features + half_chunk];
};

/// Fragment of 16 features x 16 cells: as the left operand of a product as it is, as the right one in two halves of
/// eight features, {0, 2} and {1, 3}. The whole warp calls it.
template <int features>
__device__ void load_fragment(std::uint32_t (&fragment)[4], const __half (&rows)[half_stage][features + half_chunk],
                              int first_cell, int first_feature) {
    const int lane = lane_of_warp();
    load_matrices_transposed(fragment,
                             &rows[first_cell + lane / 16 * 8 + lane % 8][first_feature + lane / 8 % 2 * half_chunk]);
}

/// sum += left right' over the cells of two fragments, a tile of 16 x 16.
__device__ inline void add_tile(float (&sum)[2][4], const std::uint32_t (&left)[4], const std::uint32_t (&right)[4]) {
    multiply_add_16x8x16(sum[0], left, right[0], right[2]);
    multiply_add_16x8x16(sum[1], left, right[1], right[3]);
}

/// visit(row, col, number) for what this lane holds of a tile of 16 x 16.
template <class Visit>
__device__ void for_each_of_tile(const float (&sum)[2][4], const Visit& visit) {
    int lane = lane_of_warp();
    hide_origin(lane);
    const int row = lane / 4;
    const int col = lane % 4 * 2;
#pragma unroll
    for (int half = 0; half < 2; ++half)
#pragma unroll
        for (int i = 0; i < 4; ++i) visit(row + i / 2 * 8, half * 8 + col + i % 2, sum[half][i]);
}

/// The largest weight of cells begin .. end, in every thread; 1 where all are lost to zero. Ends with a barrier;
/// `shared` has a number per warp.
__device__ inline float largest_weight(const AlsProblem& problem, std::int64_t begin, std::int64_t end, float* shared) {
    if (problem.rows.values == nullptr) return formulas::als_weight(problem.alpha, 1.0F);
    float largest = 0;
    for (std::int64_t cell = begin + thread_of_block(); cell < end; cell += threads_in_block())
        largest = fmaxf(largest, problem.rows.values[cell]);
    for (int step = warp_size / 2; step > 0; step /= 2)
        largest = fmaxf(largest, __shfl_xor_sync(whole_warp, largest, step));
    if (lane_of_warp() == 0) shared[warp_of_block()] = largest;
    __syncthreads();
    for (int warp = 0; warp < threads_in_block() / warp_size; ++warp) largest = fmaxf(largest, shared[warp]);
    largest = formulas::als_weight(problem.alpha, largest);
    return largest > 0 ? largest : 1.0F;
}

/// The pipeline through HalfStages. Its numbers are in units of the scale of the halves, and of the square root of the
/// largest weight, so that neither extreme factors nor extreme weights leave the range of 16 bits.
template <int features, int threads>
class HalfGather {
    static constexpr int chunks = features / half_chunk;  // of a cell
    static constexpr int loads = (half_stage * chunks + threads - 1) / threads;
    static_assert(threads % chunks == 0, "a thread always copies the same features");

public:
    __device__ HalfGather(const AlsProblem& problem, HalfStages<features>& stages, std::int64_t begin, std::int64_t end,
                          float largest)
        : problem_(problem), s_(stages), begin_(begin), end_(end), largest_(largest) {}

    /// Calls multiply(rows) for all stages in their order, and sums target(cell, weights) * y on the way. place(i) says
    /// where in a padded row feature i lies, for multiples of half_chunk; -1: it is zero. All threads of the block call
    /// it after a barrier; ends with one.
    template <class Place, class Target, class Multiply>
    __device__ void run(const Place& place, const Target& target, const Multiply& multiply) {
        const int from = place(own_feature());
        for (int slot = 0; slot + 1 < half_stages; ++slot) fetch(begin_ + slot * half_stage, slot, from);
        int slot = 0;
        for (std::int64_t first = begin_; first < end_; first += half_stage) {
            copy_wait<half_stages - 2>();
            weigh(first, slot, target);
            __syncthreads();  // this slot is weighed, and nobody multiplies the one before it any more
            fetch(first + (half_stages - 1) * half_stage, (slot + half_stages - 1) % half_stages, from);
            multiply(s_.rows[slot]);
            slot = (slot + 1) % half_stages;
        }
        copy_wait<0>();
        __syncthreads();
    }

    /// The first of the eight features that this thread copies.
    __device__ static int own_feature() { return thread_of_block() % chunks * half_chunk; }

    /// Leaves the sums of target * y, without the scale of the halves, at right[0 .. features); `partial` has
    /// threads / chunks rows of `features` numbers. All threads call it; begins and ends with a barrier.
    __device__ void reduce_pull(float* partial, float* right) const {
        __syncthreads();
        float* own = partial + thread_of_block() / chunks * features + own_feature();
#pragma unroll
        for (int i = 0; i < half_chunk; ++i) own[i] = pull_[i];
        __syncthreads();
        for (int i = thread_of_block(); i < features; i += threads) {
            float sum = 0;
            for (int row = 0; row < threads / chunks; ++row) sum += partial[row * features + i];
            right[i] = sum;
        }
        __syncthreads();
    }
    static constexpr int partial_size = threads / chunks * features;

private:
    /// visit(cell of the stage) for the chunks that this thread copies, `at_once` of them interleaved.
    template <int at_once, class Visit>
    __device__ static void for_each_own_cell(const Visit& visit) {
#pragma unroll at_once
        for (int i = 0; i < loads; ++i) {
            const int e = thread_of_block() + i * threads;
            if (e < half_stage * chunks) visit(e / chunks);
        }
    }

    __device__ void fetch(std::int64_t first, int slot, int from) {
        for_each_own_cell<loads>([&](int k) {
            __half* to = &s_.rows[slot][k][own_feature()];
            if (from >= 0 && first + k < end_)
                copy_async16(to, problem_.halves + problem_.rows.indices[first + k] * problem_.pitch + from);
            else
                for (int j = 0; j < half_chunk; ++j) to[j] = __float2half_rn(0.0F);
        });
        copy_commit();
    }

    /// Multiplies this thread's own chunks of a slot, which nobody else has seen yet, by sqrt(w).
    template <class Target>
    __device__ void weigh(std::int64_t first, int slot, const Target& target) {
        for_each_own_cell<1>([&](int k) {
            if (first + k >= end_) return;
            const CellWeights weights = cell_weights(problem_, first + k);
            const float root = sqrtf(weights.weight / largest_);
            const float own_target = target(first + k, weights);
            auto* chunk = reinterpret_cast<Chunk*>(&s_.rows[slot][k][own_feature()]);
            Chunk numbers = *chunk;
#pragma unroll
            for (int j = 0; j < half_chunk / 2; ++j) {
                const float2 y = __half22float2(numbers.pair[j]);
                pull_[2 * j] = fmaf(own_target, y.x, pull_[2 * j]);
                pull_[2 * j + 1] = fmaf(own_target, y.y, pull_[2 * j + 1]);
                numbers.pair[j] = __floats2half2_rn(root * y.x, root * y.y);
            }
            *chunk = numbers;
        });
    }

    struct alignas(16) Chunk {
        __half2 pair[half_chunk / 2];
    };

    const AlsProblem& problem_;
    HalfStages<features>& s_;
    std::int64_t begin_;
    std::int64_t end_;
    float largest_;
    float pull_[half_chunk] = {};
};

}  // namespace crosslift::cuda
