// Packed matrix product (Goto and van de Geijn 2008): a tile of c stays in registers while the depth runs.
constexpr int tile_rows = CROSSLIFT_TILE_ROWS;
constexpr int tile_vectors = CROSSLIFT_TILE_VECTORS;
constexpr int tile_cols = tile_vectors * lanes;

/// to (rows x cols of a tile_rows x tile_cols tile) = beta * to + alpha * tile.
static void write_part(const float* tile, float* to, Index stride, Index rows, Index cols, float alpha, float beta) {
    for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < cols; ++j) {
            float& value = to[i * stride + j];
            const float sum = alpha * tile[i * tile_cols + j];
            value = beta == 0.0F ? sum : beta * value + sum;
        }
}

static void gemm_tile(const GemmBlock& g, const float* a, const float* b, float* c, Index rows, Index cols) {
    Vector sum[tile_rows][tile_vectors] = {};
    for (Index i = 0; i < rows; ++i) {
        __builtin_prefetch(c + i * g.stride, 1);
        __builtin_prefetch(c + i * g.stride + cols - 1, 1);
    }
    for (Index k = 0; k < g.depth; ++k, a += tile_rows, b += tile_cols) {
        Vector right[tile_vectors];
#pragma GCC unroll 4
        for (int v = 0; v < tile_vectors; ++v) right[v] = load(b + v * lanes);
#pragma GCC unroll 16
        for (int i = 0; i < tile_rows; ++i) {
#pragma GCC unroll 4
            for (int v = 0; v < tile_vectors; ++v) sum[i][v] += a[i] * right[v];
        }
    }
    if (rows < tile_rows || cols < tile_cols) {
        alignas(64) float tile[tile_rows * tile_cols];
#pragma GCC unroll 16
        for (int i = 0; i < tile_rows; ++i) {
#pragma GCC unroll 4
            for (int v = 0; v < tile_vectors; ++v) store(tile + i * tile_cols + v * lanes, sum[i][v]);
        }
        write_part(tile, c, g.stride, rows, cols, g.alpha, g.beta);
        return;
    }
#pragma GCC unroll 16
    for (int i = 0; i < tile_rows; ++i) {
#pragma GCC unroll 4
        for (int v = 0; v < tile_vectors; ++v) {
            float* to = c + i * g.stride + v * lanes;
            const Vector product = g.alpha * sum[i][v];
            store(to, g.beta == 0.0F ? product : g.beta * load(to) + product);
        }
    }
}

static void gemm_block(const GemmBlock& g) {
    for (Index j = 0; j < g.n; j += tile_cols) {
        const Index cols = g.n - j < tile_cols ? g.n - j : tile_cols;
        for (Index i = 0; i < g.m; i += tile_rows) {
            const Index rows = g.m - i < tile_rows ? g.m - i : tile_rows;
            if (g.lower && g.diagonal + i + rows - 1 < j) continue;
            gemm_tile(g, g.a + i * g.depth, g.b + j * g.depth, g.c + i * g.stride + j, rows, cols);
        }
    }
}
