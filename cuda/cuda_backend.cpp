#include "cuda/cuda_backend.hpp"

#include <crosslift/error.hpp>

#include <string>

namespace crosslift::cuda {
namespace {

int attribute(cudaDeviceAttr which, int device) {
    int value = 0;
    check(cudaDeviceGetAttribute(&value, which, device), "cudaDeviceGetAttribute", {which, device});
    return value;
}

/// Throws DeviceError unless GPU `index` is there and can do what the kernels need.
void check_device(int index) {
    int count = 0;
    if (const cudaError_t code = cudaGetDeviceCount(&count); code != cudaSuccess || count == 0) {
        cudaGetLastError();
        throw DeviceError(std::string("the CUDA runtime finds no GPU: ") +
                          (code == cudaSuccess ? "it counts none" : cudaGetErrorString(code)));
    }
    if (index < 0 || index >= count)
        throw DeviceError("GPU " + std::to_string(index) + " is not there; the CUDA runtime counts " +
                          std::to_string(count) + ", from 0");
    const int major = attribute(cudaDevAttrComputeCapabilityMajor, index);
    const int minor = attribute(cudaDevAttrComputeCapabilityMinor, index);
    if (major < 7 || (major == 7 && minor < 5))
        throw DeviceError("GPU " + std::to_string(index) + " has compute capability " + std::to_string(major) + "." +
                          std::to_string(minor) + "; at least 7.5 (Turing) is needed");
    if (attribute(cudaDevAttrMemoryPoolsSupported, index) == 0)
        throw DeviceError("GPU " + std::to_string(index) + " has no memory pools, which its driver must offer");
}

}  // namespace

CudaBackend::CudaBackend(int device_index) : device_{Device::Kind::cuda, device_index} {
    check_device(device_index);
    const DeviceScope scope(device_index);
    limits_ = {attribute(cudaDevAttrMultiProcessorCount, device_index),
               attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, device_index)};
    pool_ = std::make_shared<MemoryPool>(device_index);
    lanes_ = std::make_shared<LanePool>(pool_);
    // The smallest kernel of the module runs once here, so that a GPU for which no code was built is named at the door.
    const std::unique_ptr<backend::Lane> first = lane(0);
    const std::shared_ptr<void> memory = allocate(4 * sizeof(float));
    fill_factors(*first, {static_cast<float*>(memory.get()), 1, 4, 4}, 0, backend::Table::customers, 1.0F);
    first->wait();
}

void CudaBackend::synchronize() const {
    const DeviceScope scope(device_.index);
    check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
}

std::shared_ptr<void> CudaBackend::allocate(std::int64_t bytes) const {
    const DeviceScope scope(device_.index);
    std::shared_ptr<void> memory = MemoryPool::allocate(pool_, bytes);
    CudaLane zeroing(lanes_);
    if (bytes > 0)
        check(cudaMemsetAsync(memory.get(), 0, static_cast<std::size_t>(bytes), zeroing.state().stream()),
              "cudaMemsetAsync", {bytes});
    zeroing.state().wait();
    return memory;
}

void CudaBackend::copy_in(backend::Lane& lane, void* to, const void* from_host, std::int64_t bytes) const {
    const DeviceScope scope(device_.index);
    own_lane(lane).copy_in(to, from_host, bytes);
}

void CudaBackend::copy_out(backend::Lane& lane, void* to_host, const void* from, std::int64_t bytes) const {
    const DeviceScope scope(device_.index);
    own_lane(lane).copy_out(to_host, from, bytes);
}

void CudaBackend::copy(backend::Lane& lane, void* to, const void* from, std::int64_t bytes) const {
    const DeviceScope scope(device_.index);
    LaneState& own = own_lane(lane);
    if (bytes > 0)
        check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToDevice, own.stream()),
              "cudaMemcpyAsync on the device", {bytes});
}

std::unique_ptr<backend::Lane> CudaBackend::lane(int /*threads*/) const {
    return std::make_unique<CudaLane>(lanes_);
}

std::shared_ptr<const backend::Rows> CudaBackend::make_rows(const CsrView& host, std::int64_t budget) const {
    const DeviceScope scope(device_.index);
    CudaLane copying(lanes_);
    return std::make_shared<CudaRows>(host, budget, pool_, copying.state());
}

LaneState& CudaBackend::own_lane(backend::Lane& lane) const {
    auto* own = dynamic_cast<CudaLane*>(&lane);
    if (own == nullptr || own->pool() != lanes_.get())
        throw InvalidArgument("this lane was made by another backend; take one from lane() of the backend of GPU " +
                              std::to_string(device_.index));
    return own->state();
}

const CudaRows& cuda_rows(const backend::Rows& rows) {
    const auto* own = dynamic_cast<const CudaRows*>(&rows);
    if (own == nullptr) throw InvalidArgument("these rows were made by another backend; make them with this GPU's");
    return *own;
}

void check_shape(const backend::FactorView& matrix, std::int64_t rows, std::int64_t cols, const char* what) {
    if (matrix.rows == rows && matrix.cols == cols) return;
    throw InvalidArgument(std::string(what) + " is " + std::to_string(matrix.rows) + " x " +
                          std::to_string(matrix.cols) + "; wanted " + std::to_string(rows) + " x " +
                          std::to_string(cols));
}

}  // namespace crosslift::cuda
