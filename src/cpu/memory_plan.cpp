// What a training takes of the host's memory: bounds by which it is refused before it begins.
#include "cpu/cpu_backend.hpp"
#include "cpu/threads.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <unistd.h>

namespace crosslift::cpu {
namespace {

constexpr auto float_bytes = static_cast<std::int64_t>(sizeof(float));

/// Memory of the machine, or what the control group of this process may have of it.
std::int64_t total_memory() {
    const std::int64_t installed = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    std::ifstream limit("/sys/fs/cgroup/memory.max");
    std::int64_t granted = 0;
    return limit >> granted && granted > 0 ? std::min(installed, granted) : installed;
}

}  // namespace

backend::Memory CpuBackend::memory() const {
    // Not what is free at the moment: the system gives back its caches when they are asked for.
    const std::int64_t total = total_memory();
    return {total, total};
}

backend::RowsMemory CpuBackend::rows_memory(const CsrView& host) const {
    const std::int64_t per_cell = host.values.empty() ? 4 : 8;
    const std::int64_t bytes = host.nnz() * per_cell + 16 * host.rows + 8;
    return {bytes, bytes};
}

std::int64_t CpuBackend::scratch_bytes(const backend::Workload& workload) const {
    const std::int64_t threads = workload.threads > 0 ? workload.threads : usable_threads();
    const std::int64_t d = workload.factors;
    switch (workload.operation) {
        case backend::Workload::Operation::als_solve: {
            // The fixed factors, packed, and rounded or cut into blocks on the way; per thread a group of matrices of
            // up to 16 rows, and with blocks their cells' scores.
            const std::int64_t copies = workload.mixed || workload.block > 0 ? 2 : 1;
            const std::int64_t scores = workload.block > 0 ? 32 * std::min<std::int64_t>(workload.nnz, 32768) : 0;
            return float_bytes * (workload.cols * (d + 15) * copies + threads * (17 * (d + 16) * (d + 16) + scores));
        }
        case backend::Workload::Operation::als_loss:
            return float_bytes * 4 * d * d + 8 * workload.cols;
        case backend::Workload::Operation::item_gram:
            return 8 * (workload.nnz + workload.cols + threads * workload.cols);
        case backend::Workload::Operation::invert_spd: {
            constexpr std::int64_t block = 256;
            return float_bytes * (2 * workload.rows * block + block * block) * 2;
        }
    }
    return 0;
}

}  // namespace crosslift::cpu
