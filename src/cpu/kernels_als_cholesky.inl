// Solves many small symmetric positive definite systems. Small ones go through Cholesky together, one system per lane;
// large ones one after the other, blocked.
constexpr Index together_limit = 128;                        // factors
constexpr int together_block = CROSSLIFT_LANES == 16 ? 4 : 2;  // register block of the batched factorisation
constexpr Index alone_block = 16;
constexpr float lost_pivot = 1e-6F;  // of its own diagonal: below, nothing but rounding is left

/// Where element (i, j), j <= i, of the packed lower triangles lies; one vector holds it for all systems.
static inline __attribute__((always_inline)) float* packed_at(float* packed, Index i, Index j) {
    return packed + (i * (i + 1) / 2 + j) * lanes;
}

/// 1 / sqrt(pivot) per lane, or 0 where the pivot is lost.
static inline __attribute__((always_inline)) Vector inverse_root(Vector pivot, Vector diagonal) {
    Vector root;
#pragma GCC unroll 16
    for (int l = 0; l < lanes; ++l)
        root[l] = pivot[l] > lost_pivot * diagonal[l] ? 1.0F / square_root(pivot[l]) : 0.0F;
    return root;
}

/// Brings the upper triangles of a batch into lanes, with the ridge on the diagonal; missing systems become zero.
static void spread(const AlsSystem& s, const AlsBatch& batch, float* packed, float* sides) {
    const Index d = s.padded;
    Vector ridge = {};
    for (int l = 0; l < batch.size; ++l) ridge[l] = batch.ridges[l];
    for (Index j = 0; j < d; ++j) {
        for (Index block = j / lanes * lanes; block < d; block += lanes) {
            Vector rows[lanes] = {};
            for (int l = 0; l < batch.size; ++l) rows[l] = load(batch.matrices + (l * d + j) * d + block);
            transpose(rows);
#pragma GCC unroll 16
            for (int q = 0; q < lanes; ++q)
                if (block + q >= j) store(packed_at(packed, block + q, j), rows[q]);
        }
        float* diagonal = packed_at(packed, j, j);
        store(diagonal, load(diagonal) + ridge);
    }
    for (Index block = 0; block < d; block += lanes) {
        Vector rows[lanes] = {};
        for (int l = 0; l < batch.size; ++l) rows[l] = load(batch.sides + l * d + block);
        transpose(rows);
        for (int q = 0; q < lanes; ++q) store(sides + (block + q) * lanes, rows[q]);
    }
}

/// Rows i0.. and columns j0.. of the factor, left looking: subtracts what earlier columns explain.
template <int block>
static inline __attribute__((always_inline)) void load_block(float* packed, Index i0, Index j0,
                                                             Vector (&a)[block][block]) {
    float* row_i[block];
    float* row_j[block];
#pragma GCC unroll 4
    for (int q = 0; q < block; ++q) {
        row_i[q] = packed_at(packed, i0 + q, 0);
        row_j[q] = packed_at(packed, j0 + q, 0);
    }
#pragma GCC unroll 4
    for (int i = 0; i < block; ++i) {
#pragma GCC unroll 4
        for (int j = 0; j < block; ++j)
            a[i][j] = i0 + i >= j0 + j ? load(row_i[i] + (j0 + j) * lanes) : Vector{};
    }
    for (Index k = 0; k < j0 * lanes; k += lanes) {
        Vector y[block];
#pragma GCC unroll 4
        for (int j = 0; j < block; ++j) y[j] = load(row_j[j] + k);
#pragma GCC unroll 4
        for (int i = 0; i < block; ++i) {
            const Vector x = load(row_i[i] + k);
#pragma GCC unroll 4
            for (int j = 0; j < block; ++j) a[i][j] -= x * y[j];
        }
    }
}

/// Factors the packed triangles in place; `inverse` gets one over the diagonal of the factor.
template <int block>
static void factor_together(float* packed, Index d, float* inverse) {
    for (Index j0 = 0; j0 < d; j0 += block) {
        Vector a[block][block];
        Vector diagonal[block];
        for (int j = 0; j < block; ++j) diagonal[j] = load(packed_at(packed, j0 + j, j0 + j));
        load_block<block>(packed, j0, j0, a);
#pragma GCC unroll 4
        for (int j = 0; j < block; ++j) {
#pragma GCC unroll 4
            for (int k = 0; k < j; ++k) {
#pragma GCC unroll 4
                for (int i = j; i < block; ++i) a[i][j] -= a[i][k] * a[j][k];
            }
            const Vector root = inverse_root(a[j][j], diagonal[j]);
            store(inverse + (j0 + j) * lanes, root);
#pragma GCC unroll 4
            for (int i = j + 1; i < block; ++i) {
                a[i][j] *= root;
                store(packed_at(packed, j0 + i, j0 + j), a[i][j]);
            }
        }
        for (Index i0 = j0 + block; i0 < d; i0 += block) {
            load_block<block>(packed, i0, j0, a);
#pragma GCC unroll 4
            for (int j = 0; j < block; ++j) {
#pragma GCC unroll 4
                for (int k = 0; k < j; ++k) {
                    const Vector l = load(packed_at(packed, j0 + j, j0 + k));
#pragma GCC unroll 4
                    for (int i = 0; i < block; ++i) a[i][j] -= a[i][k] * l;
                }
                const Vector root = load(inverse + (j0 + j) * lanes);
#pragma GCC unroll 4
                for (int i = 0; i < block; ++i) {
                    a[i][j] *= root;
                    store(packed_at(packed, i0 + i, j0 + j), a[i][j]);
                }
            }
        }
    }
}

static void substitute_together(float* packed, Index d, const float* inverse, float* sides) {
    for (Index i = 0; i < d; ++i) {
        Vector sum = load(sides + i * lanes);
        Vector other = {};
        const float* row = packed_at(packed, i, 0);
        Index k = 0;
        for (; k + 1 < i; k += 2) {
            sum -= load(row + k * lanes) * load(sides + k * lanes);
            other += load(row + (k + 1) * lanes) * load(sides + (k + 1) * lanes);
        }
        if (k < i) sum -= load(row + k * lanes) * load(sides + k * lanes);
        store(sides + i * lanes, (sum - other) * load(inverse + i * lanes));
    }
    for (Index i = d - 1; i >= 0; --i) {
        const Vector x = load(sides + i * lanes) * load(inverse + i * lanes);
        store(sides + i * lanes, x);
        const float* row = packed_at(packed, i, 0);
        for (Index k = 0; k < i; ++k) store(sides + k * lanes, load(sides + k * lanes) - load(row + k * lanes) * x);
    }
}

static void solve_together(const AlsSystem& s, const AlsBatch& batch, float* scratch) {
    const Index d = s.padded;
    float* inverse = packed_at(scratch, d, 0);
    float* sides = inverse + d * lanes;
    spread(s, batch, scratch, sides);
    factor_together<together_block>(scratch, d, inverse);
    substitute_together(scratch, d, inverse, sides);
    for (Index block = 0; block < d; block += lanes) {
        Vector rows[lanes];
        for (int q = 0; q < lanes; ++q) rows[q] = load(sides + (block + q) * lanes);
        transpose(rows);
        const Index used = s.factors - block < lanes ? s.factors - block : lanes;
        for (int l = 0; l < batch.size; ++l)
            for (Index q = 0; q < used; ++q) batch.out[l][block + q] = rows[l][q];
    }
}

/// Cholesky A = U'U of one large matrix, in place on its upper triangle, sixteen rows of U at a time.
static void factor_alone(float* u, Index d, float* inverse) {
    for (Index row = 0; row < d; ++row) inverse[row] = u[row * d + row];
    for (Index block = 0; block < d; block += alone_block) {
        const Index end = block + alone_block < d ? block + alone_block : d;
        for (Index k = block; k < end; ++k) {
            const float pivot = u[k * d + k];
            inverse[k] = pivot > lost_pivot * inverse[k] ? 1.0F / square_root(pivot) : 0.0F;
            for (Index col = k / lanes * lanes; col < k; ++col) u[k * d + col] = 0.0F;  // so that whole vectors count
            for (Index col = k / lanes * lanes; col < d; col += lanes)
                store(u + k * d + col, inverse[k] * load(u + k * d + col));
            for (Index row = k + 1; row < end; ++row) {
                const float factor = u[k * d + row];
                for (Index col = row / lanes * lanes; col < d; col += lanes)
                    store(u + row * d + col, load(u + row * d + col) - factor * load(u + k * d + col));
            }
        }
        build_upper<true>(u, u, d, u + block * d, end - block, end);
    }
}

static void solve_alone(const AlsSystem& s, float* u, float* side, float ridge, float* out, float* inverse) {
    const Index d = s.padded;
    for (Index i = 0; i < d; ++i) u[i * d + i] += ridge;
    factor_alone(u, d, inverse);
    for (Index k = 0; k < d; ++k) {
        const float z = side[k] * inverse[k];
        for (Index col = k / lanes * lanes; col < d; col += lanes)
            store(side + col, load(side + col) - z * load(u + k * d + col));
        side[k] = z;
    }
    for (Index k = d - 1; k >= 0; --k) {
        float sum = side[k];
        Index col = k + 1;
        for (; col < d && col % lanes != 0; ++col) sum -= u[k * d + col] * side[col];
        Vector sums = {};
        for (; col < d; col += lanes) sums += load(u + k * d + col) * load(side + col);
        for (int l = 0; l < lanes; ++l) sum -= sums[l];
        side[k] = sum * inverse[k];
    }
    for (Index i = 0; i < s.factors; ++i) out[i] = side[i];
}

static void als_cholesky(const AlsSystem& s, const AlsBatch& batch, float* scratch) {
    if (s.padded <= together_limit) {
        solve_together(s, batch, scratch);
        return;
    }
    for (int n = 0; n < batch.size; ++n)
        solve_alone(s, batch.matrices + n * s.padded * s.padded, batch.sides + n * s.padded, batch.ridges[n],
                    batch.out[n], scratch);
}
