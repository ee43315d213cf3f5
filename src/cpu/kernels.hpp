// The inner loops, compiled once per instruction set and called through a table.
//
// Each kernels_<set>.cpp includes kernels.inl with compiler options of its own. So that no function compiled for a
// rich instruction set can replace one of the rest of the program, that text uses no template or inline function of
// the standard library.
#pragma once

#include "cpu/simd.hpp"

#include <cstdint>

namespace crosslift::cpu {

/// c (m x n) = beta * c + alpha * a b from packed panels: `a` holds panels of `tile_rows` rows, `b` panels of
/// `tile_cols` columns, each panel depth x width and padded with zeros.
struct GemmBlock {
    const float* a;
    const float* b;
    float* c;
    std::int64_t stride;  ///< of c
    std::int64_t m;
    std::int64_t n;
    std::int64_t depth;
    float alpha;
    float beta;             ///< 0: c is not read
    bool lower;             ///< leave out tiles that lie wholly above the diagonal
    std::int64_t diagonal;  ///< row of c's first row minus column of its first column, where `lower`
};

struct Kernels {
    Isa isa;
    int tile_rows;
    int tile_cols;
    void (*gemm_block)(const GemmBlock& block);
};

namespace baseline {
extern const Kernels kernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}
#endif

/// The table of one instruction set that this machine can run.
inline const Kernels& kernels_of(Isa isa) {
#if defined(__x86_64__)
    if (isa == Isa::avx512) return avx512::kernels;
    if (isa == Isa::avx2) return avx2::kernels;
#endif
    static_cast<void>(isa);
    return baseline::kernels;
}

}  // namespace crosslift::cpu
