// The dense products of iALS++: scores of a row's cells, and what the other factors take from a block's right-hand side.

static void als_scores(const AlsSystem& s, const AlsCells& cells, const float* x, float* scores) {
    for (Index first = 0; first < cells.size; first += lanes) {
        const CellBlock block = cell_block(s, cells, first);
        const Vector sum = dots(block, x, s.padded);
        for (Index c = 0; c < block.used; ++c) scores[first + c] += sum[c];
    }
}

static void als_subtract_product(const float* matrix, const float* x, Index rows, Index cols, float* to) {
    for (Index f = 0; f < cols; f += lanes) {
        Vector even = load(to + f);
        Vector odd = {};
        for (Index k = 0; k < rows; k += 2) {
            even -= x[k] * load(matrix + k * cols + f);
            odd += x[k + 1] * load(matrix + (k + 1) * cols + f);
        }
        store(to + f, even - odd);
    }
}
