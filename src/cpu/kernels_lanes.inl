// Moves numbers between lanes and rows.

/// The first and the second half of a and b, lane by lane in turn.
static inline __attribute__((always_inline)) Vector interleave_low(Vector a, Vector b) {
#if CROSSLIFT_LANES == 16
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#elif CROSSLIFT_LANES == 8
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#else
    return __builtin_shufflevector(a, b, 0, 4, 1, 5);
#endif
}
static inline __attribute__((always_inline)) Vector interleave_high(Vector a, Vector b) {
#if CROSSLIFT_LANES == 16
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif CROSSLIFT_LANES == 8
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
    return __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
}

/// Row i, lane j becomes row j, lane i: each pass is a perfect shuffle of all numbers.
static inline __attribute__((always_inline)) void transpose(Vector (&rows)[lanes]) {
#pragma GCC unroll 4
    for (int pass = 1; pass < lanes; pass *= 2) {
        Vector shuffled[lanes];
#pragma GCC unroll 8
        for (int i = 0; i < lanes / 2; ++i) {
            shuffled[2 * i] = interleave_low(rows[i], rows[i + lanes / 2]);
            shuffled[2 * i + 1] = interleave_high(rows[i], rows[i + lanes / 2]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < lanes; ++i) rows[i] = shuffled[i];
    }
}

/// Lane i of the result is the sum over the lanes of rows[i], added in order.
static inline __attribute__((always_inline)) Vector sums_of(Vector (&rows)[lanes]) {
    transpose(rows);
    Vector sum = rows[0];
#pragma GCC unroll 16
    for (int i = 1; i < lanes; ++i) sum += rows[i];
    return sum;
}

static inline __attribute__((always_inline)) float square_root(float value) { return __builtin_sqrtf(value); }
