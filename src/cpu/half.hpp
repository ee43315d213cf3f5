// Factors in 16 bits. This machine stores them and computes in 32.
#pragma once

#include "backend/array.hpp"
#include "cpu/scratch.hpp"

namespace crosslift::cpu {

/// Factors as plain 32-bit numbers: where they lie if they are so already, else a copy that lives as long as this.
class WideFactors {
public:
    WideFactors(int threads, const backend::FactorView& from);
    backend::DenseView view() const { return view_; }

private:
    Scratch<float> memory_;
    backend::DenseView view_;
};

void widen_factors(int threads, const backend::FactorView& from, backend::DenseSpan to);

/// The scale under which `factors` are stored in 16 bits.
float half_scale_of(int threads, backend::DenseView factors);

}  // namespace crosslift::cpu
