// The kinds of kernels that solve or sum a row in one block: by number of factors and by precision.
#pragma once

#include "cuda/als_row_sums.cuh"
#include "cuda/als_row_sums_half.cuh"

namespace crosslift::cuda {

/// Calls visit.operator()<width, Sums>() for a problem of at most most_fused_factors; Sums is StrictSums or MixedSums.
template <class Visit>
void with_row_sums(const AlsProblem& problem, const Visit& visit) {
    const auto of_width = [&]<int width>() {
        if (problem.mixed())
            visit.template operator()<width, MixedSums>();
        else
            visit.template operator()<width, StrictSums>();
    };
    if (problem.width == 16)
        of_width.template operator()<16>();
    else if (problem.width == 32)
        of_width.template operator()<32>();
    else if (problem.width == 64)
        of_width.template operator()<64>();
    else
        of_width.template operator()<most_fused_factors>();
}

}  // namespace crosslift::cuda
