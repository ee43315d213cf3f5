// Score, filter and select in one pass: a block scores tiles of its slab of the catalog for a tile of queries, compares
// with each query's worst kept score while the sums are in registers, and filters what survives. Of a large catalog
// every 16th tile is looked at first, so that the worst kept score is high from the start for the others. Another
// kernel merges the slabs.
#include "cuda/cuda_backend.hpp"
#include "cuda/score.cuh"
#include "cuda/top_k.hpp"
#include "formulas/host_device.hpp"

#include <algorithm>

namespace crosslift::cuda {
namespace {

constexpr int sample = 16;         ///< one tile of so many is looked at first
constexpr int large_catalog = 64;  ///< tiles, from which on that is done

/// Which tiles of the catalog a launch looks at.
enum class Look { all, sampled, rest };

/// How many of `tiles` that are, and the number of the n-th.
CROSSLIFT_HD int looked_at(Look look, std::int64_t all) {
    const int tiles = static_cast<int>(all);
    const int sampled = (tiles + sample - 1) / sample;
    return look == Look::all ? tiles : look == Look::sampled ? sampled : tiles - sampled;
}
__device__ int tile_number(Look look, int n) {
    return look == Look::all ? n : look == Look::sampled ? sample * n : n + n / (sample - 1) + 1;
}

/// Where each (query, slab) keeps its candidates: `room` keys, of which the first k are the best so far where there
/// were too many once, unsorted keys behind them.
struct Candidates {
    Key* keys;
    int* counts;       ///< how many there are in the end
    const Key* known;  ///< k per query, in order, no_key where there are fewer: the answer so far, or null
    Look look;
    int room;  ///< a power of two, at least k + items of a tile
    int slabs;
    std::int64_t first_query;
    std::int64_t query_count;

    __device__ Key* room_of(std::int64_t query, std::int64_t slab) const {
        return keys + (query * slabs + slab) * room;
    }
};

template <int items_, int queries_, int patch, int blocks_>
struct Scorer {
    using Product = Tile<items_, queries_, patch>;
    static constexpr int items = items_;
    static constexpr int queries = queries_;
    static constexpr int blocks = blocks_;  ///< at a time in a multiprocessor

    struct Shared {
        typename Product::Shared product;
        Key sorted[most_room];             ///< a room that is compacted, or keys that wait for the filter
        unsigned char waiting[most_room];  ///< of the tile's queries, the one that a waiting key is for
        int waiters;
        Key worst[queries];    ///< only smaller keys can still be among the k best
        float floor[queries];  ///< the score of the worst
        int count[queries];    ///< keys in the room
    };
    static_assert(queries <= 256);
};

using Few = Scorer<256, 8, 4, 2>;
using Some = Scorer<64, 64, 4, 2>;
using Many = Scorer<128, 128, 8, 2>;

/// The best k of the `count` keys in a room, sorted, and the rest forgotten. All threads of the block call it.
__device__ void compact(Key* room, int size, Key* sorted, int k, int& count, Key& worst, float& floor) {
    for (int i = thread_of_block(); i < size; i += threads_in_block()) sorted[i] = i < count ? room[i] : no_key;
    __syncthreads();
    sort_keys(sorted, size);
    for (int i = thread_of_block(); i < k; i += threads_in_block()) room[i] = sorted[i];
    if (thread_of_block() == 0) {
        if (count > k) count = k;
        worst = sorted[k - 1];  // no_key while fewer than k are known
        floor = floor_of(worst);
    }
    __syncthreads();
}

/// Walks the item tiles that a tile of queries looks at, stretch by stretch.
class TileWalk {
public:
    __device__ TileWalk(const backend::Stretch* stretches, int number)
        : stretch_(stretches), tile_(static_cast<int>(stretches->begin)), number_(0) {
        to(number);
    }
    __device__ int tile() const { return tile_; }
    /// On to tile `number`, which there must be.
    __device__ void to(int number) {
        tile_ += number - number_;
        number_ = number;
        while (tile_ >= stretch_->end) {
            const int beyond = tile_ - static_cast<int>(stretch_->end);
            ++stretch_;
            tile_ = static_cast<int>(stretch_->begin) + beyond;
        }
    }

private:
    const backend::Stretch* stretch_;
    int tile_;
    int number_;
};

/// The numbers of this thread's patch that have been dealt with.
template <int patch>
class Done {
public:
    __device__ bool has(int i, int j) const { return (bits_[place(i, j) / 32] >> place(i, j) % 32 & 1U) != 0; }
    __device__ void add(int i, int j) { bits_[place(i, j) / 32] |= 1U << place(i, j) % 32; }

private:
    __device__ static constexpr int place(int i, int j) { return i * patch + j; }
    unsigned bits_[(patch * patch + 31) / 32] = {};
};

/// Lets what can still be among the best from one tile of scores wait for the filter, as long as there is place.
template <class S>
__device__ void find_waiters(const TopKProblem& problem, typename S::Shared& s, const typename S::Product::Sum& sum,
                             std::int64_t item0, Done<S::Product::patch>& done) {
    using Product = typename S::Product;
    float floor[Product::patch];
#pragma unroll
    for (int j = 0; j < Product::patch; ++j) floor[j] = s.floor[Product::col(j)];
#pragma unroll
    for (int i = 0; i < Product::patch; ++i) {
        const std::int64_t item = item0 + Product::row(i);
        if (item >= problem.items.factors.rows) continue;
        const float bias = problem.items.bias == nullptr ? 0.0F : problem.items.bias[item];
        bool any = false;
#pragma unroll
        for (int j = 0; j < Product::patch; ++j) any |= !(sum[i][j] + bias < floor[j]);
        if (!any) continue;
        const std::int32_t row = row_at(problem, item);
#pragma unroll
        for (int j = 0; j < Product::patch; ++j) {
            const float score = sum[i][j] + bias;
            if (score < floor[j] || done.has(i, j)) continue;
            const Key key = make_key(score, row);
            if (key < s.worst[Product::col(j)]) {
                const int place = atomicAdd(&s.waiters, 1);
                if (place >= most_room) continue;
                s.sorted[place] = key;
                s.waiting[place] = static_cast<unsigned char>(Product::col(j));
            }
            done.add(i, j);
        }
    }
}

/// Keeps what can still be among the best from one tile of scores and may be offered. All threads of the block call it
/// after a barrier; ends with one.
template <class S>
__device__ void take(const TopKProblem& problem, const Candidates& candidates, typename S::Shared& s,
                     const typename S::Product::Sum& sum, std::int64_t item0, std::int64_t query0) {
    Done<S::Product::patch> done;
    while (true) {
        find_waiters<S>(problem, s, sum, item0, done);
        __syncthreads();
        const int waiters = s.waiters;
        for (int w = thread_of_block(); w < waiters && w < most_room; w += S::Product::threads) {
            const std::int64_t query = query0 + s.waiting[w];
            if (may_offer(problem, candidates.first_query + query, row_of(s.sorted[w])))
                candidates.room_of(query, blockIdx.x)[atomicAdd(&s.count[s.waiting[w]], 1)] = s.sorted[w];
        }
        __syncthreads();
        if (thread_of_block() == 0) s.waiters = 0;
        if (waiters <= most_room) return;
        __syncthreads();
    }
}

/// The state of a tile's queries before the first item: what is known already belongs to slab 0. Beyond the last query
/// nothing is good enough.
template <class S>
__device__ void begin_queries(const TopKProblem& problem, const Candidates& candidates, typename S::Shared& s,
                              std::int64_t query0) {
    for (int q = warp_of_block(); q < S::queries; q += S::Product::threads / warp_size) {
        const bool exists = query0 + q < candidates.query_count;
        Key worst = exists ? no_key : 0;
        int count = 0;
        if (exists && candidates.known != nullptr) {
            const Key* known = candidates.known + (query0 + q) * problem.k;
            worst = known[problem.k - 1];
            if (blockIdx.x == 0) {
                for (int i = lane_of_warp(); i < problem.k; i += warp_size) {
                    candidates.room_of(query0 + q, 0)[i] = known[i];
                    if (known[i] != no_key) ++count;
                }
                count = warp_sum(count);
            }
        }
        if (lane_of_warp() == 0) {
            s.count[q] = count;
            s.worst[q] = worst;
            s.floor[q] = exists ? floor_of(worst) : INFINITY;
        }
    }
    if (thread_of_block() == 0) s.waiters = 0;
}

/// Block (s, q): slab s of what tile q of the queries looks at.
template <class S>
__global__ void __launch_bounds__(S::Product::threads, S::blocks)
    keep_best_kernel(const __grid_constant__ TopKProblem problem, const __grid_constant__ Candidates candidates) {
    using Product = typename S::Product;
    auto& s = shared<typename S::Shared>();
    const std::int64_t query0 = static_cast<std::int64_t>(blockIdx.y) * S::queries;
    begin_queries<S>(problem, candidates, s, query0);
    const QueryTile looks = problem.tiles[candidates.first_query / S::queries + blockIdx.y];
    const int tiles = looked_at(candidates.look, looks.tiles);
    const int per_slab = (tiles + candidates.slabs - 1) / candidates.slabs;
    const int begin = static_cast<int>(blockIdx.x) * per_slab;
    const int end = begin + per_slab < tiles ? begin + per_slab : tiles;
    if (begin < end) {
        TileWalk walk(problem.stretches + looks.first, tile_number(candidates.look, begin));
        for (int n = begin; n < end; ++n) {
            walk.to(tile_number(candidates.look, n));
            typename Product::Sum sum = {};
            score_tile<Product>(s.product, sum, problem, static_cast<std::int64_t>(walk.tile()) * S::items,
                                candidates.first_query + query0, candidates.first_query + candidates.query_count);
            take<S>(problem, candidates, s, sum, static_cast<std::int64_t>(walk.tile()) * S::items, query0);
            // Every thread sees the same count, so that the whole block goes the same way.
            for (int q = 0; q < S::queries; ++q)
                if (s.count[q] > candidates.room - S::items)
                    compact(candidates.room_of(query0 + q, blockIdx.x), candidates.room, s.sorted, problem.k,
                            s.count[q], s.worst[q], s.floor[q]);
        }
    }
    __syncthreads();
    for (int q = thread_of_block(); q < S::queries; q += Product::threads)
        if (query0 + q < candidates.query_count)
            candidates.counts[(query0 + q) * candidates.slabs + blockIdx.x] = s.count[q];
}

template <class S>
void look(LaneState& lane, const TopKProblem& problem, Candidates candidates, int multiprocessors, Key* best) {
    // As many slabs as keep the GPU busy; the answer does not depend on their number.
    const std::int64_t query_tiles = (candidates.query_count + S::queries - 1) / S::queries;
    const int most = std::max(1, looked_at(candidates.look, problem.most_tiles));
    candidates.slabs = static_cast<int>(std::clamp<std::int64_t>(S::blocks * multiprocessors / query_tiles, 1, most));
    Scratch scratch(lane.pool(), lane.stream());
    const std::int64_t lists = candidates.query_count * candidates.slabs;
    candidates.keys = scratch.take<Key>(lists * candidates.room);
    candidates.counts = scratch.take<int>(lists);
    launch("keep_best", keep_best_kernel<S>,
           {dim3(static_cast<unsigned>(candidates.slabs), static_cast<unsigned>(query_tiles)), S::Product::threads,
            sizeof(typename S::Shared), lane.stream()},
           problem, candidates);
    merge_lists(lane, {candidates.keys, candidates.counts, 0, candidates.room, candidates.slabs}, candidates.room,
                candidates.query_count, problem.k, best);
}

template <class S>
void run(LaneState& lane, const TopKProblem& problem, std::int64_t first, std::int64_t count, int multiprocessors,
         Key* best) {
    Candidates candidates{};
    candidates.room = 256;
    while (candidates.room < problem.k + S::items) candidates.room *= 2;
    // Rarely full, where k leaves so much room.
    if (candidates.room < 2 * (problem.k + S::items) && candidates.room < most_room) candidates.room *= 2;
    candidates.first_query = first;
    candidates.query_count = count;
    if (problem.most_tiles < large_catalog) return look<S>(lane, problem, candidates, multiprocessors, best);
    Scratch scratch(lane.pool(), lane.stream());
    auto* known = scratch.take<Key>(count * problem.k);
    candidates.look = Look::sampled;
    look<S>(lane, problem, candidates, multiprocessors, known);
    candidates.look = Look::rest;
    candidates.known = known;
    look<S>(lane, problem, candidates, multiprocessors, best);
}

}  // namespace

TileShape shape_for(std::int64_t queries) {
    constexpr std::int64_t few_queries = 16;
    if (queries <= few_queries) return {Few::items, Few::queries};
    if (queries <= Some::queries) return {Some::items, Some::queries};
    return {Many::items, Many::queries};
}

void keep_best(LaneState& lane, const TopKProblem& problem, TileShape shape, std::int64_t first, std::int64_t count,
               int multiprocessors, Key* best) {
    if (shape.queries == Few::queries)
        run<Few>(lane, problem, first, count, multiprocessors, best);
    else if (shape.queries == Some::queries)
        run<Some>(lane, problem, first, count, multiprocessors, best);
    else
        run<Many>(lane, problem, first, count, multiprocessors, best);
}

}  // namespace crosslift::cuda
