// The text of the inner loops; see kernels.hpp. The file that includes it names the instruction set, how many floats
// its vectors hold, and the size of the register tile of a matrix product.
namespace crosslift::cpu::CROSSLIFT_SET {

using Index = std::int64_t;
constexpr int lanes = CROSSLIFT_LANES;

/// One register of floats; arithmetic works lane by lane, and a * b + c becomes one instruction where there is one.
typedef float Vector __attribute__((vector_size(sizeof(float) * lanes)));
typedef float LooseVector __attribute__((vector_size(sizeof(float) * lanes), aligned(sizeof(float))));

static inline __attribute__((always_inline)) Vector load(const float* from) {
    return *reinterpret_cast<const LooseVector*>(from);
}
static inline __attribute__((always_inline)) void store(float* to, Vector value) {
    *reinterpret_cast<LooseVector*>(to) = value;
}
static inline __attribute__((always_inline)) Vector broadcast(float value) { return value - Vector{}; }


#include "cpu/kernels_gemm.inl"
#include "cpu/kernels_lanes.inl"
#include "cpu/kernels_pack.inl"
#include "cpu/kernels_als_build.inl"
#include "cpu/kernels_als_cholesky.inl"
#include "cpu/kernels_als_gradient.inl"
#include "cpu/kernels_bpr.inl"
#include "cpu/kernels_als_scores.inl"
#include "cpu/kernels_score.inl"

extern const Kernels kernels;
const Kernels kernels = {
    CROSSLIFT_LANES == 16 ? Isa::avx512 : CROSSLIFT_LANES == 8 ? Isa::avx2 : Isa::baseline,
    lanes,
    tile_rows,
    tile_cols,
    gemm_block,
    pack_rows,
    als_scratch,
    als_accumulate,
    als_cholesky,
    als_gradient,
    als_scores,
    als_subtract_product,
    bpr_customer,
    bpr_item,
    score_items,
    score_item,
    any_above,
};

}  // namespace crosslift::cpu::CROSSLIFT_SET
