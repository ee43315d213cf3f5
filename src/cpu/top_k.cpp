#include "cpu/cpu_backend.hpp"
#include "cpu/gemm.hpp"
#include "cpu/items.hpp"
#include "cpu/scratch.hpp"
#include "cpu/sorted_filter.hpp"
#include "cpu/threads.hpp"
#include "formulas/ranking.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace crosslift::cpu {
namespace {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

struct Candidate {
    float score;
    std::int32_t row;
    bool operator<(const Candidate& other) const { return formulas::ranks_before(score, row, other.score, other.row); }
};

/// The k best seen so far, in whatever order they come.
class Best {
public:
    explicit Best(int k) : k_(static_cast<std::size_t>(k)) {}

    /// An item whose score is not above this cannot enter.
    float threshold() const {
        return best_.size() < k_ ? minus_infinity : std::nextafter(best_.front().score, minus_infinity);
    }

    /// Would it be among the k best? What is not a number, or no more than minus infinity, never is.
    bool wants(float score, std::int32_t row) const {
        return score > minus_infinity && (best_.size() < k_ || Candidate{score, row} < best_.front());
    }

    void add(float score, std::int32_t row) {
        if (best_.size() == k_) {
            std::pop_heap(best_.begin(), best_.end());
            best_.pop_back();
        }
        best_.push_back({score, row});
        std::push_heap(best_.begin(), best_.end());
    }
    const std::vector<Candidate>& candidates() const { return best_; }

private:
    std::size_t k_;
    std::vector<Candidate> best_;  // a heap with the worst in front
};

/// One call of top_k. Queries that look at the same stretches of the catalog are grouped; groups times slabs of what
/// they look at are the tasks, and the slabs' lists are merged. The order of two items is total, so the cut into tasks
/// changes nothing.
class Search {
public:
    Search(const Kernels& kernels, const CpuItems& items, backend::DenseView queries, int k,
           std::span<const backend::QueryFilter> filters, int threads)
        : kernels_(kernels), items_(items), queries_(queries), k_(k), threads_(threads) {
        const backend::QueryFilter open;
        if (filters.empty()) filters = {&open, 1};
        filters_.reserve(filters.size());
        panels_.reserve(filters.size());
        for (const backend::QueryFilter& filter : filters) {
            filters_.emplace_back(filter);
            panels_.push_back(blocks_of(items.segments().stretches(filter), kernels.tile_cols));
        }
        order_.resize(index(queries.rows));
        std::iota(order_.begin(), order_.end(), std::int64_t{0});
        if (filters_.size() > 1)
            std::stable_sort(order_.begin(), order_.end(),
                             [&](std::int64_t a, std::int64_t b) { return panels(a) < panels(b); });
        plan();
    }

    void run(std::int32_t* rows, float* scores) {
        found_.assign(lists_, Best(k_));
        parallel_for(threads_, static_cast<std::int64_t>(tasks_.size()),
                     [&](std::int64_t task, int) { search(tasks_[index(task)]); });
        std::vector<Candidate> all;
        for (const Group& group : groups_)
            for (std::int64_t n = 0; n < group.count; ++n) {
                const std::int64_t q = order_[index(group.first + n)];
                write(group, n, all, rows + q * k_, scores + q * k_);
            }
    }

private:
    static constexpr std::int64_t most_panels = 8;     // of queries in one group
    static constexpr std::int64_t smallest_slab = 64;  // panels of items
    static constexpr std::int64_t block = 8;           // panels of items scored at a time
    static constexpr std::int64_t gather_below = 32;   // allow lists shorter than items / 32 are scored one by one

    /// Queries order_[first .. first + count); those of slab s keep their best in found_[lists + s * count ..].
    struct Group {
        std::int64_t first;
        std::int64_t count;
        std::int64_t slabs;
        std::int64_t slab;  // panels of one
        std::size_t lists;
    };
    struct Task {
        std::size_t group;
        std::int64_t slab;
    };

    static std::size_t index(std::int64_t n) { return static_cast<std::size_t>(n); }
    std::size_t filter_of(std::int64_t q) const { return filters_.size() == 1 ? 0 : index(q); }
    const OwnFilter& filter(std::int64_t q) const { return filters_[filter_of(q)]; }
    const std::vector<backend::Stretch>& panels(std::int64_t q) const { return panels_[filter_of(q)]; }
    bool gathers(std::int64_t q) const {
        return filter(q).sorted().use_allow && filter(q).sorted().allow_size * gather_below < items_.items();
    }

    void plan() {
        const std::int64_t tile = kernels_.tile_rows;
        const std::int64_t share = (queries_.rows + 2 * threads_ - 1) / (2 * threads_);
        const std::int64_t most = std::clamp((share + tile - 1) / tile, std::int64_t{1}, most_panels) * tile;
        for (std::int64_t first = 0; first < queries_.rows;) {
            const auto& seen = panels(order_[index(first)]);
            std::int64_t end = first + 1;
            while (end < queries_.rows && end - first < most &&
                   (filters_.size() == 1 || panels(order_[index(end)]) == seen))
                ++end;
            groups_.push_back({first, end - first, 1, 0, 0});
            first = end;
        }
        const auto groups = static_cast<std::int64_t>(groups_.size());
        const std::int64_t wanted = threads_ == 1 ? 1 : (2 * threads_ + groups - 1) / groups;
        for (Group& group : groups_) {
            const std::int64_t all = length(panels(order_[index(group.first)]));
            group.slabs = std::clamp(all / smallest_slab, std::int64_t{1}, wanted);
            group.slab = (all + group.slabs - 1) / group.slabs;
            group.lists = lists_;
            lists_ += index(group.count * group.slabs);
            for (std::int64_t slab = 0; slab < group.slabs; ++slab)
                tasks_.push_back({static_cast<std::size_t>(&group - groups_.data()), slab});
        }
    }

    void search(const Task& task) {
        const Group& group = groups_[task.group];
        const std::int64_t tile = kernels_.tile_rows;
        const std::int64_t d = items_.factors();
        const std::int64_t padded = (group.count + tile - 1) / tile * tile;
        const Scratch<float> plain(tile * d);
        const Scratch<float> packed(padded * d);
        for (std::int64_t n = 0; n < group.count; n += tile) {
            const std::int64_t size = std::min(tile, group.count - n);
            for (std::int64_t i = 0; i < size; ++i)
                std::copy_n(queries_.row(order_[index(group.first + n + i)]), d, plain.data() + i * d);
            pack_panels(kernels_, plain.data(), d, 1, size, d, tile, packed.data() + n * d);
        }
        const Scratch<float> scores(tile * block * kernels_.tile_cols);
        Best* best = &found_[group.lists + index(task.slab * group.count)];
        if (task.slab == 0)
            for (std::int64_t n = 0; n < group.count; ++n)
                if (const std::int64_t q = order_[index(group.first + n)]; gathers(q))
                    gather(q, packed.data() + n / tile * tile * d, n % tile, best[n]);
        std::int64_t before = -task.slab * group.slab;  // panels of this slab before the stretch
        for (const backend::Stretch& stretch : panels(order_[index(group.first)])) {
            const std::int64_t begin = stretch.begin + std::max<std::int64_t>(0, -before);
            const std::int64_t end = std::min(stretch.end, stretch.begin + group.slab - before);
            for (std::int64_t panel = begin; panel < end; panel += block)
                score(group, packed.data(), panel, std::min(block, end - panel), scores.data(), best);
            before += stretch.end - stretch.begin;
        }
    }

    /// Scores some panels of items for all queries of a group.
    void score(const Group& group, const float* packed, std::int64_t panel, std::int64_t panels, float* scores,
               Best* best) {
        const std::int64_t tile = kernels_.tile_rows;
        const std::int64_t stride = block * kernels_.tile_cols;
        for (std::int64_t n = 0; n < group.count; n += tile) {
            const auto size = static_cast<int>(std::min(tile, group.count - n));
            if (size == 1 && gathers(order_[index(group.first + n)])) continue;
            kernels_.score_items({packed + n * items_.factors(), items_.panel(panel), items_.bias(panel), scores,
                                  stride, panels, items_.factors(), size});
            for (int i = 0; i < size; ++i)
                if (const std::int64_t q = order_[index(group.first + n + i)]; !gathers(q))
                    collect(filter(q).sorted(), panel, panels, scores + i * stride, best[n + i]);
        }
    }

    /// Takes what may be offered and is good enough from the scores of some panels.
    void collect(const formulas::SortedFilter& sorted, std::int64_t panel, std::int64_t panels, const float* scores,
                 Best& best) {
        const std::int64_t width = kernels_.tile_cols;
        if (!kernels_.any_above(scores, panels * width, best.threshold())) return;
        const std::int64_t size = std::min(panels * width, items_.items() - panel * width);
        for (std::int64_t i = 0; i < size; ++i) {
            if (!(scores[i] > best.threshold())) continue;
            const std::int32_t row = items_.row(panel * width + i);
            if (best.wants(scores[i], row) && items_.eligible(sorted, row)) best.add(scores[i], row);
        }
    }

    /// Scores only the items of a short allow list.
    void gather(std::int64_t q, const float* packed, std::int64_t number, Best& best) {
        const std::int64_t width = kernels_.tile_cols;
        for (const std::int32_t row : filter(q).allow()) {
            if (row < 0 || row >= items_.items() || !items_.eligible(filter(q).sorted(), row)) continue;
            const std::int64_t place = items_.place(row);
            const std::int64_t panel = place / width;
            float score = kernels_.score_item(packed, static_cast<int>(number), items_.panel(panel),
                                              static_cast<int>(place % width), items_.factors());
            if (items_.bias(panel) != nullptr) score += items_.bias(panel)[place % width];
            if (best.wants(score, row)) best.add(score, row);
        }
    }

    /// The best of all slabs of query n of a group; `all` is working memory.
    void write(const Group& group, std::int64_t n, std::vector<Candidate>& all, std::int32_t* rows, float* scores) {
        all.clear();
        for (std::int64_t slab = 0; slab < group.slabs; ++slab) {
            const auto& some = found_[group.lists + index(slab * group.count + n)].candidates();
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
    std::vector<OwnFilter> filters_;                     // one for all, or one per query
    std::vector<std::vector<backend::Stretch>> panels_;  // that each filter looks at
    std::vector<std::int64_t> order_;                    // queries, group by group
    std::vector<Group> groups_;
    std::vector<Task> tasks_;
    std::size_t lists_ = 0;
    std::vector<Best> found_;
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
