// The best of several lists of candidates of each query.
#include "cuda/top_k.hpp"

namespace crosslift::cuda {
namespace {

constexpr int most_lists = 64;  ///< that one block merges

struct MergeShared {
    Key sorted[most_room];
    int begins[most_lists + 1];
};

/// Block (g, q): the k best of lists 64 g .. of query q, in order, to list g of `best`. `room` keys are sorted at a
/// time.
__global__ void __launch_bounds__(256) merge_kernel(Lists from, int room, int k, Key* best) {
    auto& s = shared<MergeShared>();
    const std::int64_t first = static_cast<std::int64_t>(blockIdx.y) * from.lists + blockIdx.x * most_lists;
    const int left = from.lists - static_cast<int>(blockIdx.x) * most_lists;
    const int lists = left < most_lists ? left : most_lists;
    for (int l = thread_of_block(); l < lists; l += threads_in_block())
        s.begins[l + 1] = from.counts == nullptr ? from.whole : from.counts[first + l];
    for (int i = thread_of_block(); i < k; i += threads_in_block()) s.sorted[i] = no_key;
    __syncthreads();
    if (thread_of_block() == 0) {
        s.begins[0] = 0;
        for (int l = 0; l < lists; ++l) s.begins[l + 1] += s.begins[l];
    }
    __syncthreads();
    const int all = s.begins[lists];
    const int fresh = room - k;  // keys that are looked at beside the k best so far
    for (int base = 0; base < all; base += fresh) {
        for (int i = thread_of_block(); i < fresh; i += threads_in_block()) {
            const int e = base + i;
            if (e >= all) {
                s.sorted[k + i] = no_key;
                continue;
            }
            int list = 0;
            for (int step = most_lists / 2; step > 0; step /= 2)
                if (list + step < lists && s.begins[list + step] <= e) list += step;
            s.sorted[k + i] = from.keys[(first + list) * from.stride + e - s.begins[list]];
        }
        __syncthreads();
        sort_keys(s.sorted, room);
    }
    const std::int64_t to = static_cast<std::int64_t>(blockIdx.y) * gridDim.x + blockIdx.x;
    for (int i = thread_of_block(); i < k; i += threads_in_block()) best[to * k + i] = s.sorted[i];
}

}  // namespace

void merge_lists(LaneState& lane, Lists from, int room, std::int64_t queries, int k, Key* best) {
    Scratch scratch(lane.pool(), lane.stream());
    while (true) {
        const int groups = (from.lists + most_lists - 1) / most_lists;
        Key* to = groups == 1 ? best : scratch.take<Key>(queries * groups * k);
        launch("merge", merge_kernel,
               {dim3(static_cast<unsigned>(groups), static_cast<unsigned>(queries)), 256, sizeof(MergeShared),
                lane.stream()},
               from, room, k, to);
        if (groups == 1) return;
        from = {to, nullptr, k, k, groups};
    }
}

}  // namespace crosslift::cuda
