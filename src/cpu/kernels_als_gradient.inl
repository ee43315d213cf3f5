// Conjugate gradients for one row of an ALS half step (Takacs et al. 2011), straight from the factor rows.

/// The factor rows of up to `lanes` cells; missing ones repeat the first and count nothing.
struct CellBlock {
    const float* y[lanes];
    Index used;
};

static inline CellBlock cell_block(const AlsSystem& s, const AlsCells& cells, Index first) {
    CellBlock block;
    block.used = cells.size - first < lanes ? cells.size - first : lanes;
    for (Index c = 0; c < lanes; ++c)
        block.y[c] = s.fixed + cells.columns[first + (c < block.used ? c : 0)] * s.padded;
    return block;
}

/// y.x for each cell of a block, one per lane.
static inline Vector dots(const CellBlock& block, const float* x, Index padded) {
    Vector sum[lanes] = {};
    for (Index f = 0; f < padded; f += lanes) {
        const Vector factor = load(x + f);
#pragma GCC unroll 16
        for (int c = 0; c < lanes; ++c) sum[c] += load(block.y[c] + f) * factor;
    }
    return sums_of(sum);
}

/// to += sum of strength y.
static inline void add_cells(const CellBlock& block, Vector strength, float* to, Index padded) {
    float each[lanes];
    store(each, strength);
    for (Index f = 0; f < padded; f += lanes) {
        Vector sum = load(to + f);
#pragma GCC unroll 16
        for (int c = 0; c < lanes; ++c) sum += each[c] * load(block.y[c] + f);
        store(to + f, sum);
    }
}

/// to = sign * (gram + ridge) x; the padding's ones meet zeros in x.
static void times_gram(const AlsSystem& s, float ridge, const float* x, float sign, float* to) {
    for (Index f = 0; f < s.padded; f += lanes) {
        Vector even = ridge * load(x + f);
        Vector odd = {};
        for (Index k = 0; k < s.padded; k += 2) {
            even += x[k] * load(s.gram + k * s.padded + f);
            odd += x[k + 1] * load(s.gram + (k + 1) * s.padded + f);
        }
        store(to + f, sign * (even + odd));
    }
}

static inline Vector weights_of(const AlsSystem& s, const AlsCells& cells, Index first, Index used) {
    Vector weight = {};
    for (Index c = 0; c < used; ++c) weight[c] = s.alpha * (cells.values == nullptr ? 1.0F : cells.values[first + c]);
    return weight;
}

static float product(const float* a, const float* b, Index size) {
    Vector sum = {};
    for (Index f = 0; f < size; f += lanes) sum += load(a + f) * load(b + f);
    float total = 0;
    for (int l = 0; l < lanes; ++l) total += sum[l];
    return total;
}

/// rest = b - A x
static void first_residual(const AlsSystem& s, const AlsCells& cells, float ridge, const float* x, float* rest) {
    times_gram(s, ridge, x, -1, rest);
    for (Index first = 0; first < cells.size; first += lanes) {
        const CellBlock block = cell_block(s, cells, first);
        const Vector weight = weights_of(s, cells, first, block.used);
        Vector offset = {};
        for (Index c = 0; c < block.used; ++c) offset[c] = s.target_offset;
        add_cells(block, offset + weight - weight * dots(block, x, s.padded), rest, s.padded);
    }
}

/// to = A x
static void times_system(const AlsSystem& s, const AlsCells& cells, float ridge, const float* x, float* to) {
    times_gram(s, ridge, x, 1, to);
    for (Index first = 0; first < cells.size; first += lanes) {
        const CellBlock block = cell_block(s, cells, first);
        const Vector weight = weights_of(s, cells, first, block.used);
        add_cells(block, weight * dots(block, x, s.padded), to, s.padded);
    }
}

static void als_gradient(const AlsSystem& s, const AlsCells& cells, float ridge, float* out, float* scratch) {
    const Index d = s.padded;
    float* x = scratch;
    float* rest = x + d;
    float* direction = rest + d;
    float* image = direction + d;
    for (Index f = 0; f < d; ++f) x[f] = f < s.factors ? out[f] : 0.0F;
    first_residual(s, cells, ridge, x, rest);
    for (Index f = 0; f < d; ++f) direction[f] = rest[f];
    float size = product(rest, rest, d);
    const float enough = 1e-14F * size;
    for (int step = 0; step < s.cg_steps && size > enough; ++step) {
        times_system(s, cells, ridge, direction, image);
        const float curvature = product(direction, image, d);
        if (!(curvature > 0.0F)) break;
        const float length = size / curvature;
        for (Index f = 0; f < d; f += lanes) {
            store(x + f, load(x + f) + length * load(direction + f));
            store(rest + f, load(rest + f) - length * load(image + f));
        }
        const float next = product(rest, rest, d);
        for (Index f = 0; f < d; f += lanes)
            store(direction + f, load(rest + f) + next / size * load(direction + f));
        size = next;
    }
    for (Index f = 0; f < s.factors; ++f) out[f] = x[f];
}
