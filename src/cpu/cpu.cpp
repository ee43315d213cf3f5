#include "cpu/cpu.hpp"

#include "cpu/cpu_backend.hpp"
#include "cpu/memory.hpp"
#include "cpu/threads.hpp"

#include <crosslift/error.hpp>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

namespace crosslift::cpu {

std::shared_ptr<const backend::Backend> make_cpu_backend(Isa isa) {
    return std::make_shared<CpuBackend>(isa);
}

int threads_of(const backend::Lane& lane) {
    const auto* own = dynamic_cast<const CpuLane*>(&lane);
    if (own == nullptr) throw InvalidArgument("this lane was made by another backend; take one from the CPU's lane()");
    return own->threads();
}

const CpuRows& cpu_rows(const backend::Rows& rows) {
    const auto* own = dynamic_cast<const CpuRows*>(&rows);
    if (own == nullptr) throw InvalidArgument("these rows were made by another backend; make them with the CPU's");
    return *own;
}

void check_shape(const backend::FactorView& matrix, std::int64_t rows, std::int64_t cols, const char* what) {
    if (matrix.rows == rows && matrix.cols == cols) return;
    throw InvalidArgument(std::string(what) + " is " + std::to_string(matrix.rows) + " x " +
                          std::to_string(matrix.cols) + "; wanted " + std::to_string(rows) + " x " +
                          std::to_string(cols));
}

CpuRows::CpuRows(const CsrView& host)
    : indptr_(host.indptr.begin(), host.indptr.end()),
      indices_(host.indices.begin(), host.indices.end()),
      values_(host.values.begin(), host.values.end()),
      longest_first_(static_cast<std::size_t>(host.rows)),
      view_{host.rows, host.cols, indptr_, indices_, values_} {
    std::iota(longest_first_.begin(), longest_first_.end(), std::int64_t{0});
    const auto length = [this](std::int64_t row) { return view_.end(row) - view_.begin(row); };
    std::stable_sort(longest_first_.begin(), longest_first_.end(),
                     [&](std::int64_t a, std::int64_t b) { return length(a) > length(b); });
}

std::shared_ptr<void> CpuBackend::allocate(std::int64_t bytes) const {
    std::shared_ptr<void> memory = aligned_memory(bytes);
    std::memset(memory.get(), 0, static_cast<std::size_t>(bytes));
    return memory;
}

void CpuBackend::copy_in(backend::Lane& lane, void* to, const void* from_host, std::int64_t bytes) const {
    copy(lane, to, from_host, bytes);
}

void CpuBackend::copy_out(backend::Lane& lane, void* to_host, const void* from, std::int64_t bytes) const {
    copy(lane, to_host, from, bytes);
}

void CpuBackend::copy(backend::Lane& lane, void* to, const void* from, std::int64_t bytes) const {
    threads_of(lane);
    if (bytes > 0) std::memcpy(to, from, static_cast<std::size_t>(bytes));
}

std::unique_ptr<backend::Lane> CpuBackend::lane(int threads) const {
    return std::make_unique<CpuLane>(threads > 0 ? threads : usable_threads());
}

std::shared_ptr<const backend::Rows> CpuBackend::make_rows(const CsrView& host, std::int64_t /*budget*/) const {
    return std::make_shared<CpuRows>(host);
}

}  // namespace crosslift::cpu
