#include "cuda/cuda_backend.hpp"
#include "cuda/top_k.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <string>

namespace crosslift::cuda {
namespace {

constexpr int threads = 256;

/// Keys to rows and scores; `best` has `kept` keys per query, the answer has `k`, padded.
__global__ void __launch_bounds__(threads)
    unpack_kernel(const Key* best, std::int64_t queries, int kept, std::int32_t* rows, float* scores) {
    for (std::int64_t e = thread_of_grid(); e < queries * kept; e += threads_in_grid()) {
        const Key key = best[e];
        rows[e] = key == no_key ? -1 : row_of(key);
        scores[e] = key == no_key ? -INFINITY : score_of(key);
    }
}

/// Copies `count` answers of `kept` entries out of pinned memory into the caller's of k entries.
template <class T>
void spread(const T* from, std::int64_t count, std::int64_t kept, std::int64_t k, T filler, T* to) {
    for (std::int64_t q = 0; q < count; ++q) {
        std::copy_n(from + q * kept, kept, to + q * k);
        std::fill(to + q * k + kept, to + (q + 1) * k, filler);
    }
}

}  // namespace

std::shared_ptr<const backend::Items> CudaBackend::make_items(backend::DenseView factors, std::shared_ptr<void> owner,
                                                              const backend::ItemColumns& columns) const {
    const DeviceScope scope(device_.index);
    CudaLane copying(lanes_);
    return std::make_shared<CudaItems>(factors, std::move(owner), columns, pool_, copying.state());
}

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
    const DeviceFilters device_filters(own, filters);
    const TopKProblem problem = {catalog->view(), queries, device_filters.data(), device_filters.one_for_all(), kept};
    // Queries at a time: so many that the answers of a batch stay below 32 MB.
    const std::int64_t batch = std::clamp<std::int64_t>((std::int64_t{4} << 20) / kept, 1, 4096);
    for (std::int64_t first = 0; first < queries.rows; first += batch) {
        const std::int64_t count = std::min(batch, queries.rows - first);
        const std::int64_t numbers = count * kept;
        Scratch scratch(own.pool(), own.stream());
        auto* best = scratch.take<Key>(numbers);
        if (kept <= most_kept)
            keep_best(own, problem, first, count, limits_.multiprocessors, best);
        else
            sort_all(own, problem, first, count, best);
        auto* device_rows = scratch.take<std::int32_t>(numbers);
        auto* device_scores = scratch.take<float>(numbers);
        launch("unpack", unpack_kernel, {blocks_for(numbers, threads, 65536), threads, 0, own.stream()}, best, count,
               kept, device_rows, device_scores);
        auto* host = static_cast<char*>(own.pinned(numbers * 8));
        auto* host_rows = reinterpret_cast<std::int32_t*>(host);
        auto* host_scores = reinterpret_cast<float*>(host + numbers * 4);
        own.copy_out(host_rows, device_rows, numbers * 4);
        own.copy_out(host_scores, device_scores, numbers * 4);
        spread<std::int32_t>(host_rows, count, kept, k, -1, rows + first * k);
        spread<float>(host_scores, count, kept, k, -INFINITY, scores + first * k);
    }
}

}  // namespace crosslift::cuda
