// The parts of one ALS half step: what its kernels read, and the ways to solve a row.
#pragma once

#include "backend/backend.hpp"
#include "cuda/cuda_backend.hpp"
#include "cuda/rows.hpp"
#include "formulas/host_device.hpp"

#include <cstdint>
#include <cuda_fp16.h>

namespace crosslift::cuda {

/// A pivot below this share of its diagonal number is taken for zero, and its direction gets no weight.
constexpr float smallest_pivot = 1e-6F;

constexpr int most_factors = 1024;

/// Up to this many factors (padded) a row is gathered, summed and solved by one block without leaving its chip.
constexpr int most_fused_factors = 128;

/// Factors that are solved for at a time, of all `d` or of one block of iALS++: numbers first .. first + used of a row.
struct Window {
    int first;
    int used;
    int place;  ///< where they begin in a padded row
};

/// How the rows of a half step are solved; long rows are cut into pieces in any case.
enum class Solver {
    fused,    ///< Cholesky, up to most_fused_factors
    blocked,  ///< Cholesky, more factors
    cg,
    ials_pp,
};

/// Everything that the kernels of one half step read; handed to them by value. See backend::AlsStep for the formulas.
///
/// The fixed factors are copied to rows of `pitch` numbers: the windows' factors, each window padded to `width` numbers
/// by zeros. They are `fixed`, or, where products are of 16-bit numbers, `halves` times *half_scale; the other is null.
struct AlsProblem {
    DeviceRows rows;
    const std::int64_t* order;  ///< row numbers bin by bin
    const float* fixed;
    const __half* halves;
    const float* half_scale;
    std::int64_t pitch;
    int width;
    backend::DenseView gram;
    backend::DenseSpan out;
    float background;
    float alpha;
    float target_offset;
    const float* ridge;  ///< lambda_u of each row
    int cg_steps;
    int block;  ///< factors of a block of iALS++, or 0

    CROSSLIFT_HD bool mixed() const { return halves != nullptr; }
    CROSSLIFT_HD Solver solver() const {
        if (block > 0) return Solver::ials_pp;
        if (cg_steps > 0) return Solver::cg;
        return width > most_fused_factors ? Solver::blocked : Solver::fused;
    }
    CROSSLIFT_HD int factors() const { return static_cast<int>(out.cols); }
    /// The most factors of a window.
    CROSSLIFT_HD int window_size() const { return block > 0 ? block : factors(); }
    CROSSLIFT_HD int windows() const { return (factors() + window_size() - 1) / window_size(); }
    CROSSLIFT_HD Window window(int number) const {
        const int first = number * window_size();
        const int left = factors() - first;
        return {first, left < window_size() ? left : window_size(), number * width};
    }
};

/// The number of factors that a solver's kernels are made for, `factors` or the next larger one.
int fused_width(std::int64_t factors);
int cg_width(std::int64_t factors);

/// Cholesky, one block per row; rows order[first .. first + count), each with at least one cell; width at most
/// most_fused_factors.
void solve_fused(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count);

/// Conjugate gradients without the matrix, for the rows of one bin or a part of it; any number of factors.
void solve_cg(LaneState& lane, const AlsProblem& problem, const Bin& bin);

/// The same for long rows, piece by piece.
void solve_long_cg(LaneState& lane, const AlsProblem& problem, const std::vector<LongRow>& rows,
                   const std::stop_token& stop);

/// One pass of iALS++, one block per row; the same rows, which have no more cells than CudaRows::longest_whole_row.
void solve_ials_pp(LaneState& lane, const AlsProblem& problem, std::int64_t first, std::int64_t count);

/// Any number of factors and cells, through matrices in device memory: Cholesky or blocks of iALS++. Long rows are cut
/// into pieces of fixed size whose sums are added in order.
void solve_blocked(LaneState& lane, const AlsProblem& problem, const Bin& bin, const std::stop_token& stop);
void solve_long(LaneState& lane, const AlsProblem& problem, const std::vector<LongRow>& rows,
                const std::stop_token& stop);

}  // namespace crosslift::cuda
