// The class behind the module's entry; each operation is defined in the file of its name.
#pragma once

#include "backend/backend.hpp"
#include "cuda/lane.hpp"
#include "cuda/rows.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace crosslift::cuda {

/// Facts about one GPU that launches depend on. Results never do.
struct Limits {
    int multiprocessors = 0;
    int shared_bytes_per_block = 0;  ///< the most that one block may ask for
};

/// One GPU. Operations are issued on the lane's stream and return; those that hand numbers to the host wait
/// (copy_in, copy_out, make_rows, make_pairs, narrow, als_loss, bpr_batch, item_gram, invert_spd, top_k), and als_solve
/// waits for all but its last batches of rows.
class CudaBackend final : public backend::Backend {
public:
    /// Throws DeviceError if the GPU cannot be used, naming what is missing.
    explicit CudaBackend(int device_index);

    Device device() const override { return device_; }
    void synchronize() const override;
    std::shared_ptr<void> allocate(std::int64_t bytes) const override;
    void copy_in(backend::Lane& lane, void* to, const void* from_host, std::int64_t bytes) const override;
    void copy_out(backend::Lane& lane, void* to_host, const void* from, std::int64_t bytes) const override;
    void copy(backend::Lane& lane, void* to, const void* from, std::int64_t bytes) const override;
    std::unique_ptr<backend::Lane> lane(int threads) const override;
    using backend::Backend::make_rows;
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
    /// What this backend lent. Throws InvalidArgument if the lane belongs to another backend or GPU.
    LaneState& own_lane(backend::Lane& lane) const;

    Device device_;
    Limits limits_;
    std::shared_ptr<MemoryPool> pool_;
    std::shared_ptr<LanePool> lanes_;
};

/// This module's own rows. Throws InvalidArgument if another backend made them.
const CudaRows& cuda_rows(const backend::Rows& rows);

/// Throws InvalidArgument unless a matrix has this shape; `what` names it.
void check_shape(const backend::FactorView& matrix, std::int64_t rows, std::int64_t cols, const char* what);

}  // namespace crosslift::cuda
