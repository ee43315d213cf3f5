// The two ways to the k best items: candidates kept while scoring, and a full sort for very large k.
#pragma once

#include "cuda/question.hpp"
#include "cuda/sort.cuh"

#include <cstdint>

namespace crosslift::cuda {

/// One call's question as the kernels see it.
struct TopKProblem {
    DeviceItems items;
    backend::DenseView queries;
    const std::int64_t* order;  ///< the query at each place; null where places are queries
    const formulas::SortedFilter* filters;
    bool one_filter;
    const QueryTile* tiles;  ///< per tile of queries, by place
    const backend::Stretch* stretches;
    std::int64_t most_tiles;
    int k;  ///< 1 .. items
};

/// Up to this k candidates are kept in shared memory while scoring.
constexpr int most_kept = 1024;
constexpr int most_room = 2 * most_kept;  ///< keys that a block sorts at a time

/// The tiles that keep_best works with, which the question must have been cut by.
TileShape shape_for(std::int64_t queries);

/// Writes the k best keys of the queries at places first .. first + count in order, no_key where there are fewer; k <=
/// most_kept. `first` is a multiple of shape.queries.
void keep_best(LaneState& lane, const TopKProblem& problem, TileShape shape, std::int64_t first, std::int64_t count,
               int multiprocessors, Key* best);

/// Keys of each query in lists behind one another.
struct Lists {
    const Key* keys;
    const int* counts;  ///< keys in each list, or null: `whole` in all
    int whole;
    int stride;  ///< places of a list
    int lists;   ///< per query
};

/// Writes the k best keys of all lists of each query in order; at most `room` keys, a power of two beyond k, are sorted
/// at a time.
void merge_lists(LaneState& lane, Lists from, int room, std::int64_t queries, int k, Key* best);

/// The same as keep_best for any k: scores a few queries at a time and sorts all items of each.
void sort_all(LaneState& lane, const TopKProblem& problem, std::int64_t first, std::int64_t count, Key* best);

}  // namespace crosslift::cuda
