#include "cpu/kernels.hpp"

#if defined(__x86_64__)
#define CROSSLIFT_SET avx2
#define CROSSLIFT_LANES 8
#define CROSSLIFT_TILE_ROWS 6
#define CROSSLIFT_TILE_VECTORS 2
#include "cpu/kernels.inl"
#endif
