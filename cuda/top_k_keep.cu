// Score, filter and select in one pass: a block scores tiles of its slab of the catalog for a tile of queries, compares
// with each query's worst kept score while the sums are in registers, and filters what survives. A second kernel merges
// the slabs.
#include "cuda/cuda_backend.hpp"
#include "cuda/score.cuh"
#include "cuda/top_k.hpp"

#include <algorithm>

namespace crosslift::cuda {
namespace {

constexpr int most_room = 2 * most_kept;

/// Where each (query, slab) keeps its candidates: `room` keys, of which the first k are the best so far, unsorted keys
/// behind them.
struct Candidates {
    Key* keys;
    int room;  ///< a power of two, at least k + items of a tile
    int slabs;
    std::int64_t first_query;
    std::int64_t query_count;

    __device__ Key* room_of(std::int64_t query, std::int64_t slab) const {
        return keys + (query * slabs + slab) * room;
    }
};

template <int items_, int queries_>
struct Scorer {
    using Product = Tile<items_, queries_>;
    static constexpr int items = items_;
    static constexpr int queries = queries_;

    struct Shared {
        typename Product::Shared product;
        Key sorted[most_room];
        Key worst[queries];  ///< only smaller keys can still be among the k best
        int count[queries];  ///< keys in the room
    };
};

using Few = Scorer<256, 8>;
using Many = Scorer<64, 64>;

/// The best k of the `count` keys in a room, sorted, and the rest forgotten. All threads of the block call it.
__device__ void compact(Key* room, int size, Key* sorted, int k, int& count, Key& worst) {
    for (int i = thread_of_block(); i < size; i += threads_in_block()) sorted[i] = i < count ? room[i] : no_key;
    __syncthreads();
    sort_keys(sorted, size);
    for (int i = thread_of_block(); i < k; i += threads_in_block()) room[i] = sorted[i];
    if (thread_of_block() == 0) {
        if (count > k) count = k;
        worst = sorted[k - 1];  // no_key while fewer than k are known
    }
    __syncthreads();
}

/// Walks the item tiles of a slab, stretch by stretch.
class TileWalk {
public:
    __device__ TileWalk(const backend::Stretch* stretches, std::int64_t skip) : stretch_(stretches), tile_(skip) {
        while (tile_ >= stretch_->end - stretch_->begin) {
            tile_ -= stretch_->end - stretch_->begin;
            ++stretch_;
        }
        tile_ += stretch_->begin;
    }
    __device__ std::int64_t tile() const { return tile_; }
    /// To the next tile, of which there must be one.
    __device__ void next() {
        if (++tile_ == stretch_->end) tile_ = (++stretch_)->begin;
    }

private:
    const backend::Stretch* stretch_;
    std::int64_t tile_;
};

/// Keeps a scored item if it may be offered. Few get here; a function of its own, so that the registers of the tile
/// need not last over the filter's searches.
__device__ __attribute__((noinline)) void keep(const TopKProblem& problem, const Candidates& candidates, Key key,
                                               std::int64_t query, int& count) {
    if (may_offer(problem, candidates.first_query + query, row_of(key)))
        candidates.room_of(query, blockIdx.x)[atomicAdd(&count, 1)] = key;
}

/// Keeps what can still be among the best from one tile of scores.
template <class S>
__device__ void take(const TopKProblem& problem, const Candidates& candidates, typename S::Shared& s,
                     const typename S::Product::Sum& sum, std::int64_t tile, std::int64_t query0) {
    using Product = typename S::Product;
#pragma unroll
    for (int i = 0; i < Product::patch; ++i) {
        const std::int64_t item = tile * S::items + Product::patch_row() + i;
        if (item >= problem.items.factors.rows) continue;
        const std::int32_t row = row_at(problem, item);
#pragma unroll
        for (int j = 0; j < Product::patch; ++j) {
            const int q = Product::patch_col() + j;
            const Key key = make_key(with_bias(problem, item, sum[i][j]), row);
            if (query0 + q < candidates.query_count && key < s.worst[q])
                keep(problem, candidates, key, query0 + q, s.count[q]);
        }
    }
}

/// Block (s, q): slab s of what tile q of the queries looks at.
template <class S>
__global__ void __launch_bounds__(S::Product::threads)
    keep_best_kernel(const __grid_constant__ TopKProblem problem, const __grid_constant__ Candidates candidates) {
    using Product = typename S::Product;
    auto& s = shared<typename S::Shared>();
    const std::int64_t query0 = static_cast<std::int64_t>(blockIdx.y) * S::queries;
    for (int q = thread_of_block(); q < S::queries; q += Product::threads) {
        s.count[q] = 0;
        s.worst[q] = no_key;
    }
    const QueryTile looks = problem.tiles[candidates.first_query / S::queries + blockIdx.y];
    const std::int64_t per_slab = (looks.tiles + candidates.slabs - 1) / candidates.slabs;
    const std::int64_t begin = blockIdx.x * per_slab;
    const std::int64_t end = begin + per_slab < looks.tiles ? begin + per_slab : looks.tiles;
    if (begin < end) {
        TileWalk walk(problem.stretches + looks.first, begin);
        for (std::int64_t n = begin; n < end; ++n) {
            const bool last = n + 1 == end;
            typename Product::Sum sum = {};
            score_tile<Product>(s.product, sum, problem, walk.tile() * S::items, candidates.first_query + query0,
                                candidates.first_query + candidates.query_count);
            take<S>(problem, candidates, s, sum, walk.tile(), query0);
            if (!last) walk.next();
            __syncthreads();
            // Every thread sees the same count, so that the whole block goes the same way.
            for (int q = 0; q < S::queries; ++q)
                if (s.count[q] > (last ? problem.k : candidates.room - S::items))
                    compact(candidates.room_of(query0 + q, blockIdx.x), candidates.room, s.sorted, problem.k,
                            s.count[q], s.worst[q]);
        }
    }
    __syncthreads();
    for (int q = warp_of_block(); q < S::queries; q += Product::threads / warp_size)
        if (query0 + q < candidates.query_count)
            for (int i = s.count[q] + lane_of_warp(); i < problem.k; i += warp_size)
                candidates.room_of(query0 + q, blockIdx.x)[i] = no_key;
}

struct MergeShared {
    Key sorted[most_room];
};

/// Block q: the k best of all slabs of query q, in order.
__global__ void __launch_bounds__(256) merge_kernel(Candidates candidates, int k, Key* best) {
    auto& s = shared<MergeShared>();
    const int room = candidates.room;
    const Key* rooms = candidates.keys + static_cast<std::int64_t>(blockIdx.x) * candidates.slabs * room;
    const int fresh = room - k;  // keys that are looked at beside the k best so far
    for (int i = thread_of_block(); i < k; i += threads_in_block()) s.sorted[i] = no_key;
    const std::int64_t all = static_cast<std::int64_t>(candidates.slabs) * k;
    for (std::int64_t first = 0; first < all; first += fresh) {
        for (int i = thread_of_block(); i < fresh; i += threads_in_block())
            s.sorted[k + i] = first + i < all ? rooms[(first + i) / k * room + (first + i) % k] : no_key;
        __syncthreads();
        sort_keys(s.sorted, room);
    }
    for (int i = thread_of_block(); i < k; i += threads_in_block())
        best[static_cast<std::int64_t>(blockIdx.x) * k + i] = s.sorted[i];
}

template <class S>
void run(LaneState& lane, const TopKProblem& problem, std::int64_t first, std::int64_t count, int multiprocessors,
         Key* best) {
    int room = 256;
    while (room < problem.k + S::items) room *= 2;
    // As many slabs as keep the GPU busy; the answer does not depend on their number.
    const std::int64_t query_tiles = (count + S::queries - 1) / S::queries;
    const std::int64_t most = std::max<std::int64_t>(1, problem.most_tiles);
    const std::int64_t slabs = std::clamp<std::int64_t>(4 * multiprocessors / query_tiles, 1, most);
    Scratch scratch(lane.pool(), lane.stream());
    const Candidates candidates = {scratch.take<Key>(count * slabs * room), room, static_cast<int>(slabs), first,
                                   count};
    launch("keep_best", keep_best_kernel<S>,
           {dim3(static_cast<unsigned>(slabs), static_cast<unsigned>(query_tiles)), S::Product::threads,
            sizeof(typename S::Shared), lane.stream()},
           problem, candidates);
    launch("merge", merge_kernel, {static_cast<unsigned>(count), 256, sizeof(MergeShared), lane.stream()}, candidates,
           problem.k, best);
}

}  // namespace

TileShape shape_for(std::int64_t queries) {
    constexpr std::int64_t few_queries = 16;
    if (queries <= few_queries) return {Few::items, Few::queries};
    return {Many::items, Many::queries};
}

void keep_best(LaneState& lane, const TopKProblem& problem, TileShape shape, std::int64_t first, std::int64_t count,
               int multiprocessors, Key* best) {
    if (shape.queries == Few::queries)
        run<Few>(lane, problem, first, count, multiprocessors, best);
    else
        run<Many>(lane, problem, first, count, multiprocessors, best);
}

}  // namespace crosslift::cuda
