#include "cpu/als_rows.hpp"
#include "cpu/threads.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <string>

namespace crosslift::cpu {
namespace {

/// One half step. Rows are worked on in batches of as many as a vector has lanes, the longest rows first, so that
/// rows of a batch are alike and no thread is left with much at the end.
class HalfStep {
public:
    HalfStep(const Kernels& kernels, int threads, const CpuRows& rows, const backend::FactorView& fixed,
             backend::DenseView gram, const backend::AlsStep& step, backend::DenseSpan out)
        : kernels_(kernels),
          threads_(threads),
          rows_(rows),
          step_(step),
          out_(out),
          fixed_(threads, fixed, (fixed.cols + kernels.lanes - 1) / kernels.lanes * kernels.lanes, step.mixed) {
        const std::int64_t d = fixed.cols;
        const std::int64_t padded = (d + kernels.lanes - 1) / kernels.lanes * kernels.lanes;
        system_.fixed = fixed_.data();
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

    AlsCells cells(std::int64_t row) const { return als_cells(rows_.view(), row); }
    float ridge(std::int64_t cells) const { return ridge_of(step_, cells); }
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

    void solve_long(std::int64_t row) {
        const AlsCells all = cells(row);
        const std::int64_t padded = system_.padded;
        const Scratch<float> total((padded + 1) * padded);
        const Scratch<float> scratch(threads_ * kernels_.als_scratch(padded));
        sum_long_row(kernels_, threads_, system_, all, total.data(), scratch.data(), step_.stop);
        if (stopped()) return;
        const float row_ridge = ridge(all.size);
        float* to = out_.row(row);
        kernels_.als_cholesky(system_, {total.data(), total.data() + padded * padded, &row_ridge, &to, 1},
                              scratch.data());
    }

    const Kernels& kernels_;
    int threads_;
    const CpuRows& rows_;
    const backend::AlsStep& step_;
    backend::DenseSpan out_;
    AlsSystem system_{};
    PaddedFactors fixed_;
    Scratch<float> gram_;
    std::int64_t matrices_ = 0;
    std::int64_t worker_size_ = 0;
    Scratch<float> workers_;
};

}  // namespace

void CpuBackend::als_solve(backend::Lane& lane, const backend::Rows& rows, const backend::FactorView& fixed,
                           backend::DenseView gram, const backend::AlsStep& step, backend::DenseSpan out) const {
    const CpuRows& own = cpu_rows(rows);
    const std::int64_t d = fixed.cols;
    check_shape(fixed, own.cols(), d, "the fixed factors of als_solve");
    check_shape(gram, d, d, "the gram matrix of als_solve");
    check_shape(out, own.rows(), d, "the result of als_solve");
    if (step.block > backend::most_block)
        throw InvalidArgument("als_solve: blocks of " + std::to_string(step.block) + " factors; at most " +
                              std::to_string(backend::most_block));
    if (d == 0 || own.rows() == 0) return;
    if (step.block > 0)
        solve_ials_pp(kernels_, threads_of(lane), own, fixed, gram, step, out);
    else
        HalfStep(kernels_, threads_of(lane), own, fixed, gram, step, out).run();
}

}  // namespace crosslift::cpu
