// Scores of many items, and the quick look for those that can still enter a list of the best.

/// One query: several panels at once, because a chain of sums alone would wait for itself.
template <int panels>
static inline __attribute__((always_inline)) void score_panels(const float* query, const float* items, Index factors,
                                                               float* scores) {
    Vector sum[panels][tile_vectors] = {};
    const Index panel_size = factors * tile_cols;
    for (Index k = 0; k < factors; ++k) {
#pragma GCC unroll 4
        for (int p = 0; p < panels; ++p) {
#pragma GCC unroll 4
            for (int v = 0; v < tile_vectors; ++v)
                sum[p][v] += query[k * tile_rows] * load(items + p * panel_size + k * tile_cols + v * lanes);
        }
    }
#pragma GCC unroll 4
    for (int p = 0; p < panels; ++p) {
#pragma GCC unroll 4
        for (int v = 0; v < tile_vectors; ++v) store(scores + p * tile_cols + v * lanes, sum[p][v]);
    }
}

static void score_items(const ScoreBlock& s) {
    if (s.size == 1) {
        Index panel = 0;
        for (; panel + 4 <= s.panels; panel += 4)
            score_panels<4>(s.queries, s.items + panel * s.factors * tile_cols, s.factors,
                            s.scores + panel * tile_cols);
        for (; panel < s.panels; ++panel)
            score_panels<1>(s.queries, s.items + panel * s.factors * tile_cols, s.factors,
                            s.scores + panel * tile_cols);
    } else {
        gemm_block({s.queries, s.items, s.scores, s.stride, s.size, s.panels * tile_cols, s.factors, 1.0F, 0.0F, false,
                    0});
    }
    if (s.bias == nullptr) return;
    for (int q = 0; q < s.size; ++q)
        for (Index i = 0; i < s.panels * tile_cols; i += lanes) {
            float* to = s.scores + q * s.stride + i;
            store(to, load(to) + load(s.bias + i));
        }
}

static float score_item(const float* queries, int q, const float* item_panel, int i, Index factors) {
    float sum = 0;
    for (Index k = 0; k < factors; ++k) sum += queries[k * tile_rows + q] * item_panel[k * tile_cols + i];
    return sum;
}

static bool any_above(const float* numbers, Index size, float threshold) {
    Vector most = broadcast(threshold);
    for (Index i = 0; i < size; i += lanes) {
        const Vector other = load(numbers + i);
        most = other > most ? other : most;  // what is not a number is never above
    }
    const auto above = most > broadcast(threshold);
    int any = 0;
#pragma GCC unroll 16
    for (int l = 0; l < lanes; ++l) any |= above[l];
    return any != 0;
}
