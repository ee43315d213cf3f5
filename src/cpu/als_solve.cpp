#include "cpu/cpu_backend.hpp"
#include "cpu/scratch.hpp"
#include "cpu/threads.hpp"
#include "formulas/als.hpp"

#include <algorithm>

namespace crosslift::cpu {
namespace {

constexpr std::int64_t long_row = 32768;       // cells; a longer row is built by several threads
constexpr std::int64_t long_row_part = 16384;  // cells of one task

/// `from` with `padded` columns, `scale` applied, and zeros behind each row; as it is where that is so already.
const float* pad_rows(int threads, backend::DenseView from, std::int64_t padded, float scale, Scratch<float>& memory) {
    if (scale == 1.0F && from.cols == padded && from.stride == padded) return from.data;
    memory.resize(from.rows * padded);
    constexpr std::int64_t rows_per_task = 1024;
    parallel_for(threads, (from.rows + rows_per_task - 1) / rows_per_task, [&](std::int64_t task, int) {
        for (std::int64_t r = task * rows_per_task; r < std::min(from.rows, (task + 1) * rows_per_task); ++r) {
            float* to = memory.data() + r * padded;
            for (std::int64_t c = 0; c < from.cols; ++c) to[c] = scale * from.row(r)[c];
            std::fill(to + from.cols, to + padded, 0.0F);
        }
    });
    return memory.data();
}

/// One half step. Rows are worked on in batches of as many as a vector has lanes, the longest rows first, so that
/// rows of a batch are alike and no thread is left with much at the end.
class HalfStep {
public:
    HalfStep(const Kernels& kernels, int threads, const CpuRows& rows, backend::DenseView fixed,
             backend::DenseView gram, const backend::AlsStep& step, backend::DenseSpan out)
        : kernels_(kernels), threads_(threads), rows_(rows), step_(step), out_(out) {
        const std::int64_t d = fixed.cols;
        const std::int64_t padded = (d + kernels.lanes - 1) / kernels.lanes * kernels.lanes;
        system_.fixed = pad_rows(threads, fixed, padded, 1.0F, fixed_memory_);
        gram_.resize(padded * padded);
        std::fill(gram_.data(), gram_.data() + padded * padded, 0.0F);
        for (std::int64_t i = 0; i < padded; ++i)
            for (std::int64_t j = 0; j < padded; ++j) {
                if (i < d && j < d)
                    gram_[i * padded + j] = step.background * gram.row(i)[j];
                else if (i == j)
                    gram_[i * padded + j] = 1.0F;
            }
        system_.gram = gram_.data();
        system_.factors = d;
        system_.padded = padded;
        system_.alpha = step.alpha;
        system_.target_offset = step.target_offset;
        system_.cg_steps = step.cg_steps;
        // One worker's memory: the batch's matrices and right-hand sides, then the kernels' scratch.
        matrices_ = step.cg_steps > 0 ? 0 : kernels.lanes * padded * padded;
        worker_size_ = matrices_ + kernels.lanes * padded + std::max(kernels.als_scratch(padded), 4 * padded);
        workers_.resize(threads * worker_size_);
    }

    void run() {
        const auto& order = rows_.longest_first();
        std::int64_t first = 0;
        if (step_.cg_steps == 0)
            for (; first < rows_.rows() && cells(order[index(first)]).size > long_row && !stopped(); ++first)
                solve_long(order[index(first)]);
        const std::int64_t lanes = kernels_.lanes;
        parallel_for(threads_, (rows_.rows() - first + lanes - 1) / lanes, [&](std::int64_t task, int worker) {
            if (stopped()) return;
            const std::int64_t begin = first + task * lanes;
            solve_batch(order.data() + begin, static_cast<int>(std::min(lanes, rows_.rows() - begin)), worker);
        });
    }

private:
    static std::size_t index(std::int64_t n) { return static_cast<std::size_t>(n); }
    bool stopped() const { return step_.stop.stop_requested(); }

    AlsCells cells(std::int64_t row) const {
        const CsrView& view = rows_.view();
        const std::int64_t begin = view.begin(row);
        return {view.indices.data() + begin, view.values.empty() ? nullptr : view.values.data() + begin,
                view.end(row) - begin};
    }

    float ridge(std::int64_t cells) const {
        return formulas::als_ridge(step_.regularization, step_.frequency_offset, step_.nu, cells);
    }

    float* worker_memory(int worker) const { return workers_.data() + worker * worker_size_; }

    void solve_batch(const std::int64_t* rows, int size, int worker) {
        float* memory = worker_memory(worker);
        const std::int64_t padded = system_.padded;
        float* sides = memory + matrices_;
        float* scratch = sides + kernels_.lanes * padded;
        float ridges[16];
        float* out[16];
        int used = 0;
        for (int n = 0; n < size && !stopped(); ++n) {
            const AlsCells row_cells = cells(rows[n]);
            float* to = out_.row(rows[n]);
            if (row_cells.size == 0) {
                std::fill(to, to + system_.factors, 0.0F);
            } else if (step_.cg_steps > 0) {
                kernels_.als_gradient(system_, row_cells, ridge(row_cells.size), to, scratch);
            } else {
                float* side = sides + used * padded;
                std::fill(side, side + padded, 0.0F);
                kernels_.als_accumulate(system_, row_cells, system_.gram, memory + used * padded * padded, side,
                                        scratch);
                ridges[used] = ridge(row_cells.size);
                out[used++] = to;
            }
        }
        if (used > 0) kernels_.als_cholesky(system_, {memory, sides, ridges, out, used}, scratch);
    }

    /// Builds one row's system in parts that depend on its length alone, and adds them in order.
    void solve_long(std::int64_t row) {
        const AlsCells all = cells(row);
        const std::int64_t parts = (all.size + long_row_part - 1) / long_row_part;
        const std::int64_t padded = system_.padded;
        const std::int64_t part_size = (padded + 1) * padded;  // matrix, then right-hand side
        const std::int64_t at_once = std::min<std::int64_t>(parts, std::max(2 * threads_, 8));
        Scratch<float> sums(at_once * part_size);
        Scratch<float> total(part_size);
        std::copy_n(system_.gram, padded * padded, total.data());
        std::fill_n(total.data() + padded * padded, padded, 0.0F);
        for (std::int64_t first = 0; first < parts && !stopped(); first += at_once) {
            const std::int64_t count = std::min(at_once, parts - first);
            parallel_for(threads_, count, [&](std::int64_t part, int worker) {
                float* sum = sums.data() + part * part_size;
                std::fill_n(sum, part_size, 0.0F);
                const std::int64_t begin = (first + part) * long_row_part;
                const AlsCells some = {all.columns + begin, all.values == nullptr ? nullptr : all.values + begin,
                                       std::min(long_row_part, all.size - begin)};
                kernels_.als_accumulate(system_, some, sum, sum, sum + padded * padded,
                                        worker_memory(worker) + matrices_ + kernels_.lanes * padded);
            });
            for (std::int64_t part = 0; part < count; ++part)
                for (std::int64_t i = 0; i < part_size; ++i) total[i] += sums[part * part_size + i];
        }
        const float row_ridge = ridge(all.size);
        float* to = out_.row(row);
        kernels_.als_cholesky(system_, {total.data(), total.data() + padded * padded, &row_ridge, &to, 1},
                              worker_memory(0) + matrices_ + kernels_.lanes * padded);
    }

    const Kernels& kernels_;
    int threads_;
    const CpuRows& rows_;
    const backend::AlsStep& step_;
    backend::DenseSpan out_;
    AlsSystem system_{};
    Scratch<float> fixed_memory_;
    Scratch<float> gram_;
    std::int64_t matrices_ = 0;
    std::int64_t worker_size_ = 0;
    Scratch<float> workers_;
};

}  // namespace

void CpuBackend::als_solve(backend::Lane& lane, const backend::Rows& rows, backend::DenseView fixed,
                           backend::DenseView gram, const backend::AlsStep& step, backend::DenseSpan out) const {
    const CpuRows& own = cpu_rows(rows);
    const std::int64_t d = fixed.cols;
    check_shape(fixed, own.cols(), d, "the fixed factors of als_solve");
    check_shape(gram, d, d, "the gram matrix of als_solve");
    check_shape(out, own.rows(), d, "the result of als_solve");
    HalfStep(kernels_, threads_of(lane), own, fixed, gram, step, out).run();
}

}  // namespace crosslift::cpu
