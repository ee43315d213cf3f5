// Turns rows of a matrix into a panel of a packed product, a square of lanes x lanes numbers at a time.
static void pack_rows(const float* from, Index step, Index used, Index depth, Index width, float* to) {
    Index done = 0;
    // A vector may be longer than the width: what it writes too far, the next one overwrites. The last numbers are
    // therefore written one by one.
    for (; done + lanes < depth; done += lanes) {
        for (Index first = 0; first < width; first += lanes) {
            Vector rows[lanes] = {};
#pragma GCC unroll 16
            for (Index i = 0; i < lanes; ++i)
                if (first + i < used) rows[i] = load(from + (first + i) * step + done);
            transpose(rows);
#pragma GCC unroll 16
            for (Index k = 0; k < lanes; ++k) store(to + (done + k) * width + first, rows[k]);
        }
    }
    for (; done < depth; ++done)
        for (Index i = 0; i < width; ++i) to[done * width + i] = i < used ? from[i * step + done] : 0.0F;
}
