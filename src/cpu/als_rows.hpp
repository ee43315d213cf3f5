// What the ways to solve an ALS half step share: the fixed factors as kernels want them, a row's cells, long rows.
#pragma once

#include "cpu/cpu_backend.hpp"
#include "cpu/scratch.hpp"

#include <cstdint>

namespace crosslift::cpu {

/// A row of more cells is built by several threads, in tasks of `long_row_part` cells.
constexpr std::int64_t long_row = 32768;
constexpr std::int64_t long_row_part = 16384;

/// The fixed factors in rows of `padded` numbers, zeros behind each row: where they lie if they are so already, else a
/// copy that lives as long as this. `mixed` rounds them to 16 bits.
class PaddedFactors {
public:
    PaddedFactors(int threads, const backend::FactorView& fixed, std::int64_t padded, bool mixed);
    const float* data() const { return data_; }

private:
    Scratch<float> memory_;
    const float* data_ = nullptr;
};

AlsCells als_cells(const CsrView& rows, std::int64_t row);
float ridge_of(const backend::AlsStep& step, std::int64_t cells);

/// total = the system of one long row: its matrix (padded x padded), then its right-hand side. Built in parts that
/// depend on its length alone and are added in order; unfinished after a request to stop. `scratch` has
/// als_scratch(padded) numbers for each thread.
void sum_long_row(const Kernels& kernels, int threads, const AlsSystem& system, const AlsCells& cells, float* total,
                  float* scratch, const std::stop_token& stop);

/// One pass of iALS++ over all rows.
void solve_ials_pp(const Kernels& kernels, int threads, const CpuRows& rows, const backend::FactorView& fixed,
                   backend::DenseView gram, const backend::AlsStep& step, backend::DenseSpan out);

}  // namespace crosslift::cpu
