// Stochastic gradient steps of one row of a BPR model.

/// The sum over all lanes, half on half.
static inline __attribute__((always_inline)) float lanes_sum(Vector v) {
#if CROSSLIFT_LANES == 16
    v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
#elif CROSSLIFT_LANES == 8
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
#endif
    return (v[0] + v[2]) + (v[1] + v[3]);
}

/// own.(first - second) or, where `item`, first.(own - second).
template <bool item>
static inline __attribute__((always_inline)) float bpr_margin(const float* own, const BprPair& pair, Index factors) {
    Vector sums = {};
    Index k = 0;
    for (; k + lanes <= factors; k += lanes)
        sums += item ? load(pair.first + k) * (load(own + k) - load(pair.second + k))
                     : load(own + k) * (load(pair.first + k) - load(pair.second + k));
    float sum = lanes_sum(sums);
    for (; k < factors; ++k)
        sum += item ? pair.first[k] * (own[k] - pair.second[k]) : own[k] * (pair.first[k] - pair.second[k]);
    return sum;
}

/// own += rate * (pull * slope - regularization * own); the slope is first - second or, where `item`, sign * first.
template <bool item>
static inline __attribute__((always_inline)) void bpr_move(const BprRow& row, const BprPair& pair, float pull) {
    const Vector pulls = broadcast(row.learning_rate * pull);
    const Vector keep = broadcast(1.0F - row.learning_rate * row.regularization);
    Index k = 0;
    for (; k + lanes <= row.factors; k += lanes) {
        const Vector slope = item ? load(pair.first + k) : load(pair.first + k) - load(pair.second + k);
        store(row.own + k, keep * load(row.own + k) + pulls * slope);
    }
    for (; k < row.factors; ++k) {
        const float slope = item ? pair.first[k] : pair.first[k] - pair.second[k];
        row.own[k] = keep[0] * row.own[k] + pulls[0] * slope;
    }
}

static inline __attribute__((always_inline)) void bpr_fetch(const BprPair& pair, Index factors) {
    for (Index k = 0; k < factors; k += 16) {
        __builtin_prefetch(pair.first + k);
        __builtin_prefetch(pair.second + k);
    }
}

static std::int64_t bpr_customer(const BprRow& row, const BprPair* pairs, Index size) {
    Index ordered = 0;
    for (Index n = 0; n < size; ++n) {
        if (n + 2 < size) bpr_fetch(pairs[n + 2], row.factors);
        const float z = bpr_margin<false>(row.own, pairs[n], row.factors);
        if (z > 0) ++ordered;
        bpr_move<false>(row, pairs[n], 1.0F / (1.0F + __builtin_expf(z)));
    }
    return ordered;
}

static void bpr_item(const BprRow& row, const BprPair* pairs, Index size, Index bought) {
    for (Index n = 0; n < size; ++n) {
        if (n + 2 < size) bpr_fetch(pairs[n + 2], row.factors);
        const float sign = n < bought ? 1.0F : -1.0F;
        const float z = sign * bpr_margin<true>(row.own, pairs[n], row.factors);
        bpr_move<true>(row, pairs[n], sign / (1.0F + __builtin_expf(z)));
    }
}
