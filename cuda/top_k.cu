#include "cuda/cuda_backend.hpp"
#include "cuda/top_k.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <string>

namespace crosslift::cuda {
namespace {

constexpr int threads = 256;
static_assert(4096 % 128 == 0 && (std::int64_t{4} << 20) / most_kept >= 4096, "a batch is whole tiles of queries");

/// Keys to rows and scores; `best` has `kept` keys per query, the answer has `k`, padded.
__global__ void __launch_bounds__(threads)
    unpack_kernel(const Key* best, std::int64_t queries, int kept, std::int32_t* rows, float* scores) {
    for (std::int64_t e = thread_of_grid(); e < queries * kept; e += threads_in_grid()) {
        const Key key = best[e];
        rows[e] = key == no_key ? -1 : row_of(key);
        scores[e] = key == no_key ? -INFINITY : score_of(key);
    }
}

}  // namespace

void CudaBackend::top_k(backend::Lane& lane, const backend::Items& items, backend::DenseView queries, int k,
                        std::span<const backend::QueryFilter> filters, std::int32_t* rows, float* scores) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    const auto* catalog = dynamic_cast<const CudaItems*>(&items);
    if (catalog == nullptr)
        throw InvalidArgument("these items were made by another backend; make them with this GPU's");
    check_shape(queries, queries.rows, catalog->factors(), "the queries of top_k");
    if (filters.size() > 1 && static_cast<std::int64_t>(filters.size()) != queries.rows)
        throw InvalidArgument("top_k: " + std::to_string(filters.size()) + " filters came for " +
                              std::to_string(queries.rows) + " queries; give one per query, one for all, or none");
    const int kept = static_cast<int>(std::min<std::int64_t>(k, catalog->items()));
    if (queries.rows == 0 || k <= 0) return;
    if (kept == 0) {
        std::fill(rows, rows + queries.rows * k, -1);
        std::fill(scores, scores + queries.rows * k, -INFINITY);
        return;
    }
    const TileShape shape = shape_for(queries.rows);
    const DeviceQuestion question(own, *catalog, filters, queries.rows, shape);
    const TopKProblem problem = {catalog->view(),
                                 queries,
                                 question.order(),
                                 question.filters(),
                                 question.one_for_all(),
                                 question.tiles(),
                                 question.stretches(),
                                 question.most_tiles(),
                                 kept};
    // Queries at a time: so many that the answers of a batch stay below 32 MB; with few answers each, whole tiles.
    const std::int64_t batch = std::clamp<std::int64_t>((std::int64_t{4} << 20) / kept, 1, 4096);
    for (std::int64_t first = 0; first < queries.rows; first += batch) {
        const std::int64_t count = std::min(batch, queries.rows - first);
        const std::int64_t numbers = count * kept;
        Scratch scratch(own.pool(), own.stream());
        auto* best = scratch.take<Key>(numbers);
        if (kept <= most_kept)
            keep_best(own, problem, shape, first, count, limits_.multiprocessors, best);
        else
            sort_all(own, problem, first, count, best);
        auto* device_rows = scratch.take<std::int32_t>(2 * numbers);  // and the scores behind them
        auto* device_scores = reinterpret_cast<float*>(device_rows + numbers);
        launch("unpack", unpack_kernel, {blocks_for(numbers, threads, 65536), threads, 0, own.stream()}, best, count,
               kept, device_rows, device_scores);
        auto* host_rows = static_cast<std::int32_t*>(own.pinned(numbers * 8));
        const auto* host_scores = reinterpret_cast<const float*>(host_rows + numbers);
        own.copy_out(host_rows, device_rows, numbers * 8);
        for (std::int64_t n = 0; n < count; ++n) {
            const std::int64_t q = question.query_at(first + n);
            std::fill(std::copy_n(host_rows + n * kept, kept, rows + q * k), rows + (q + 1) * k, -1);
            std::fill(std::copy_n(host_scores + n * kept, kept, scores + q * k), scores + (q + 1) * k, -INFINITY);
        }
    }
}

}  // namespace crosslift::cuda
