#include "cpu/gemm.hpp"

#include "cpu/scratch.hpp"
#include "cpu/threads.hpp"

#include <algorithm>
#include <cstring>

namespace crosslift::cpu {
namespace {

constexpr std::int64_t depth_block = 256;  // a panel of b stays in the first-level cache
constexpr std::int64_t row_tiles = 16;     // a packed block of a stays in the second-level cache
constexpr std::int64_t col_block = 1024;   // columns of one task
constexpr std::int64_t depth_slab = 8192;  // packed b: at most depth_slab x col_slab numbers
constexpr std::int64_t col_slab = 4096;

std::int64_t padded(std::int64_t size, std::int64_t width) {
    return (size + width - 1) / width * width;
}

/// One slab of the product: columns [col, col + cols) of out, depths [depth, depth + depths).
struct Slab {
    std::int64_t col;
    std::int64_t cols;
    std::int64_t depth;
    std::int64_t depths;
};

class Product {
public:
    Product(const Kernels& kernels, int threads, float alpha, const Operand& a, const Operand& b, float beta,
            backend::DenseSpan out, Part part, const std::stop_token& stop)
        : kernels_(kernels),
          threads_(threads),
          alpha_(alpha),
          beta_(beta),
          a_(a),
          b_(b),
          out_(out),
          part_(part),
          stop_(stop),
          row_block_(kernels.tile_rows * row_tiles) {}

    void run() {
        const std::int64_t depth = a_.cols();
        packed_b_.resize(padded(std::min(out_.cols, col_slab), kernels_.tile_cols) * std::min(depth, depth_slab));
        packed_a_.resize(threads_ * row_block_ * depth_block);
        for (std::int64_t col = 0; col < out_.cols; col += col_slab)
            for (std::int64_t k = 0; k < depth; k += depth_slab) {
                const Slab slab = {col, std::min(col_slab, out_.cols - col), k, std::min(depth_slab, depth - k)};
                pack_b(slab);
                compute(slab);
            }
    }

private:
    float* packed_b(const Slab& slab, std::int64_t k, std::int64_t col) {
        const std::int64_t depth = std::min(depth_block, slab.depths - k);
        return packed_b_.data() + k * padded(slab.cols, kernels_.tile_cols) + col * depth;
    }

    void pack_b(const Slab& slab) {
        const std::int64_t col_tasks = (slab.cols + col_block - 1) / col_block;
        const std::int64_t depth_tasks = (slab.depths + depth_block - 1) / depth_block;
        parallel_for(threads_, col_tasks * depth_tasks, [&](std::int64_t task, int) {
            const std::int64_t col = task % col_tasks * col_block;
            const std::int64_t k = task / col_tasks * depth_block;
            const float* from = b_.view.data + (slab.depth + k) * b_.row_step() + (slab.col + col) * b_.col_step();
            pack_panels(kernels_, from, b_.col_step(), b_.row_step(), std::min(col_block, slab.cols - col),
                        std::min(depth_block, slab.depths - k), kernels_.tile_cols, packed_b(slab, k, col));
        });
    }

    void compute(const Slab& slab) {
        const std::int64_t col_tasks = (slab.cols + col_block - 1) / col_block;
        const std::int64_t row_tasks = (out_.rows + row_block_ - 1) / row_block_;
        parallel_for(threads_, row_tasks * col_tasks, [&](std::int64_t task, int worker) {
            // The longest rows of a lower triangle come first, so that no thread is left with one at the end.
            const std::int64_t row = (row_tasks - 1 - task / col_tasks) * row_block_;
            compute_block(slab, row, task % col_tasks * col_block, worker);
        });
    }

    void compute_block(const Slab& slab, std::int64_t row, std::int64_t col, int worker) {
        const std::int64_t rows = std::min(row_block_, out_.rows - row);
        const std::int64_t cols = std::min(col_block, slab.cols - col);
        if (part_ == Part::lower && row + rows - 1 < slab.col + col) return;
        float* packed_a = packed_a_.data() + worker * row_block_ * depth_block;
        for (std::int64_t k = 0; k < slab.depths; k += depth_block) {
            if (stop_.stop_requested()) return;
            const std::int64_t depth = std::min(depth_block, slab.depths - k);
            pack_panels(kernels_, a_.view.data + row * a_.row_step() + (slab.depth + k) * a_.col_step(), a_.row_step(),
                        a_.col_step(), rows, depth, kernels_.tile_rows, packed_a);
            kernels_.gemm_block({packed_a, packed_b(slab, k, col), out_.row(row) + slab.col + col, out_.stride, rows,
                                 cols, depth, alpha_, slab.depth + k == 0 ? beta_ : 1.0F, part_ == Part::lower,
                                 row - slab.col - col});
        }
    }

    const Kernels& kernels_;
    int threads_;
    float alpha_;
    float beta_;
    const Operand& a_;
    const Operand& b_;
    backend::DenseSpan out_;
    Part part_;
    const std::stop_token& stop_;
    std::int64_t row_block_;
    Scratch<float> packed_a_;
    Scratch<float> packed_b_;
};

}  // namespace

void pack_panels(const Kernels& kernels, const float* from, std::int64_t step, std::int64_t depth_step,
                 std::int64_t size, std::int64_t depth, std::int64_t width, float* to) {
    for (std::int64_t first = 0; first < size; first += width, to += width * depth) {
        const std::int64_t used = std::min(width, size - first);
        const float* panel = from + first * step;
        if (step != 1) {
            kernels.pack_rows(panel, step, used, depth, width, to);
            continue;
        }
        if (used < width) std::memset(to, 0, static_cast<std::size_t>(width * depth) * sizeof(float));
        for (std::int64_t k = 0; k < depth; ++k)
            std::memcpy(to + k * width, panel + k * depth_step, static_cast<std::size_t>(used) * sizeof(float));
    }
}

void gemm(const Kernels& kernels, int threads, float alpha, const Operand& a, const Operand& b, float beta,
          backend::DenseSpan out, Part part, const std::stop_token& stop) {
    if (out.rows == 0 || out.cols == 0) return;
    if (a.cols() == 0) {
        for (std::int64_t r = 0; r < out.rows; ++r)
            for (std::int64_t c = 0; c < out.cols; ++c) out.row(r)[c] = beta == 0.0F ? 0.0F : beta * out.row(r)[c];
        return;
    }
    Product(kernels, threads, alpha, a, b, beta, out, part, stop).run();
}

}  // namespace crosslift::cpu
