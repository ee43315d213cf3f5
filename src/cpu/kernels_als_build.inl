// Builds the row systems of an ALS half step: gathers factor rows, packs them scaled by sqrt(w), and adds up their
// outer products in register tiles.
constexpr int build_rows = CROSSLIFT_LANES == 16 ? 8 : 4;  // of a register tile
constexpr Index packed_cells = 128;                        // gathered at a time

/// to = from +- sum_k left[k][row..] right[k][col..]' for build_rows x (vectors * lanes) numbers.
template <int vectors, bool subtract>
static inline __attribute__((always_inline)) void build_tile(const float* from, float* to, Index stride,
                                                             const float* rows, Index row_stride, Index depth,
                                                             Index row, Index col) {
    Vector sum[build_rows][vectors];
#pragma GCC unroll 8
    for (int i = 0; i < build_rows; ++i) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) sum[i][v] = load(from + (row + i) * stride + col + v * lanes);
    }
    const float* left = rows + row;
    const float* right = rows + col;
    for (Index k = 0; k < depth; ++k, left += row_stride, right += row_stride) {
        Vector y[vectors];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) y[v] = load(right + v * lanes);
#pragma GCC unroll 8
        for (int i = 0; i < build_rows; ++i) {
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v) {
                if constexpr (subtract)
                    sum[i][v] -= left[i] * y[v];
                else
                    sum[i][v] += left[i] * y[v];
            }
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < build_rows; ++i) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) store(to + (row + i) * stride + col + v * lanes, sum[i][v]);
    }
}

/// The upper triangle of to = from +- rows' rows, from matrix row `first` on; rows has `depth` rows.
template <bool subtract>
static void build_upper(const float* from, float* to, Index size, const float* rows, Index depth, Index first) {
    for (Index row = first; row < size; row += build_rows) {
        Index col = row / lanes * lanes;
        Index vectors = (size - col) / lanes;
        for (; vectors > 4 || vectors == 3; vectors -= 3, col += 3 * lanes)
            build_tile<3, subtract>(from, to, size, rows, size, depth, row, col);
        for (; vectors >= 2; vectors -= 2, col += 2 * lanes)
            build_tile<2, subtract>(from, to, size, rows, size, depth, row, col);
        if (vectors == 1) build_tile<1, subtract>(from, to, size, rows, size, depth, row, col);
    }
}

static Index als_scratch(Index padded) {
    const Index pack = packed_cells * padded;
    const Index solve = (padded * (padded + 1) / 2 + 3 * padded) * lanes;
    return pack > solve ? pack : solve;
}

/// Packs four cells at once: packed = sqrt(w) y, side += t y.
static inline void pack_four(const AlsSystem& s, const AlsCells& cells, Index first, Index used, float* packed,
                             float* side) {
    const float* y[4];
    float root[4];
    float target[4];
    for (Index c = 0; c < 4; ++c) {
        const Index cell = first + (c < used ? c : 0);
        const float weight = s.alpha * (cells.values == nullptr ? 1.0F : cells.values[cell]);
        y[c] = s.fixed + cells.columns[cell] * s.padded;
        root[c] = c < used ? square_root(weight) : 0.0F;
        const float own = cells.targets == nullptr ? s.target_offset + weight : cells.targets[cell];
        target[c] = c < used ? own : 0.0F;
    }
    for (Index f = 0; f < s.padded; f += lanes) {
        Vector sum = load(side + f);
#pragma GCC unroll 4
        for (int c = 0; c < 4; ++c) {
            const Vector factor = load(y[c] + f);
            store(packed + c * s.padded + f, root[c] * factor);
            sum += target[c] * factor;
        }
        store(side + f, sum);
    }
}

static void als_accumulate(const AlsSystem& s, const AlsCells& cells, const float* from, float* matrix, float* side,
                           float* scratch) {
    for (Index first = 0; first < cells.size; first += packed_cells) {
        const Index count = cells.size - first < packed_cells ? cells.size - first : packed_cells;
        for (Index c = 0; c < count; c += 4) {
            for (Index ahead = first + c + 8; ahead < first + c + 12 && ahead < cells.size; ++ahead)
                for (Index f = 0; f < s.padded; f += 16)
                    __builtin_prefetch(s.fixed + cells.columns[ahead] * s.padded + f);
            pack_four(s, cells, first + c, count - c < 4 ? count - c : 4, scratch + c * s.padded, side);
        }
        build_upper<false>(from, matrix, s.padded, scratch, count, 0);
        from = matrix;
    }
}
