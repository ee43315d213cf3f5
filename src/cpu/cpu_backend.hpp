// The class behind make_cpu_backend(); each operation is defined in the file of its name.
#pragma once

#include "backend/backend.hpp"
#include "cpu/kernels.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace crosslift::cpu {

class CpuLane final : public backend::Lane {
public:
    explicit CpuLane(int threads) : threads_(threads) {}
    void wait() override {}
    int threads() const { return threads_; }

private:
    int threads_;
};

/// A copy of the caller's rows, and the order in which they are worked on: the longest first.
class CpuRows final : public backend::Rows {
public:
    explicit CpuRows(const CsrView& host);
    std::int64_t rows() const override { return view_.rows; }
    std::int64_t cols() const override { return view_.cols; }
    std::int64_t nnz() const override { return view_.nnz(); }
    const CsrView& view() const { return view_; }
    const std::vector<std::int64_t>& longest_first() const { return longest_first_; }

private:
    std::vector<std::int64_t> indptr_;
    std::vector<std::int32_t> indices_;
    std::vector<float> values_;
    std::vector<std::int64_t> longest_first_;
    CsrView view_;
};

class CpuBackend final : public backend::Backend {
public:
    explicit CpuBackend(Isa isa) : kernels_(kernels_of(isa)) {}

    Device device() const override { return {}; }
    void synchronize() const override {}
    std::shared_ptr<void> allocate(std::int64_t bytes) const override;
    void copy_in(backend::Lane& lane, void* to, const void* from_host, std::int64_t bytes) const override;
    void copy_out(backend::Lane& lane, void* to_host, const void* from, std::int64_t bytes) const override;
    void copy(backend::Lane& lane, void* to, const void* from, std::int64_t bytes) const override;
    std::unique_ptr<backend::Lane> lane(int threads) const override;
    using backend::Backend::make_rows;
    /// Host memory is the only one: `budget` says nothing here.
    std::shared_ptr<const backend::Rows> make_rows(const CsrView& host, std::int64_t budget) const override;
    backend::Memory memory() const override;
    backend::RowsMemory rows_memory(const CsrView& host) const override;
    std::int64_t scratch_bytes(const backend::Workload& workload) const override;
    std::shared_ptr<const backend::Items> make_items(backend::DenseView factors, std::shared_ptr<void> owner,
                                                     const backend::ItemColumns& columns) const override;
    void fill_factors(backend::Lane& lane, backend::DenseSpan out, std::uint64_t seed, backend::Table table,
                      float scale) const override;
    float narrow(backend::Lane& lane, backend::DenseView from, backend::HalfSpan out) const override;
    void widen(backend::Lane& lane, const backend::FactorView& from, backend::DenseSpan out) const override;
    void gram(backend::Lane& lane, const backend::FactorView& factors, backend::DenseSpan out) const override;
    void als_solve(backend::Lane& lane, const backend::Rows& rows, const backend::FactorView& fixed,
                   backend::DenseView gram, const backend::AlsStep& step, backend::DenseSpan out) const override;
    double als_loss(backend::Lane& lane, const backend::Rows& rows, const backend::FactorView& customers,
                    const backend::FactorView& items, const backend::AlsStep& customer_step,
                    const backend::AlsStep& item_step) const override;
    std::shared_ptr<const backend::Pairs> make_pairs(const backend::PairCells& host) const override;
    backend::BprCounts bpr_batch(backend::Lane& lane, const backend::Pairs& pairs, const backend::BprStep& step,
                                 backend::DenseSpan customers, backend::DenseSpan items) const override;
    void item_gram(backend::Lane& lane, const backend::Rows& rows, std::span<const float> weights,
                   backend::DenseSpan out) const override;
    void set_diagonal(backend::Lane& lane, std::span<const float> values, backend::DenseSpan matrix) const override;
    void invert_spd(backend::Lane& lane, backend::DenseSpan matrix, std::stop_token stop) const override;
    void multiply(backend::Lane& lane, float alpha, backend::DenseView a, bool transpose_a, backend::DenseView b,
                  bool transpose_b, float beta, backend::DenseSpan out) const override;
    void top_k(backend::Lane& lane, const backend::Items& items, backend::DenseView queries, int k,
               std::span<const backend::QueryFilter> filters, std::int32_t* rows, float* scores) const override;

private:
    const Kernels& kernels_;
};

/// Threads of a lane. Throws InvalidArgument if it belongs to another backend.
int threads_of(const backend::Lane& lane);

/// The CPU's own rows. Throws InvalidArgument if another backend made them.
const CpuRows& cpu_rows(const backend::Rows& rows);

/// Throws InvalidArgument unless a matrix has this shape; `what` names it.
void check_shape(const backend::FactorView& matrix, std::int64_t rows, std::int64_t cols, const char* what);

}  // namespace crosslift::cpu
