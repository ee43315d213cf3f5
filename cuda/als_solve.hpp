// The parts of one ALS half step: what its kernels read, and the three ways to solve a row.
#pragma once

#include "backend/backend.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/rows.hpp"

#include <cstdint>

namespace crosslift::cuda {

/// Everything that the kernels of one half step read; handed to them by value. See backend::AlsStep for the formulas.
struct AlsProblem {
    DeviceRows rows;
    const std::int64_t* order;  ///< row numbers bin by bin
    const float* fixed;         ///< the fixed factors, copied to `pitch` columns, zeros beyond d
    std::int64_t pitch;
    backend::DenseView gram;
    backend::DenseSpan out;
    float background;
    float alpha;
    float target_offset;
    const float* ridge;  ///< lambda_u of each row
    int cg_steps;

    int factors() const { return static_cast<int>(out.cols); }
};

/// A pivot below this share of its diagonal number is taken for zero, and its direction gets no weight.
constexpr float smallest_pivot = 1e-6F;

/// Up to this many factors (padded) a row is gathered, summed and solved by one block without leaving its chip.
constexpr int most_fused_factors = 128;

/// Columns to pad the fixed factors to.
std::int64_t fused_pitch(std::int64_t factors);
std::int64_t cg_pitch(std::int64_t factors);

/// Cholesky, one block per row; rows order[first .. first + count), each with at least one cell; pitch at most
/// most_fused_factors.
void solve_fused(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count);

/// Conjugate gradients without the matrix, a few rows per block; the same rows; any number of factors.
void solve_cg(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count);

/// Any number of factors and cells, through matrices in device memory: Cholesky, or conjugate gradients where
/// problem.cg_steps > 0. Long rows are cut into pieces of fixed size whose sums are added in order.
void solve_blocked(LaneState& lane, const AlsProblem& problem, const Bin& bin, const std::stop_token& stop);
void solve_long(LaneState& lane, const AlsProblem& problem, const std::vector<LongRow>& rows,
                const std::stop_token& stop);

}  // namespace crosslift::cuda
