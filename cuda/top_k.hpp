// The two ways to the k best items: candidates kept while scoring, and a full sort for very large k.
#pragma once

#include "cuda/items.hpp"
#include "cuda/sort.cuh"

#include <cstdint>

namespace crosslift::cuda {

/// One call's question as the kernels see it.
struct TopKProblem {
    DeviceItems items;
    backend::DenseView queries;
    const formulas::SortedFilter* filters;
    bool one_filter;
    int k;  ///< 1 .. items
};

/// Up to this k candidates are kept in shared memory while scoring.
constexpr int most_kept = 1024;

/// Writes the k best keys of queries first .. first + count in order, no_key where there are fewer; k <= most_kept.
void keep_best(LaneState& lane, const TopKProblem& problem, std::int64_t first, std::int64_t count, int multiprocessors,
               Key* best);

/// The same for any k: scores a few queries at a time and sorts all items of each.
void sort_all(LaneState& lane, const TopKProblem& problem, std::int64_t first, std::int64_t count, Key* best);

}  // namespace crosslift::cuda
