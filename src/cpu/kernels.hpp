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

/// What the rows of one ALS half step share. Rows of `fixed` and `gram` are `padded` numbers long, a multiple of the
/// lanes, with zeros behind the `factors` true ones; `gram` is background * Y'Y with ones on the padding's diagonal.
struct AlsSystem {
    const float* fixed;
    const float* gram;
    std::int64_t factors;
    std::int64_t padded;
    float alpha;
    float target_offset;
    int cg_steps;
};

/// Some cells of one row; without values each is 1, without targets each t is what AlsSystem says.
struct AlsCells {
    const std::int32_t* columns;
    const float* values;
    const float* targets;
    std::int64_t size;
};

/// Up to `lanes` row systems, all of which are solved at once: matrix n (upper triangle, padded x padded) at
/// matrices + n * padded^2, right-hand side n at sides + n * padded. `out[n]` gets `factors` numbers.
struct AlsBatch {
    float* matrices;
    float* sides;
    const float* ridges;
    float* const* out;
    int size;
};

/// Scores of packed items for packed queries: items lie in panels of `tile_cols`, queries in one panel of at most
/// `tile_rows`, both as in GemmBlock. Query q gets its scores at scores + q * stride, those of the padding included.
/// Each score is one chain of sums over the factors, so it does not depend on which other queries there are.
struct ScoreBlock {
    const float* queries;
    const float* items;
    const float* bias;  ///< one per item and padding item, or null
    float* scores;
    std::int64_t stride;
    std::int64_t panels;
    std::int64_t factors;
    int size;  ///< queries
};

/// The row that a stretch of BPR writes, and how (formulas/bpr.hpp).
struct BprRow {
    float* own;
    std::int64_t factors;
    float learning_rate;
    float regularization;
};

/// For a customer's row: the item bought and the one drawn. For an item's row: the customer and the other item.
struct BprPair {
    const float* first;
    const float* second;
};

struct Kernels {
    Isa isa;
    int lanes;
    int tile_rows;
    int tile_cols;
    void (*gemm_block)(const GemmBlock& block);
    /// One panel of `width` (tile_rows or tile_cols) from `used` rows that lie `step` apart: to[k * width + row].
    /// Missing rows are zero.
    void (*pack_rows)(const float* from, std::int64_t step, std::int64_t used, std::int64_t depth, std::int64_t width,
                      float* to);

    /// Numbers of scratch that one thread needs for the three functions that follow.
    std::int64_t (*als_scratch)(std::int64_t padded);
    /// matrix = from + sum w y y' (upper triangle), side += sum t y. `from` may be `matrix`.
    void (*als_accumulate)(const AlsSystem& system, const AlsCells& cells, const float* from, float* matrix,
                           float* side, float* scratch);
    /// Solves by Cholesky. A pivot lost in rounding leaves its unknown zero.
    void (*als_cholesky)(const AlsSystem& system, const AlsBatch& batch, float* scratch);
    /// Improves `out` by conjugate gradients; the row system is never built.
    void (*als_gradient)(const AlsSystem& system, const AlsCells& cells, float ridge, float* out, float* scratch);
    /// scores[c] += y.x for each cell; x has `padded` numbers.
    void (*als_scores)(const AlsSystem& system, const AlsCells& cells, const float* x, float* scores);
    /// to (cols numbers) -= matrix' x; matrix is rows x cols, cols a multiple of the lanes, rows of two.
    void (*als_subtract_product)(const float* matrix, const float* x, std::int64_t rows, std::int64_t cols, float* to);

    /// Steps a customer through `size` pairs; returns how many were in the right order before their step.
    std::int64_t (*bpr_customer)(const BprRow& row, const BprPair* pairs, std::int64_t size);
    /// Steps an item through `size` pairs, in the first `bought` of which it is the one that was bought.
    void (*bpr_item)(const BprRow& row, const BprPair* pairs, std::int64_t size, std::int64_t bought);

    void (*score_items)(const ScoreBlock& block);
    /// The same number for one query (number q of its panel) and one item (number i of its panel).
    float (*score_item)(const float* queries, int q, const float* item_panel, int i, std::int64_t factors);
    /// Is any of `size` (a multiple of tile_cols) numbers above the threshold?
    bool (*any_above)(const float* numbers, std::int64_t size, float threshold);
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
