#include "cpu/cpu_backend.hpp"
#include "cpu/gemm.hpp"
#include "cpu/mirror.hpp"
#include "cpu/scratch.hpp"
#include "cpu/threads.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace crosslift::cpu {
namespace {

constexpr std::int64_t smallest = 32;  // inverted number by number
constexpr std::int64_t middle = 512;   // up to this size in blocks of `smallest`, above in blocks of `large_block`
constexpr std::int64_t large_block = 256;

/// Blocked Gauss-Jordan by symmetric sweeps (Goodnight 1979), in place on the lower triangle. After the sweep of a
/// block k with P = M_kk^-1, W = M_:k and T = W P, all other blocks are M - T W', column k is T, and M_kk is -P. When
/// all blocks are swept the matrix is minus its inverse. For positive definite matrices this is as stable as Cholesky,
/// takes the same n^3 operations, and all of them are one large product per block.
class Sweeps {
public:
    Sweeps(const Kernels& kernels, int threads, backend::DenseSpan matrix, std::int64_t first_pivot,
           const std::stop_token& stop)
        : kernels_(kernels),
          threads_(threads),
          matrix_(matrix),
          first_pivot_(first_pivot),
          stop_(stop),
          block_(matrix.rows <= smallest ? matrix.rows
                 : matrix.rows <= middle ? smallest
                                         : large_block) {}

    /// Leaves both triangles filled.
    void run() {
        if (matrix_.rows <= smallest) {
            invert_small();
            return;
        }
        pivot_.resize(block_ * block_);
        column_.resize(matrix_.rows * block_);
        product_.resize(matrix_.rows * block_);
        for (std::int64_t first = 0; first < matrix_.rows; first += block_) {
            sweep(first, std::min(block_, matrix_.rows - first));
            if (stop_.stop_requested()) throw Stopped("the inversion was stopped before it was done");
        }
        mirror_lower(threads_, matrix_, -1.0F);
    }

private:
    void sweep(std::int64_t first, std::int64_t width) {
        const std::int64_t n = matrix_.rows;
        const backend::DenseSpan pivot = {pivot_.data(), width, width, width};
        const backend::DenseSpan column = {column_.data(), n, width, width};
        const backend::DenseSpan product = {product_.data(), n, width, width};
        take_column(first, column);
        for (std::int64_t i = 0; i < width; ++i) std::copy_n(column.row(first + i), width, pivot.row(i));
        Sweeps(kernels_, 1, pivot, first_pivot_ + first, stop_).run();
        gemm(kernels_, threads_, 1, {column, false}, {pivot, false}, 0, product);
        gemm(kernels_, threads_, -1, {product, false}, {column, true}, 1, matrix_, Part::lower, stop_);
        put_column(first, product);
        for (std::int64_t i = 0; i < width; ++i)
            for (std::int64_t j = 0; j <= i; ++j) matrix_.row(first + i)[first + j] = -pivot.row(i)[j];
    }

    /// Copies block column `first` of the whole symmetric matrix from its lower triangle.
    void take_column(std::int64_t first, backend::DenseSpan column) {
        for_row_blocks([&](std::int64_t row) {
            for (std::int64_t j = 0; j < column.cols; ++j) {
                const std::int64_t col = first + j;
                column.row(row)[j] = row >= col ? matrix_.row(row)[col] : matrix_.row(col)[row];
            }
        });
    }

    /// Writes a block column back where it lies in the lower triangle; the pivot block is left alone.
    void put_column(std::int64_t first, backend::DenseSpan column) {
        for_row_blocks([&](std::int64_t row) {
            if (row >= first && row < first + column.cols) return;
            for (std::int64_t j = 0; j < column.cols; ++j) {
                const std::int64_t col = first + j;
                (row >= col ? matrix_.row(row)[col] : matrix_.row(col)[row]) = column.row(row)[j];
            }
        });
    }

    template <class Visit>
    void for_row_blocks(const Visit& visit) {
        constexpr std::int64_t rows_per_task = 128;
        const std::int64_t n = matrix_.rows;
        parallel_for(threads_, (n + rows_per_task - 1) / rows_per_task, [&](std::int64_t task, int) {
            for (std::int64_t row = task * rows_per_task; row < std::min(n, (task + 1) * rows_per_task); ++row)
                visit(row);
        });
    }

    /// Sweeps a matrix of at most `smallest` rows pivot by pivot, in double precision.
    void invert_small() {
        const std::int64_t n = matrix_.rows;
        double m[smallest][smallest];
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t j = 0; j <= i; ++j) m[i][j] = m[j][i] = static_cast<double>(matrix_.row(i)[j]);
        for (std::int64_t k = 0; k < n; ++k) {
            check_pivot(m[k][k], first_pivot_ + k);
            const double inverse = 1 / m[k][k];
            double column[smallest];
            for (std::int64_t i = 0; i < n; ++i) column[i] = m[i][k];
            for (std::int64_t i = 0; i < n; ++i)
                for (std::int64_t j = 0; j < n; ++j) m[i][j] -= column[i] * inverse * column[j];
            for (std::int64_t i = 0; i < n; ++i) m[i][k] = m[k][i] = column[i] * inverse;
            m[k][k] = -inverse;
        }
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t j = 0; j < n; ++j) matrix_.row(i)[j] = static_cast<float>(-m[i][j]);
    }

    static void check_pivot(double pivot, std::int64_t number) {
        if (pivot > 0 && std::isfinite(pivot)) return;
        throw InvalidArgument("the matrix is not positive definite: pivot " + std::to_string(number) + " is " +
                              std::to_string(pivot) + "; add more to its diagonal (a larger regularization)");
    }

    const Kernels& kernels_;
    int threads_;
    backend::DenseSpan matrix_;
    std::int64_t first_pivot_;
    const std::stop_token& stop_;
    std::int64_t block_;
    Scratch<float> pivot_;
    Scratch<float> column_;
    Scratch<float> product_;
};

}  // namespace

void CpuBackend::invert_spd(backend::Lane& lane, backend::DenseSpan matrix, std::stop_token stop) const {
    check_shape(matrix, matrix.rows, matrix.rows, "the matrix to invert");
    if (stop.stop_requested()) throw Stopped("the inversion was stopped before it began");
    Sweeps(kernels_, threads_of(lane), matrix, 0, stop).run();
}

}  // namespace crosslift::cpu
