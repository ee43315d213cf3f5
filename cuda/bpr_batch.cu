// A warp owns a row and keeps it in registers while it steps through the row's pairs; the pairs of 32 cells are looked
// up at a time, a lane each.
#include "cuda/cuda_backend.hpp"
#include "cuda/pairs.hpp"
#include "cuda/threads.cuh"
#include "formulas/bpr.hpp"
#include "formulas/eligibility.hpp"

#include <crosslift/error.hpp>

#include <string>

namespace crosslift::cuda {
namespace {

constexpr int threads = 128;
constexpr int warps = threads / warp_size;
constexpr std::int32_t left_out = -1;

/// What the kernels of one batch share.
struct Batch {
    DevicePairs pairs;
    backend::DenseSpan customers;
    backend::DenseSpan items;
    formulas::Permutation draw;
    std::int64_t first;  ///< customers of the batch
    std::int64_t last;
    std::int64_t begin;  ///< cells of the batch
    std::int64_t end;
    float learning_rate;
    float regularization;
    std::int32_t* opponents;      ///< per cell of the batch
    float* next;                  ///< items after the batch, items.cols numbers each
    unsigned char* changed;       ///< per item: is its row in `next`?
    unsigned long long* counted;  ///< pairs, and those in the right order
};

/// One row, number lane + 32 r in register r.
template <int registers>
struct Row {
    float number[registers];

    __device__ void load(const float* from, std::int64_t factors) {
#pragma unroll
        for (int r = 0; r < registers; ++r) {
            const int k = lane_of_warp() + r * warp_size;
            number[r] = k < factors ? from[k] : 0.0F;
        }
    }
    __device__ void store(float* to, std::int64_t factors) const {
#pragma unroll
        for (int r = 0; r < registers; ++r) {
            const int k = lane_of_warp() + r * warp_size;
            if (k < factors) to[k] = number[r];
        }
    }
};

/// One step of `own`. For a customer's row the slope is a - b, for an item's sign * a. Answers whether the pair was in
/// the right order. The whole warp calls it.
template <bool item, int registers>
__device__ bool learn(const Batch& batch, Row<registers>& own, const float* first, const float* second, float sign) {
    Row<registers> a;
    Row<registers> b;
    a.load(first, batch.items.cols);
    b.load(second, batch.items.cols);
    float z = 0;
#pragma unroll
    for (int r = 0; r < registers; ++r)
        z = item ? fmaf(a.number[r], own.number[r] - b.number[r], z)
                 : fmaf(own.number[r], a.number[r] - b.number[r], z);
    z = sign * warp_sum(z);
    const float pull = sign * formulas::bpr_pull(z);
#pragma unroll
    for (int r = 0; r < registers; ++r)
        own.number[r] = formulas::bpr_step(own.number[r], item ? a.number[r] : a.number[r] - b.number[r], pull,
                                           batch.learning_rate, batch.regularization);
    return z > 0;
}

/// Blocks at a time in a multiprocessor: as many registers as that leaves.
constexpr int blocks_of(int registers) {
    return registers <= 8 ? 6 : registers <= 16 ? 4 : 2;
}

/// A warp per customer of the batch.
template <int registers>
__global__ void __launch_bounds__(threads, blocks_of(registers)) learn_customers_kernel(Batch batch) {
    const std::int64_t customer = batch.first + thread_of_grid() / warp_size;
    if (customer >= batch.last) return;
    const std::int64_t begin = batch.pairs.indptr[customer];
    const std::int64_t end = batch.pairs.indptr[customer + 1];
    Row<registers> own;
    own.load(batch.customers.row(customer), batch.items.cols);
    unsigned drawn = 0;
    unsigned ordered = 0;
    for (std::int64_t base = begin; base < end; base += warp_size) {
        const std::int64_t cell = base + lane_of_warp();
        std::int32_t bought = 0;
        std::int32_t opponent = left_out;
        if (cell < end) {
            bought = batch.pairs.item[cell];
            opponent = formulas::bpr_opponent(batch.draw, cell - batch.begin, batch.pairs.items);
            if (formulas::contains(batch.pairs.item + begin, end - begin, opponent)) opponent = left_out;
            batch.opponents[cell - batch.begin] = opponent;
        }
        for (int n = 0; n < warp_size && base + n < end; ++n) {
            const std::int32_t i = __shfl_sync(whole_warp, bought, n);
            const std::int32_t j = __shfl_sync(whole_warp, opponent, n);
            if (j == left_out) continue;
            ++drawn;
            if (learn<false>(batch, own, batch.items.row(i), batch.items.row(j), 1.0F)) ++ordered;
        }
    }
    own.store(batch.customers.row(customer), batch.items.cols);
    if (lane_of_warp() == 0) {
        atomicAdd(&batch.counted[0], static_cast<unsigned long long>(drawn));
        atomicAdd(&batch.counted[1], static_cast<unsigned long long>(ordered));
    }
}

/// The first of `sorted`[begin .. end) that is not below `value`.
__device__ std::int64_t first_not_below(const std::int64_t* sorted, std::int64_t begin, std::int64_t end,
                                        std::int64_t value) {
    while (begin < end) {
        const std::int64_t middle = begin + (end - begin) / 2;
        if (sorted[middle] < value)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

/// Steps an item through what up to 32 lanes found: the cell, or a negative number, and the other item.
template <int registers>
__device__ bool learn_found(const Batch& batch, Row<registers>& own, std::int64_t cell, std::int32_t other,
                            float sign) {
    const std::int32_t customer = other == left_out ? 0 : batch.pairs.customer[cell];
    bool any = false;
    for (unsigned left = __ballot_sync(whole_warp, other != left_out); left != 0; left &= left - 1) {
        const int n = __ffs(static_cast<int>(left)) - 1;
        const std::int32_t u = __shfl_sync(whole_warp, customer, n);
        const std::int32_t j = __shfl_sync(whole_warp, other, n);
        learn<true>(batch, own, batch.customers.row(u), batch.items.row(j), sign);
        any = true;
    }
    return any;
}

/// A warp per item.
template <int registers>
__global__ void __launch_bounds__(threads, blocks_of(registers)) learn_items_kernel(Batch batch) {
    const std::int64_t item = thread_of_grid() / warp_size;
    if (item >= batch.pairs.items) return;
    Row<registers> own;
    own.load(batch.items.row(item), batch.items.cols);
    bool any = false;
    const std::int64_t* cells = batch.pairs.item_cells;
    const std::int64_t last = batch.pairs.item_indptr[item + 1];
    const std::int64_t begin = first_not_below(cells, batch.pairs.item_indptr[item], last, batch.begin);
    const std::int64_t end = first_not_below(cells, begin, last, batch.end);
    for (std::int64_t base = begin; base < end; base += warp_size) {
        const bool mine = base + lane_of_warp() < end;
        const std::int64_t cell = mine ? cells[base + lane_of_warp()] : 0;
        any |= learn_found(batch, own, cell, mine ? batch.opponents[cell - batch.begin] : left_out, 1.0F);
    }
    for (std::int64_t base = item; base < batch.draw.size; base += warp_size * batch.pairs.items) {
        const std::int64_t place = base + lane_of_warp() * batch.pairs.items;
        std::int64_t cell = -1;
        std::int32_t bought = left_out;
        if (place < batch.draw.size) {
            cell = formulas::number_at(batch.draw, place);
            if (cell < batch.end - batch.begin && batch.opponents[cell] != left_out)
                bought = batch.pairs.item[batch.begin + cell];
        }
        any |= learn_found(batch, own, batch.begin + cell, bought, -1.0F);
    }
    if (any) own.store(batch.next + item * batch.items.cols, batch.items.cols);
    if (lane_of_warp() == 0) batch.changed[item] = any ? 1 : 0;
}

/// Puts the items that have learned in place of those before, a warp each.
__global__ void __launch_bounds__(threads) keep_items_kernel(Batch batch) {
    const std::int64_t item = thread_of_grid() / warp_size;
    if (item >= batch.pairs.items || batch.changed[item] == 0) return;
    for (std::int64_t k = lane_of_warp(); k < batch.items.cols; k += warp_size)
        batch.items.row(item)[k] = batch.next[item * batch.items.cols + k];
}

template <int registers>
void run(LaneState& lane, const Batch& batch, bool update_items) {
    launch("learn_customers", learn_customers_kernel<registers>,
           {blocks_for(batch.last - batch.first, warps), threads, 0, lane.stream()}, batch);
    if (!update_items) return;
    const Grid all_items = {blocks_for(batch.pairs.items, warps), threads, 0, lane.stream()};
    launch("learn_items", learn_items_kernel<registers>, all_items, batch);
    launch("keep_items", keep_items_kernel, all_items, batch);
}

void run_for(LaneState& lane, const Batch& batch, bool update_items) {
    const std::int64_t d = batch.items.cols;
    if (d <= 32) return run<1>(lane, batch, update_items);
    if (d <= 64) return run<2>(lane, batch, update_items);
    if (d <= 128) return run<4>(lane, batch, update_items);
    if (d <= 256) return run<8>(lane, batch, update_items);
    if (d <= 512) return run<16>(lane, batch, update_items);
    run<32>(lane, batch, update_items);
}

}  // namespace

CudaPairs::CudaPairs(const backend::PairCells& host, const std::shared_ptr<MemoryPool>& pool, LaneState& lane)
    : host_indptr_(host.indptr) {
    const auto upload = [&](const auto& numbers) {
        const auto bytes = static_cast<std::int64_t>(numbers.size() * sizeof(numbers[0]));
        memory_.push_back(MemoryPool::allocate(pool, bytes));
        lane.copy_in(memory_.back().get(), numbers.data(), bytes);
        return static_cast<decltype(numbers.data())>(memory_.back().get());
    };
    view_.indptr = upload(host.indptr);
    view_.item = upload(host.item);
    view_.customer = upload(host.customer);
    view_.item_indptr = upload(host.item_indptr);
    view_.item_cells = upload(host.item_cells);
    view_.items = host.items;
}

std::shared_ptr<const backend::Pairs> CudaBackend::make_pairs(const backend::PairCells& host) const {
    const DeviceScope scope(device_.index);
    CudaLane copying(lanes_);
    return std::make_shared<CudaPairs>(host, pool_, copying.state());
}

backend::BprCounts CudaBackend::bpr_batch(backend::Lane& lane, const backend::Pairs& pairs,
                                          const backend::BprStep& step, backend::DenseSpan customers,
                                          backend::DenseSpan items) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    const auto* made = dynamic_cast<const CudaPairs*>(&pairs);
    if (made == nullptr) throw InvalidArgument("these pairs were made by another backend; make them with this GPU's");
    check_shape(customers, made->customers(), items.cols, "the customer factors of bpr_batch");
    check_shape(items, made->items(), items.cols, "the item factors of bpr_batch");
    if (items.cols > 1024)
        throw InvalidArgument("bpr_batch takes up to 1024 factors, not " + std::to_string(items.cols));
    const std::int64_t begin = made->cell_of(step.first);
    const std::int64_t cells = made->cell_of(step.last) - begin;
    if (cells == 0 || step.stop.stop_requested()) return {};
    Scratch scratch(own.pool(), own.stream());
    const std::int64_t next_size = step.update_items ? made->items() * items.cols : 0;
    const Batch batch = {made->view(),
                         customers,
                         items,
                         formulas::bpr_draw(cells, made->items(), step.key),
                         step.first,
                         step.last,
                         begin,
                         begin + cells,
                         step.learning_rate,
                         step.regularization,
                         scratch.take<std::int32_t>(cells),
                         scratch.take<float>(next_size),
                         scratch.take<unsigned char>(made->items()),
                         scratch.take<unsigned long long>(2)};
    check(cudaMemsetAsync(batch.counted, 0, 2 * sizeof(unsigned long long), own.stream()), "cudaMemsetAsync", {2});
    run_for(own, batch, step.update_items);
    auto* counted = static_cast<unsigned long long*>(own.pinned(2 * sizeof(unsigned long long)));
    own.copy_out(counted, batch.counted, 2 * sizeof(unsigned long long));
    return {static_cast<std::int64_t>(counted[0]), static_cast<std::int64_t>(counted[1])};
}

}  // namespace crosslift::cuda
