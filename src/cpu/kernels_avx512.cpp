#include "cpu/kernels.hpp"

#if defined(__x86_64__)
#define CROSSLIFT_SET avx512
#define CROSSLIFT_LANES 16
#define CROSSLIFT_TILE_ROWS 14
#define CROSSLIFT_TILE_VECTORS 2
#include "cpu/kernels.inl"
#endif
