// What operations take of device memory beside their arguments: upper bounds, each told by the file of its operation.
#pragma once

#include "backend/backend.hpp"

#include <cstdint>

namespace crosslift::cuda {

/// A lane's cuBLAS handle and workspace.
constexpr std::int64_t blas_bytes = std::int64_t{96} << 20;

std::int64_t gram_scratch(std::int64_t rows, std::int64_t factors);
std::int64_t als_solve_scratch(const backend::Workload& workload);
std::int64_t als_loss_scratch(const backend::Workload& workload);
std::int64_t item_gram_scratch(std::int64_t rows, std::int64_t items, std::int64_t cells);
std::int64_t invert_spd_scratch(std::int64_t size);

}  // namespace crosslift::cuda
