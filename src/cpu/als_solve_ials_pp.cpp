// iALS++ (Rendle, Krichene, Zhang, Koren 2021), Algorithm 3 for one side: blocks of factors are solved in turn, the
// others held, with the scores of the row's cells kept up to date. A row goes through all its blocks at once, so that
// its scores are never stored.
#include "cpu/als_rows.hpp"
#include "cpu/threads.hpp"
#include "formulas/als.hpp"

#include <algorithm>
#include <vector>

namespace crosslift::cpu {
namespace {

class BlockPass {
public:
    BlockPass(const Kernels& kernels, int threads, const CpuRows& rows, const backend::FactorView& fixed,
              backend::DenseView gram, const backend::AlsStep& step, backend::DenseSpan out)
        : kernels_(kernels),
          threads_(threads),
          rows_(rows),
          step_(step),
          out_(out),
          width_(std::min<std::int64_t>(step.block, fixed.cols)),
          padded_((width_ + kernels.lanes - 1) / kernels.lanes * kernels.lanes),
          all_((fixed.cols + width_ - 1) / width_ * padded_) {
        const std::int64_t d = fixed.cols;
        grams_.resize(all_ * all_);
        for (std::int64_t first = 0; first < d; first += width_) {
            const std::int64_t used = std::min(width_, d - first);
            backend::FactorView slice = fixed;
            slice.data = static_cast<const char*>(fixed.data) + first * (fixed.dtype == DType::f16 ? 2 : 4);
            slice.cols = used;
            tables_.emplace_back(threads, slice, padded_, step.mixed);
            float* columns = grams_.data() + static_cast<std::int64_t>(systems_.size()) * all_ * padded_;
            fill_gram(gram, first, used, columns);
            AlsSystem system{};
            system.fixed = tables_.back().data();
            system.gram = columns + static_cast<std::int64_t>(systems_.size()) * padded_ * padded_;
            system.factors = used;
            system.padded = padded_;
            system.alpha = step.alpha;
            system.target_offset = step.target_offset;
            systems_.push_back(system);
        }
        const auto& order = rows.longest_first();
        const std::int64_t longest = order.empty() ? 0 : cells(order[0]).size;
        scores_size_ = std::min(longest, long_row);
        batch_size_ = kernels.lanes * (padded_ * padded_ + 2 * padded_ + all_ + 2 * scores_size_);
        worker_size_ = batch_size_ + kernels.als_scratch(padded_);
        workers_.resize(threads * worker_size_);
    }

    void run() {
        const auto& order = rows_.longest_first();
        std::int64_t first = 0;
        for (; first < rows_.rows() && cells(order[index(first)]).size > long_row && !stopped(); ++first)
            solve_long(order[index(first)]);
        const std::int64_t lanes = kernels_.lanes;
        parallel_for(threads_, (rows_.rows() - first + lanes - 1) / lanes, [&](std::int64_t task, int worker) {
            if (stopped()) return;
            const std::int64_t begin = first + task * lanes;
            solve_batch(order.data() + begin, std::min(lanes, rows_.rows() - begin), worker);
        });
    }

private:
    static std::size_t index(std::int64_t n) { return static_cast<std::size_t>(n); }
    bool stopped() const { return step_.stop.stop_requested(); }
    AlsCells cells(std::int64_t row) const { return als_cells(rows_.view(), row); }

    /// The block's columns of background * gram, all_ x padded_, laid out block by block; ones on the padding's
    /// diagonal, which meet zeros.
    void fill_gram(backend::DenseView gram, std::int64_t first, std::int64_t used, float* columns) const {
        std::fill_n(columns, all_ * padded_, 0.0F);
        for (std::int64_t k = 0; k < gram.rows; ++k)
            for (std::int64_t i = 0; i < used; ++i)
                columns[place(k) * padded_ + i] = step_.background * gram.row(k)[first + i];
        for (std::int64_t i = used; i < padded_; ++i) columns[(place(first) + i) * padded_ + i] = 1.0F;
    }

    /// Where factor k lies when each block has padded_ places.
    std::int64_t place(std::int64_t k) const { return k / width_ * padded_ + k % width_; }

    /// One row on its way through the blocks.
    struct RowState {
        AlsCells cells;
        float ridge;
        float* x;        ///< all_ numbers, block by block
        float* scores;   ///< y.x of each cell
        float* targets;  ///< t - w y.x of each cell
        float* change;   ///< of one block
    };

    void load(RowState& row, const float* from) const {
        std::fill_n(row.x, all_, 0.0F);
        for (std::int64_t k = 0; k < out_.cols; ++k) row.x[place(k)] = from[k];
    }
    void store(const RowState& row, float* to) const {
        for (std::int64_t k = 0; k < out_.cols; ++k) to[k] = row.x[place(k)];
    }

    /// scores += y.change for the cells of one block, and what remains of their targets.
    void update_scores(const AlsSystem& system, const RowState& row, const float* change, std::int64_t begin,
                       std::int64_t end) const {
        const AlsCells some = {row.cells.columns + begin, nullptr, nullptr, end - begin};
        kernels_.als_scores(system, some, change, row.scores + begin);
        for (std::int64_t c = begin; c < end; ++c) {
            const float r = row.cells.values == nullptr ? 1.0F : row.cells.values[c];
            const float w = formulas::als_weight(step_.alpha, r);
            row.targets[c] = formulas::als_target(step_.target_offset, step_.alpha, r) - w * row.scores[c];
        }
    }

    /// side = -(background G x + ridge x) for the numbers of block `n`.
    void dense_side(std::size_t n, const RowState& row, float* side) const {
        const auto block = static_cast<std::int64_t>(n);
        const float* own = row.x + block * padded_;
        for (std::int64_t i = 0; i < padded_; ++i) side[i] = -row.ridge * own[i];
        kernels_.als_subtract_product(grams_.data() + block * all_ * padded_, row.x, all_, padded_, side);
    }

    void solve_batch(const std::int64_t* rows, std::int64_t size, int worker) const {
        float* matrices = workers_.data() + worker * worker_size_;
        float* sides = matrices + kernels_.lanes * padded_ * padded_;
        float* memory = sides + kernels_.lanes * padded_;
        float* scratch = matrices + batch_size_;
        RowState states[16];
        float ridges[16];
        float* changes[16];
        float* out[16];
        int used = 0;
        for (std::int64_t n = 0; n < size; ++n) {
            RowState row{cells(rows[n]),
                         0,
                         memory,
                         memory + all_,
                         memory + all_ + scores_size_,
                         memory + all_ + 2 * scores_size_};
            if (row.cells.size == 0) {
                std::fill_n(out_.row(rows[n]), out_.cols, 0.0F);
                continue;
            }
            memory = row.change + padded_;
            out[used] = out_.row(rows[n]);
            ridges[used] = row.ridge = ridge_of(step_, row.cells.size);
            changes[used] = row.change;
            load(row, out[used]);
            std::fill_n(row.scores, row.cells.size, 0.0F);
            for (std::size_t b = 0; b < systems_.size(); ++b)
                update_scores(systems_[b], row, row.x + static_cast<std::int64_t>(b) * padded_, 0, row.cells.size);
            states[used++] = row;
        }
        if (used == 0) return;
        for (std::size_t b = 0; b < systems_.size(); ++b) {
            for (int n = 0; n < used; ++n) {
                dense_side(b, states[n], sides + n * padded_);
                AlsCells with_targets = states[n].cells;
                with_targets.targets = states[n].targets;
                kernels_.als_accumulate(systems_[b], with_targets, systems_[b].gram, matrices + n * padded_ * padded_,
                                        sides + n * padded_, scratch);
            }
            kernels_.als_cholesky(systems_[b], {matrices, sides, ridges, changes, used}, scratch);
            for (int n = 0; n < used; ++n) {
                apply(b, states[n]);
                update_scores(systems_[b], states[n], states[n].change, 0, states[n].cells.size);
            }
        }
        for (int n = 0; n < used; ++n) store(states[n], out[n]);
    }

    /// x += change in block `b`, whose padding becomes zero.
    void apply(std::size_t b, const RowState& row) const {
        float* own = row.x + static_cast<std::int64_t>(b) * padded_;
        std::fill(row.change + systems_[b].factors, row.change + padded_, 0.0F);
        for (std::int64_t i = 0; i < padded_; ++i) own[i] += row.change[i];
    }

    /// The same for one row of very many cells, worked on by all threads.
    void solve_long(std::int64_t number) {
        const AlsCells all = cells(number);
        const Scratch<float> memory(all_ + 2 * all.size + padded_);
        RowState row{all,
                     ridge_of(step_, all.size),
                     memory.data(),
                     memory.data() + all_,
                     memory.data() + all_ + all.size,
                     memory.data() + all_ + 2 * all.size};
        const Scratch<float> total((padded_ + 1) * padded_);
        const Scratch<float> side(padded_);
        const Scratch<float> scratch(threads_ * kernels_.als_scratch(padded_));
        load(row, out_.row(number));
        std::fill_n(row.scores, all.size, 0.0F);
        const auto update = [&](const AlsSystem& system, const float* change) {
            parallel_for(threads_, (all.size + long_row_part - 1) / long_row_part, [&](std::int64_t part, int) {
                const std::int64_t begin = part * long_row_part;
                update_scores(system, row, change, begin, std::min(all.size, begin + long_row_part));
            });
        };
        for (std::size_t b = 0; b < systems_.size(); ++b)
            update(systems_[b], row.x + static_cast<std::int64_t>(b) * padded_);
        for (std::size_t b = 0; b < systems_.size() && !stopped(); ++b) {
            AlsCells with_targets = all;
            with_targets.targets = row.targets;
            sum_long_row(kernels_, threads_, systems_[b], with_targets, total.data(), scratch.data(), step_.stop);
            if (stopped()) return;
            float* sum = total.data() + padded_ * padded_;
            dense_side(b, row, side.data());
            for (std::int64_t i = 0; i < padded_; ++i) sum[i] += side[i];
            kernels_.als_cholesky(systems_[b], {total.data(), sum, &row.ridge, &row.change, 1}, scratch.data());
            apply(b, row);
            update(systems_[b], row.change);
        }
        store(row, out_.row(number));
    }

    const Kernels& kernels_;
    int threads_;
    const CpuRows& rows_;
    const backend::AlsStep& step_;
    backend::DenseSpan out_;
    std::int64_t width_;   ///< factors of a block
    std::int64_t padded_;  ///< the same, up to a multiple of the lanes
    std::int64_t all_;     ///< padded_ times the number of blocks
    std::vector<PaddedFactors> tables_;
    std::vector<AlsSystem> systems_;
    Scratch<float> grams_;
    std::int64_t scores_size_ = 0;
    std::int64_t batch_size_ = 0;
    std::int64_t worker_size_ = 0;
    Scratch<float> workers_;
};

}  // namespace

void solve_ials_pp(const Kernels& kernels, int threads, const CpuRows& rows, const backend::FactorView& fixed,
                   backend::DenseView gram, const backend::AlsStep& step, backend::DenseSpan out) {
    BlockPass(kernels, threads, rows, fixed, gram, step, out).run();
}

}  // namespace crosslift::cpu
