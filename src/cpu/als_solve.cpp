#include "cpu/cpu_backend.hpp"
#include "cpu/scratch.hpp"
#include "cpu/threads.hpp"
#include "formulas/als.hpp"

#include <algorithm>
#include <cmath>

namespace crosslift::cpu {
namespace {

/// Solves the row systems of one half step, one row at a time in double precision.
class RowSolver {
public:
    RowSolver(const CsrView& rows, backend::DenseView fixed, backend::DenseView gram, const backend::AlsStep& step)
        : rows_(rows), fixed_(fixed), gram_(gram), step_(step), d_(fixed.cols), a_(d_ * d_), b_(d_), work_(3 * d_) {}

    void solve(std::int64_t row, float* out) {
        if (rows_.begin(row) == rows_.end(row)) {
            std::fill(out, out + d_, 0.0F);
            return;
        }
        build(row);
        if (step_.cg_steps > 0)
            conjugate_gradients(out);
        else
            cholesky(out);
    }

private:
    void build(std::int64_t row) {
        const auto cells = rows_.row(row);
        const auto values = rows_.row_values(row);
        const double ridge = static_cast<double>(formulas::als_ridge(
            step_.regularization, step_.frequency_offset, step_.nu, static_cast<std::int64_t>(cells.size())));
        for (std::int64_t i = 0; i < d_; ++i) {
            b_[i] = 0;
            for (std::int64_t j = 0; j < d_; ++j)
                a_[i * d_ + j] = static_cast<double>(step_.background * gram_.row(i)[j]) + (i == j ? ridge : 0);
        }
        for (std::size_t cell = 0; cell < cells.size(); ++cell) {
            const float r = values.empty() ? 1.0F : values[cell];
            const double w = static_cast<double>(formulas::als_weight(step_.alpha, r));
            const double t = static_cast<double>(formulas::als_target(step_.target_offset, step_.alpha, r));
            const float* y = fixed_.row(cells[cell]);
            for (std::int64_t i = 0; i < d_; ++i) {
                const double yi = static_cast<double>(y[i]);
                b_[i] += t * yi;
                for (std::int64_t j = 0; j <= i; ++j) a_[i * d_ + j] += w * yi * static_cast<double>(y[j]);
            }
        }
        for (std::int64_t i = 0; i < d_; ++i)
            for (std::int64_t j = 0; j < i; ++j) a_[j * d_ + i] = a_[i * d_ + j];
    }

    void cholesky(float* out) {
        for (std::int64_t j = 0; j < d_; ++j) {
            const double original = a_[j * d_ + j];
            double pivot = original;
            for (std::int64_t k = 0; k < j; ++k) pivot -= a_[j * d_ + k] * a_[j * d_ + k];
            const double inverse = pivot > 1e-6 * original ? 1 / std::sqrt(pivot) : 0;
            a_[j * d_ + j] = inverse;
            for (std::int64_t i = j + 1; i < d_; ++i) {
                double sum = a_[i * d_ + j];
                for (std::int64_t k = 0; k < j; ++k) sum -= a_[i * d_ + k] * a_[j * d_ + k];
                a_[i * d_ + j] = sum * inverse;
            }
        }
        for (std::int64_t i = 0; i < d_; ++i) {
            for (std::int64_t k = 0; k < i; ++k) b_[i] -= a_[i * d_ + k] * b_[k];
            b_[i] *= a_[i * d_ + i];
        }
        for (std::int64_t i = d_ - 1; i >= 0; --i) {
            for (std::int64_t k = i + 1; k < d_; ++k) b_[i] -= a_[k * d_ + i] * b_[k];
            b_[i] *= a_[i * d_ + i];
            out[i] = static_cast<float>(b_[i]);
        }
    }

    double times(const double* p, double* ap) const {
        double sum = 0;
        for (std::int64_t i = 0; i < d_; ++i) {
            ap[i] = 0;
            for (std::int64_t j = 0; j < d_; ++j) ap[i] += a_[i * d_ + j] * p[j];
            sum += ap[i] * p[i];
        }
        return sum;
    }

    void conjugate_gradients(float* out) {
        double* x = work_.data();
        double* p = x + d_;
        double* ap = p + d_;
        for (std::int64_t i = 0; i < d_; ++i) x[i] = static_cast<double>(out[i]);
        times(x, ap);
        double rest = 0;
        for (std::int64_t i = 0; i < d_; ++i) {
            p[i] = b_[i] -= ap[i];
            rest += b_[i] * b_[i];
        }
        for (int step = 0; step < step_.cg_steps && rest > 0; ++step) {
            const double length = rest / times(p, ap);
            double next = 0;
            for (std::int64_t i = 0; i < d_; ++i) {
                x[i] += length * p[i];
                b_[i] -= length * ap[i];
                next += b_[i] * b_[i];
            }
            for (std::int64_t i = 0; i < d_; ++i) p[i] = b_[i] + next / rest * p[i];
            rest = next;
        }
        for (std::int64_t i = 0; i < d_; ++i) out[i] = static_cast<float>(x[i]);
    }

    const CsrView& rows_;
    backend::DenseView fixed_;
    backend::DenseView gram_;
    const backend::AlsStep& step_;
    std::int64_t d_;
    Scratch<double> a_;
    Scratch<double> b_;
    Scratch<double> work_;
};

}  // namespace

void CpuBackend::als_solve(backend::Lane& lane, const backend::Rows& rows, backend::DenseView fixed,
                           backend::DenseView gram, const backend::AlsStep& step, backend::DenseSpan out) const {
    const CpuRows& own = cpu_rows(rows);
    const std::int64_t d = fixed.cols;
    check_shape(fixed, own.cols(), d, "the fixed factors of als_solve");
    check_shape(gram, d, d, "the gram matrix of als_solve");
    check_shape(out, own.rows(), d, "the result of als_solve");
    constexpr std::int64_t rows_per_task = 16;
    parallel_for(threads_of(lane), (own.rows() + rows_per_task - 1) / rows_per_task, [&](std::int64_t task, int) {
        RowSolver solver(own.view(), fixed, gram, step);
        for (std::int64_t i = task * rows_per_task; i < std::min(own.rows(), (task + 1) * rows_per_task); ++i) {
            if (step.stop.stop_requested()) return;
            const std::int64_t row = own.longest_first()[static_cast<std::size_t>(i)];
            solver.solve(row, out.row(row));
        }
    });
}

}  // namespace crosslift::cpu
