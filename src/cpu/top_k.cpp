#include "cpu/cpu_backend.hpp"
#include "cpu/gemm.hpp"
#include "cpu/items.hpp"
#include "cpu/scratch.hpp"
#include "cpu/threads.hpp"
#include "formulas/ranking.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace crosslift::cpu {
namespace {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

/// One filter's lists, sorted.
class OwnFilter {
public:
    explicit OwnFilter(const backend::QueryFilter& filter)
        : exclude_(sorted_copy(filter.exclude)),
          allow_(sorted_copy(filter.allow)),
          categories_(sorted_copy(filter.categories)),
          exclude_categories_(sorted_copy(filter.exclude_categories)),
          sorted_{exclude_.data(),
                  size(exclude_),
                  allow_.data(),
                  size(allow_),
                  filter.allow_bitmap.empty() ? nullptr : filter.allow_bitmap.data(),
                  categories_.data(),
                  size(categories_),
                  exclude_categories_.data(),
                  size(exclude_categories_),
                  filter.min_price,
                  filter.max_price,
                  filter.use_allow} {}
    OwnFilter(OwnFilter&&) = default;  // moved vectors keep their memory, so the pointers stay true

    const formulas::SortedFilter& sorted() const { return sorted_; }
    const std::vector<std::int32_t>& allow() const { return allow_; }

private:
    static std::vector<std::int32_t> sorted_copy(std::span<const std::int32_t> list) {
        std::vector<std::int32_t> copy(list.begin(), list.end());
        std::sort(copy.begin(), copy.end());
        copy.erase(std::unique(copy.begin(), copy.end()), copy.end());
        return copy;
    }
    static std::int64_t size(const std::vector<std::int32_t>& list) { return static_cast<std::int64_t>(list.size()); }

    std::vector<std::int32_t> exclude_;
    std::vector<std::int32_t> allow_;
    std::vector<std::int32_t> categories_;
    std::vector<std::int32_t> exclude_categories_;
    formulas::SortedFilter sorted_;
};

struct Candidate {
    float score;
    std::int32_t row;
    bool operator<(const Candidate& other) const { return formulas::ranks_before(score, row, other.score, other.row); }
};

/// The k best seen so far; rows must come in ascending order, so that of equal scores the first one stays.
class Best {
public:
    explicit Best(int k) : k_(static_cast<std::size_t>(k)) {}

    /// A later item must score above this to enter.
    float threshold() const { return best_.size() < k_ ? minus_infinity : best_.front().score; }

    void add(float score, std::int64_t row) {
        if (best_.size() == k_) {
            std::pop_heap(best_.begin(), best_.end());
            best_.pop_back();
        }
        best_.push_back({score, static_cast<std::int32_t>(row)});
        std::push_heap(best_.begin(), best_.end());
    }
    std::vector<Candidate>& candidates() { return best_; }

private:
    std::size_t k_;
    std::vector<Candidate> best_;  // a heap with the worst in front
};

/// One call of top_k: groups of queries times slabs of items are the tasks, and the slabs' lists are merged. The order
/// of two items is total, so the cut into tasks changes nothing.
class Search {
public:
    Search(const Kernels& kernels, const CpuItems& items, backend::DenseView queries, int k,
           std::span<const backend::QueryFilter> filters, int threads)
        : kernels_(kernels), items_(items), queries_(queries), k_(k), threads_(threads) {
        for (const backend::QueryFilter& filter : filters) filters_.emplace_back(filter);
        if (filters_.empty()) filters_.emplace_back(backend::QueryFilter{});
        const std::int64_t panel = kernels.tile_rows;
        const std::int64_t share = (queries.rows + 2 * threads - 1) / (2 * threads);
        group_ = std::clamp((share + panel - 1) / panel, std::int64_t{1}, most_panels) * panel;
        groups_ = (queries.rows + group_ - 1) / group_;
        const std::int64_t wanted = threads == 1 ? 1 : (2 * threads + groups_ - 1) / groups_;
        slabs_ = std::clamp(items.panels() / smallest_slab, std::int64_t{1}, wanted);
        slab_ = (items.panels() + slabs_ - 1) / slabs_;
    }

    void run(std::int32_t* rows, float* scores) {
        found_.assign(static_cast<std::size_t>(queries_.rows * slabs_), Best(k_));
        parallel_for(threads_, groups_ * slabs_, [&](std::int64_t task, int) { search(task / slabs_, task % slabs_); });
        for (std::int64_t q = 0; q < queries_.rows; ++q) write(q, rows + q * k_, scores + q * k_);
    }

private:
    static constexpr std::int64_t most_panels = 8;     // of queries in one group
    static constexpr std::int64_t smallest_slab = 64;  // panels of items
    static constexpr std::int64_t block = 8;           // panels of items scored at a time
    static constexpr std::int64_t gather_below = 32;   // allow lists shorter than items / 32 are scored one by one

    const OwnFilter& filter(std::int64_t q) const {
        return filters_[filters_.size() == 1 ? 0 : static_cast<std::size_t>(q)];
    }
    Best& found(std::int64_t q, std::int64_t slab) { return found_[static_cast<std::size_t>(q * slabs_ + slab)]; }
    bool gathers(std::int64_t q) const {
        return filter(q).sorted().use_allow && filter(q).sorted().allow_size * gather_below < items_.items();
    }

    void search(std::int64_t group, std::int64_t slab) {
        const std::int64_t first = group * group_;
        const std::int64_t count = std::min(group_, queries_.rows - first);
        const std::int64_t tile = kernels_.tile_rows;
        const std::int64_t d = items_.factors();
        const Scratch<float> packed(group_ * d);
        pack_panels(kernels_, queries_.row(first), queries_.stride, 1, count, d, tile, packed.data());
        const std::int64_t width = kernels_.tile_cols;
        const Scratch<float> scores(tile * block * width);
        const std::int64_t end = std::min(items_.panels(), (slab + 1) * slab_);
        for (std::int64_t q = first; q < first + count; ++q)
            if (gathers(q) && slab == 0) gather(q, packed.data() + (q - first) / tile * tile * d, (q - first) % tile);
        for (std::int64_t panel = slab * slab_; panel < end; panel += block) {
            const std::int64_t panels = std::min(block, end - panel);
            for (std::int64_t q = 0; q < count; q += tile) {
                const auto size = static_cast<int>(std::min(tile, count - q));
                if (size == 1 && gathers(first + q)) continue;
                kernels_.score_items({packed.data() + q * d, items_.panel(panel), items_.bias(panel), scores.data(),
                                      block * width, panels, d, size});
                for (int i = 0; i < size; ++i)
                    if (!gathers(first + q + i))
                        collect(first + q + i, slab, panel, panels, scores.data() + i * block * width);
            }
        }
    }

    /// Takes what may be offered and is good enough from the scores of some panels.
    void collect(std::int64_t q, std::int64_t slab, std::int64_t panel, std::int64_t panels, const float* scores) {
        Best& best = found(q, slab);
        const std::int64_t width = kernels_.tile_cols;
        if (!kernels_.any_above(scores, panels * width, best.threshold())) return;
        const formulas::SortedFilter& sorted = filter(q).sorted();
        const std::int64_t size = std::min(panels * width, items_.items() - panel * width);
        for (std::int64_t i = 0; i < size; ++i)
            if (scores[i] > best.threshold() && items_.eligible(sorted, panel * width + i))
                best.add(scores[i], panel * width + i);
    }

    /// Scores only the items of a short allow list.
    void gather(std::int64_t q, const float* packed, std::int64_t number) {
        Best& best = found(q, 0);
        const std::int64_t width = kernels_.tile_cols;
        for (const std::int32_t row : filter(q).allow()) {
            if (row < 0 || row >= items_.items() || !items_.eligible(filter(q).sorted(), row)) continue;
            const std::int64_t panel = row / width;
            float score = kernels_.score_item(packed, static_cast<int>(number), items_.panel(panel),
                                              static_cast<int>(row % width), items_.factors());
            if (items_.bias(panel) != nullptr) score += items_.bias(panel)[row % width];
            if (score > best.threshold()) best.add(score, row);
        }
    }

    void write(std::int64_t q, std::int32_t* rows, float* scores) {
        std::vector<Candidate> all;
        for (std::int64_t slab = 0; slab < slabs_; ++slab) {
            const auto& some = found(q, slab).candidates();
            all.insert(all.end(), some.begin(), some.end());
        }
        const std::size_t kept = std::min(all.size(), static_cast<std::size_t>(k_));
        std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end());
        for (std::size_t i = 0; i < static_cast<std::size_t>(k_); ++i) {
            rows[i] = i < kept ? all[i].row : -1;
            scores[i] = i < kept ? all[i].score : minus_infinity;
        }
    }

    const Kernels& kernels_;
    const CpuItems& items_;
    backend::DenseView queries_;
    int k_;
    int threads_;
    std::vector<OwnFilter> filters_;
    std::int64_t group_ = 0;  // queries of a task
    std::int64_t groups_ = 0;
    std::int64_t slab_ = 0;  // panels of items of a task
    std::int64_t slabs_ = 0;
    std::vector<Best> found_;  // per query and slab
};

}  // namespace

void CpuBackend::top_k(backend::Lane& lane, const backend::Items& items, backend::DenseView queries, int k,
                       std::span<const backend::QueryFilter> filters, std::int32_t* rows, float* scores) const {
    const auto* own = dynamic_cast<const CpuItems*>(&items);
    if (own == nullptr) throw InvalidArgument("these items were made by another backend; make them with the CPU's");
    check_shape(queries, queries.rows, own->factors(), "the queries of top_k");
    if (queries.rows == 0 || k <= 0) return;
    Search(kernels_, *own, queries, k, filters, threads_of(lane)).run(rows, scores);
}

}  // namespace crosslift::cpu
