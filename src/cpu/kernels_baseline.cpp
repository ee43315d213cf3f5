#include "cpu/kernels.hpp"
#define CROSSLIFT_SET baseline
#define CROSSLIFT_LANES 4
#define CROSSLIFT_TILE_ROWS 4
#define CROSSLIFT_TILE_VECTORS 2
#include "cpu/kernels.inl"
