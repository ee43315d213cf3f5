// The answer for a k beyond what one block can keep: the keys of all items of a few queries, sorted in device memory by
// a bitonic network whose short steps run in shared memory.
#include "cuda/score.cuh"
#include "cuda/top_k.hpp"

#include <algorithm>
#include <bit>

namespace crosslift::cuda {
namespace {

using Product = Tile<64, 64>;
constexpr int threads = Product::threads;
constexpr int run_length = 2048;  // keys that one block sorts in shared memory
constexpr std::int64_t key_bytes = std::int64_t{512} << 20;

struct RunShared {
    Key keys[run_length];
};

/// keys[q][i] of items i < padded; no_key where an item may not be offered or there is none.
__global__ void __launch_bounds__(threads)
    score_keys_kernel(TopKProblem problem, std::int64_t first, std::int64_t count, std::int64_t padded, Key* keys) {
    auto& s = shared<Product::Shared>();
    const std::int64_t item0 = static_cast<std::int64_t>(blockIdx.x) * Product::rows;
    const std::int64_t query0 = static_cast<std::int64_t>(blockIdx.y) * Product::cols;
    Product::Sum sum = {};
    score_tile<Product>(s, sum, problem, item0, first + query0, first + count);
    for (int i = 0; i < Product::patch; ++i)
        for (int j = 0; j < Product::patch; ++j) {
            const std::int64_t item = item0 + Product::row(i);
            const std::int64_t query = query0 + Product::col(j);
            if (item >= padded || query >= count) continue;
            const bool exists = item < problem.items.factors.rows;
            const std::int32_t row = exists ? row_at(problem, item) : -1;
            const bool offered = exists && may_offer(problem, first + query, row);
            keys[query * padded + item] = offered ? make_key(with_bias(problem, item, sum[i][j]), row) : no_key;
        }
}

/// Sorts each run of `run_length` keys, every second one downwards. blockIdx.y counts queries.
__global__ void __launch_bounds__(threads) sort_runs_kernel(Key* keys, std::int64_t padded) {
    auto& s = shared<RunShared>();
    Key* run = keys + blockIdx.y * padded + static_cast<std::int64_t>(blockIdx.x) * run_length;
    for (int i = thread_of_block(); i < run_length; i += threads) s.keys[i] = run[i];
    __syncthreads();
    sort_keys(s.keys, run_length);
    const bool down = blockIdx.x % 2 == 1;
    for (int i = thread_of_block(); i < run_length; i += threads) run[i] = s.keys[down ? run_length - 1 - i : i];
}

/// One step of the network between keys `step` apart, in bitonic runs of `length`.
__global__ void __launch_bounds__(threads)
    step_kernel(Key* keys, std::int64_t padded, std::int64_t length, std::int64_t step) {
    Key* own = keys + blockIdx.y * padded;
    for (std::int64_t i = thread_of_grid(); i < padded / 2; i += threads_in_grid()) {
        const std::int64_t low = 2 * i - (i & (step - 1));
        order_keys(own[low], own[low + step], (low & length) == 0);
    }
}

/// All steps below `run_length` of bitonic runs of `length`.
__global__ void __launch_bounds__(threads) short_steps_kernel(Key* keys, std::int64_t padded, std::int64_t length) {
    auto& s = shared<RunShared>();
    const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * run_length;
    Key* run = keys + blockIdx.y * padded + begin;
    for (int i = thread_of_block(); i < run_length; i += threads) s.keys[i] = run[i];
    __syncthreads();
    const bool up = (begin & length) == 0;
    for (int step = run_length / 2; step > 0; step /= 2) {
        for (int i = thread_of_block(); i < run_length / 2; i += threads) {
            const int low = 2 * i - (i & (step - 1));
            order_keys(s.keys[low], s.keys[low + step], up);
        }
        __syncthreads();
    }
    for (int i = thread_of_block(); i < run_length; i += threads) run[i] = s.keys[i];
}

__global__ void __launch_bounds__(threads)
    copy_best_kernel(const Key* keys, std::int64_t padded, std::int64_t count, int k, Key* best) {
    for (std::int64_t e = thread_of_grid(); e < count * k; e += threads_in_grid())
        best[e] = keys[e / k * padded + e % k];
}

void sort_rows(LaneState& lane, Key* keys, std::int64_t padded, std::int64_t count) {
    const auto rows = static_cast<unsigned>(count);
    const Grid runs = {dim3(static_cast<unsigned>(padded / run_length), rows), threads, sizeof(RunShared),
                       lane.stream()};
    launch("sort_runs", sort_runs_kernel, runs, keys, padded);
    for (std::int64_t length = 2 * run_length; length <= padded; length *= 2) {
        for (std::int64_t step = length / 2; step >= run_length; step /= 2)
            launch("sort_step", step_kernel,
                   {dim3(blocks_for(padded / 2, threads, 4096), rows), threads, 0, lane.stream()}, keys, padded, length,
                   step);
        launch("sort_short_steps", short_steps_kernel, runs, keys, padded, length);
    }
}

}  // namespace

void sort_all(LaneState& lane, const TopKProblem& problem, std::int64_t first, std::int64_t count, Key* best) {
    const auto items = static_cast<std::uint64_t>(problem.items.factors.rows);
    const auto padded = std::max<std::int64_t>(run_length, static_cast<std::int64_t>(std::bit_ceil(items)));
    const std::int64_t at_once =
        std::clamp<std::int64_t>(key_bytes / (padded * static_cast<std::int64_t>(sizeof(Key))), 1, count);
    Scratch scratch(lane.pool(), lane.stream());
    auto* keys = scratch.take<Key>(at_once * padded);
    for (std::int64_t done = 0; done < count; done += at_once) {
        const std::int64_t queries = std::min(at_once, count - done);
        launch("score_keys", score_keys_kernel,
               {dim3(blocks_for(padded, Product::rows), blocks_for(queries, Product::cols)), threads,
                sizeof(Product::Shared), lane.stream()},
               problem, first + done, queries, padded, keys);
        sort_rows(lane, keys, padded, queries);
        launch("copy_best", copy_best_kernel,
               {blocks_for(queries * problem.k, threads, 65536), threads, 0, lane.stream()}, keys, padded, queries,
               problem.k, best + done * problem.k);
    }
}

}  // namespace crosslift::cuda
