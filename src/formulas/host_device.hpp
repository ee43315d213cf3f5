// One-element arithmetic is written once and compiled for every machine.
#pragma once

#if defined(__CUDACC__)
#define CROSSLIFT_HD __host__ __device__ inline
#else
#define CROSSLIFT_HD inline
#endif
