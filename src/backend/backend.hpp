// The contract between algorithms and machines: few, coarse operations on prepared things.
//
// Pointers handed to an operation lie in the memory of that backend; `Lane` carries the stream, workspace and threads
// of one call. Every operation is deterministic: the same input gives the same bits at any thread count.
#pragma once

#include "backend/array.hpp"
#include "formulas/philox.hpp"

#include <crosslift/device.hpp>
#include <crosslift/sparse.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

namespace crosslift::backend {

/// The memory that a backend computes in, in bytes.
struct Memory {
    std::int64_t total = 0;
    std::int64_t available = 0;  ///< at the moment; other programs take and give back
};

/// What prepared rows take of a backend's memory, in bytes: whole, and streamed from the host block by block.
struct RowsMemory {
    std::int64_t resident = 0;
    std::int64_t streamed = 0;
};

/// A training's operations by their sizes, so that a backend can tell what they take for themselves.
struct Workload {
    enum class Operation { als_solve, als_loss, item_gram, invert_spd };
    Operation operation = Operation::als_solve;
    std::int64_t rows = 0;  ///< solved rows; of invert_spd the matrix
    std::int64_t cols = 0;
    std::int64_t nnz = 0;
    std::int64_t factors = 0;
    int cg_steps = 0;
    int threads = 0;
    int block = 0;
    bool mixed = false;
};

/// Interactions with their plan (length bins, split rows), resident or streamed; made once, immutable.
class Rows {
public:
    virtual ~Rows() = default;
    virtual std::int64_t rows() const = 0;
    virtual std::int64_t cols() const = 0;
    virtual std::int64_t nnz() const = 0;
};

/// A catalog ready for top-K; made once, immutable.
class Items {
public:
    virtual ~Items() = default;
    virtual std::int64_t items() const = 0;
    virtual std::int64_t factors() const = 0;
};

/// What one call owns while it runs. Lent by Backend::lane(), given back by its destructor.
class Lane {
public:
    virtual ~Lane() = default;
    /// Waits until everything issued on this lane is done.
    virtual void wait() = 0;
};

enum class Table : std::uint32_t { customers = 0, items = 1 };

/// One half step of ALS over all rows: minimises, for each row u with cells (i, r),
///   sum_cells c_ui (p - x_u.y_i)^2 + background * sum_all (x_u.y_i)^2 + lambda_u |x_u|^2
/// in the form A_u x_u = b_u with A_u = background * Y'Y + sum_cells w y y' + lambda_u I and b_u = sum_cells t y.
/// HKV: background 1, w = alpha r, t = 1 + alpha r. Rendle: background alpha0, w = t = alpha r.
/// (formulas/als.hpp turns options and r into w, t and lambda_u.)
struct AlsStep {
    float background = 1;
    float alpha = 1;
    float target_offset = 1;   ///< t = target_offset + alpha r
    float regularization = 0;  ///< lambda_u = regularization * (n_u + frequency_offset)^nu
    float frequency_offset = 0;
    float nu = 0;
    int cg_steps = 0;  ///< > 0: so many steps of conjugate gradients from what `out` holds
    /// > 0: iALS++, blocks of so many factors (at most `most_block`) from what `out` holds: for each block p in turn,
    /// x_p -= (A_pp)^-1 (A x - b)_p. Both 0: Cholesky, whatever `out` held.
    int block = 0;
    /// The cells' y are rounded to 16 bits (formulas/half.hpp) and their sums of products kept in 32; `gram` and the
    /// solving are in 32 bits in any case. Otherwise 32 bits throughout.
    bool mixed = false;
    std::stop_token stop;  ///< checked between batches of rows; the output is then unfinished
};

/// The longest block of iALS++.
constexpr int most_block = 128;

/// Purchases as pairwise training walks them: each stored cell from its customer's side and from its item's side.
struct PairCells {
    std::int64_t items = 0;
    std::vector<std::int64_t> indptr = {0};       ///< customers + 1: cells of a customer
    std::vector<std::int32_t> item;               ///< of each cell, ascending inside a customer
    std::vector<std::int32_t> customer;           ///< of each cell
    std::vector<std::int64_t> item_indptr = {0};  ///< items + 1: places of an item in item_cells
    std::vector<std::int64_t> item_cells;         ///< cells, ascending inside an item

    std::int64_t customers() const { return static_cast<std::int64_t>(indptr.size()) - 1; }
};

/// PairCells on a backend; made once, immutable.
class Pairs {
public:
    virtual ~Pairs() = default;
    virtual std::int64_t customers() const = 0;
    virtual std::int64_t items() const = 0;
};

/// One batch of BPR: all cells of customers first .. last.
struct BprStep {
    std::int64_t first = 0;
    std::int64_t last = 0;
    formulas::Philox4 key = {};  ///< draws the items that were not bought (formulas/bpr.hpp)
    float learning_rate = 0.05F;
    float regularization = 0.01F;
    bool update_items = true;  ///< false: only customers learn
    std::stop_token stop;      ///< checked between rows; the factors are then unfinished
};

/// What a batch learned from.
struct BprCounts {
    std::int64_t pairs = 0;    ///< drawn pairs; a draw that the customer did buy is left out
    std::int64_t ordered = 0;  ///< of which the bought item already scored higher
};

/// Per-query filter, in host memory, as crosslift::Filter means it.
struct QueryFilter {
    std::span<const std::int32_t> exclude;
    std::span<const std::int32_t> allow;
    bool use_allow = false;
    std::span<const std::uint32_t> allow_bitmap;  ///< bit row % 32 of word row / 32; empty: off
    std::span<const std::int32_t> categories;
    std::span<const std::int32_t> exclude_categories;
    float min_price = -std::numeric_limits<float>::infinity();
    float max_price = std::numeric_limits<float>::infinity();
};

/// Host columns that items are filtered by; empty where there are none.
struct ItemColumns {
    std::span<const std::int32_t> category;
    std::span<const float> price;
    std::span<const float> bias;
};

class Backend {
public:
    Backend() = default;
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;
    virtual ~Backend() = default;

    virtual Device device() const = 0;
    /// Waits for everything on the device, whoever issued it.
    virtual void synchronize() const = 0;

    // --- memory -------------------------------------------------------------------------------------------------
    /// `bytes` of zeroed memory, aligned to 64 bytes.
    virtual std::shared_ptr<void> allocate(std::int64_t bytes) const = 0;
    virtual void copy_in(Lane& lane, void* to, const void* from_host, std::int64_t bytes) const = 0;   // waits
    virtual void copy_out(Lane& lane, void* to_host, const void* from, std::int64_t bytes) const = 0;  // waits

    /// From and to memory of this backend, which must not overlap.
    virtual void copy(Lane& lane, void* to, const void* from, std::int64_t bytes) const = 0;

    // --- what a training will take, before it begins (algorithms/memory_plan.hpp) ---------------------------------
    virtual Memory memory() const = 0;
    virtual RowsMemory rows_memory(const CsrView& host) const = 0;
    /// The most that one operation takes beside its arguments.
    virtual std::int64_t scratch_bytes(const Workload& workload) const = 0;

    template <class T>
    Array<T> array(std::int64_t size) const {
        return {this, allocate(size * static_cast<std::int64_t>(sizeof(T))), size};
    }

    // --- prepared things ----------------------------------------------------------------------------------------
    /// A lane with `threads` CPU threads (0: all that this process may use).
    virtual std::unique_ptr<Lane> lane(int threads) const = 0;
    /// Copies host rows and plans them. Where they take more than `budget` bytes of this backend's memory, their cells
    /// stay in host memory and every operation streams them; the results have the same bits.
    virtual std::shared_ptr<const Rows> make_rows(const CsrView& host, std::int64_t budget) const = 0;
    std::shared_ptr<const Rows> make_rows(const CsrView& host) const {
        return make_rows(host, std::numeric_limits<std::int64_t>::max());
    }
    /// Keeps `factors` (items x factors, in this backend's memory, kept alive by `owner`) ready for top-K.
    virtual std::shared_ptr<const Items> make_items(DenseView factors, std::shared_ptr<void> owner,
                                                    const ItemColumns& columns) const = 0;

    // --- training -----------------------------------------------------------------------------------------------
    /// Initial factors: uniform in (-1, 1) * scale by Philox keyed by (seed, table, row, column), exact on any machine.
    virtual void fill_factors(Lane& lane, DenseSpan out, std::uint64_t seed, Table table, float scale) const = 0;
    /// out = `from` in 16 bits; returns the scale that belongs to them (formulas/half.hpp). Waits.
    virtual float narrow(Lane& lane, DenseView from, HalfSpan out) const = 0;
    /// out = `from`, in 32 bits with scale 1.
    virtual void widen(Lane& lane, const FactorView& from, DenseSpan out) const = 0;
    /// out (d x d) = factors' factors, both triangles.
    virtual void gram(Lane& lane, const FactorView& factors, DenseSpan out) const = 0;
    /// One half step; `gram` is fixed' fixed. Rows without cells become zero.
    virtual void als_solve(Lane& lane, const Rows& rows, const FactorView& fixed, DenseView gram, const AlsStep& step,
                           DenseSpan out) const = 0;
    /// sum_u sum_cells [w (1 - s)^2-type terms] of the objective over stored cells plus background over all cells, in
    /// float64; regularisation of both sides included. See formulas/als.hpp.
    virtual double als_loss(Lane& lane, const Rows& rows, const FactorView& customers, const FactorView& items,
                            const AlsStep& customer_step, const AlsStep& item_step) const = 0;
    /// Copies cells for bpr_batch.
    virtual std::shared_ptr<const Pairs> make_pairs(const PairCells& host) const = 0;
    /// BPR over one batch in two halves: each customer of it steps through its cells while the items stand still, then
    /// each item through the cells in which it was bought, and those in which it was drawn, while the customers and all
    /// other items stand still. So every row has one writer, and rows may be worked on in any order. Waits.
    virtual BprCounts bpr_batch(Lane& lane, const Pairs& pairs, const BprStep& step, DenseSpan customers,
                                DenseSpan items) const = 0;
    /// out (n x n) = sum_rows weight_row x x' over stored cells taken as 1, both triangles; weights in host memory,
    /// one per row.
    virtual void item_gram(Lane& lane, const Rows& rows, std::span<const float> weights, DenseSpan out) const = 0;
    /// matrix_ii = values[i]; values in host memory, one per row of a square matrix.
    virtual void set_diagonal(Lane& lane, std::span<const float> values, DenseSpan matrix) const = 0;
    /// Replaces a symmetric positive definite matrix, given by its lower triangle, by its inverse, both triangles, in
    /// place, blocked. Throws InvalidArgument naming the pivot if it is not positive definite, Stopped on request.
    virtual void invert_spd(Lane& lane, DenseSpan matrix, std::stop_token stop) const = 0;
    /// out = alpha * op(a) op(b) + beta * out; op transposes where asked.
    virtual void multiply(Lane& lane, float alpha, DenseView a, bool transpose_a, DenseView b, bool transpose_b,
                          float beta, DenseSpan out) const = 0;

    // --- retrieval ----------------------------------------------------------------------------------------------
    /// The k best items for each query (n x factors, this backend's memory): score = query.item + bias, higher first,
    /// ties by lower row. `filters` (host): one per query, one for all, or none. rows/scores (host): n x k, padded
    /// with -1 and -infinity.
    virtual void top_k(Lane& lane, const Items& items, DenseView queries, int k, std::span<const QueryFilter> filters,
                       std::int32_t* rows, float* scores) const = 0;
};

/// Version of this contract: the CUDA module's entry takes it and refuses another.
constexpr std::uint32_t contract_version = 3;

}  // namespace crosslift::backend
