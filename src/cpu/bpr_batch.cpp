#include "cpu/cpu_backend.hpp"
#include "cpu/pairs.hpp"
#include "cpu/scratch.hpp"
#include "cpu/threads.hpp"
#include "formulas/bpr.hpp"
#include "formulas/eligibility.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <atomic>
#include <vector>

namespace crosslift::cpu {
namespace {

constexpr std::int64_t rows_per_task = 16;
constexpr std::int32_t left_out = -1;

/// One batch. A row is written by one task alone and reads only what stands still meanwhile, so the result does not
/// depend on who works on it or when.
class Batch {
public:
    Batch(const Kernels& kernels, int threads, const backend::PairCells& cells, const backend::BprStep& step,
          backend::DenseSpan customers, backend::DenseSpan items)
        : kernels_(kernels),
          threads_(threads),
          cells_(cells),
          step_(step),
          customers_(customers),
          items_(items),
          begin_(cells.indptr[index(step.first)]),
          end_(cells.indptr[index(step.last)]),
          draw_(formulas::bpr_draw(end_ - begin_, cells.items, step.key)),
          opponents_(end_ - begin_),
          pairs_(index(threads)) {}

    backend::BprCounts run() {
        for_rows(step_.last - step_.first,
                 [&](std::int64_t n, int worker) { learn_customer(step_.first + n, worker); });
        if (!step_.update_items) return counts();
        next_.resize(cells_.items * items_.cols);
        changed_.assign(index(cells_.items), 0);
        for_rows(cells_.items, [&](std::int64_t item, int worker) { learn_item(item, worker); });
        for_rows(cells_.items, [&](std::int64_t item, int) {
            if (changed_[index(item)] != 0) std::copy_n(next_row(item), items_.cols, items_.row(item));
        });
        return counts();
    }

private:
    static std::size_t index(std::int64_t n) { return static_cast<std::size_t>(n); }
    float* next_row(std::int64_t item) { return next_.data() + item * items_.cols; }
    backend::BprCounts counts() const { return {drawn_, ordered_}; }

    template <class Work>
    void for_rows(std::int64_t rows, const Work& work) {
        parallel_for(threads_, (rows + rows_per_task - 1) / rows_per_task, [&](std::int64_t task, int worker) {
            if (step_.stop.stop_requested()) return;
            for (std::int64_t n = task * rows_per_task; n < std::min(rows, (task + 1) * rows_per_task); ++n)
                work(n, worker);
        });
    }

    BprRow row(float* own) const { return {own, items_.cols, step_.learning_rate, step_.regularization}; }

    void learn_customer(std::int64_t customer, int worker) {
        const std::int64_t first = cells_.indptr[index(customer)];
        const std::int64_t size = cells_.indptr[index(customer) + 1] - first;
        const std::int32_t* bought = cells_.item.data() + first;
        std::vector<BprPair>& pairs = pairs_[index(worker)];
        pairs.clear();
        for (std::int64_t n = 0; n < size; ++n) {
            const std::int64_t cell = first + n - begin_;
            std::int32_t opponent = formulas::bpr_opponent(draw_, cell, cells_.items);
            if (formulas::contains(bought, size, opponent)) opponent = left_out;
            opponents_[cell] = opponent;
            if (opponent != left_out) pairs.push_back({items_.row(bought[n]), items_.row(opponent)});
        }
        const auto drawn = static_cast<std::int64_t>(pairs.size());
        const std::int64_t ordered = kernels_.bpr_customer(row(customers_.row(customer)), pairs.data(), drawn);
        drawn_ += drawn;
        ordered_ += ordered;
    }

    void learn_item(std::int64_t item, int worker) {
        std::vector<BprPair>& pairs = pairs_[index(worker)];
        pairs.clear();
        const auto* last = cells_.item_cells.data() + cells_.item_indptr[index(item) + 1];
        const auto* own = std::lower_bound(cells_.item_cells.data() + cells_.item_indptr[index(item)], last, begin_);
        for (; own != last && *own < end_; ++own) {
            const std::int32_t opponent = opponents_[*own - begin_];
            if (opponent != left_out) pairs.push_back({customers_.row(customer_of(*own)), items_.row(opponent)});
        }
        const auto bought = static_cast<std::int64_t>(pairs.size());
        for (std::int64_t place = item; place < draw_.size; place += cells_.items) {
            const std::int64_t cell = formulas::number_at(draw_, place);
            if (cell >= end_ - begin_ || opponents_[cell] == left_out) continue;
            pairs.push_back(
                {customers_.row(customer_of(begin_ + cell)), items_.row(cells_.item[index(begin_ + cell)])});
        }
        if (pairs.empty()) return;
        changed_[index(item)] = 1;
        std::copy_n(items_.row(item), items_.cols, next_row(item));
        kernels_.bpr_item(row(next_row(item)), pairs.data(), static_cast<std::int64_t>(pairs.size()), bought);
    }

    std::int32_t customer_of(std::int64_t cell) const { return cells_.customer[index(cell)]; }

    const Kernels& kernels_;
    int threads_;
    const backend::PairCells& cells_;
    const backend::BprStep& step_;
    backend::DenseSpan customers_;
    backend::DenseSpan items_;
    std::int64_t begin_;  // cells of the batch
    std::int64_t end_;
    formulas::Permutation draw_;
    Scratch<std::int32_t> opponents_;  // per cell of the batch
    Scratch<float> next_;              // items after the batch
    std::vector<char> changed_;
    std::vector<std::vector<BprPair>> pairs_;  // per worker
    std::atomic<std::int64_t> drawn_ = 0;
    std::atomic<std::int64_t> ordered_ = 0;
};

}  // namespace

std::shared_ptr<const backend::Pairs> CpuBackend::make_pairs(const backend::PairCells& host) const {
    return std::make_shared<CpuPairs>(host);
}

backend::BprCounts CpuBackend::bpr_batch(backend::Lane& lane, const backend::Pairs& pairs, const backend::BprStep& step,
                                         backend::DenseSpan customers, backend::DenseSpan items) const {
    const auto* own = dynamic_cast<const CpuPairs*>(&pairs);
    if (own == nullptr) throw InvalidArgument("these pairs were made by another backend; make them with the CPU's");
    check_shape(customers, own->customers(), items.cols, "the customer factors of bpr_batch");
    check_shape(items, own->items(), items.cols, "the item factors of bpr_batch");
    if (own->cells().indptr[static_cast<std::size_t>(step.first)] ==
        own->cells().indptr[static_cast<std::size_t>(step.last)])
        return {};
    return Batch(kernels_, threads_of(lane), own->cells(), step, customers, items).run();
}

}  // namespace crosslift::cpu
