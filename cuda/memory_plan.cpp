// What a training takes of the device's memory: bounds by which it is refused before it begins.
#include "cuda/cuda_backend.hpp"
#include "cuda/scratch_sizes.hpp"

namespace crosslift::cuda {

backend::Memory CudaBackend::memory() const {
    const DeviceScope scope(device_.index);
    std::size_t free = 0;
    std::size_t total = 0;
    check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
    return {static_cast<std::int64_t>(total), static_cast<std::int64_t>(free) + pool_->idle_bytes()};
}

backend::RowsMemory CudaBackend::rows_memory(const CsrView& host) const {
    return CudaRows::memory(host);
}

std::int64_t CudaBackend::scratch_bytes(const backend::Workload& workload) const {
    switch (workload.operation) {
        case backend::Workload::Operation::als_solve:
            return als_solve_scratch(workload);
        case backend::Workload::Operation::als_loss:
            return als_loss_scratch(workload);
        case backend::Workload::Operation::item_gram:
            return item_gram_scratch(workload.rows, workload.cols, workload.nnz);
        case backend::Workload::Operation::invert_spd:
            return invert_spd_scratch(workload.rows);
    }
    return 0;
}

}  // namespace crosslift::cuda
