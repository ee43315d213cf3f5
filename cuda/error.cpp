#include "cuda/error.hpp"

#include <crosslift/error.hpp>

#include <string>

namespace crosslift::cuda {
namespace {

std::string sentence(const char* call, Sizes sizes, const char* reason) {
    std::string text = call;
    const char* separator = " (";
    for (const std::int64_t size : sizes) {
        text += separator + std::to_string(size);
        separator = ", ";
    }
    if (sizes.size() > 0) text += ")";
    return text + " failed: " + reason;
}

}  // namespace

void fail(cudaError_t code, const char* call, Sizes sizes) {
    cudaGetLastError();  // an error that does not stick must not be found again by the next caller
    throw DeviceError(sentence(call, sizes, cudaGetErrorString(code)));
}

void fail(cublasStatus_t code, const char* call, Sizes sizes) {
    throw DeviceError(sentence(call, sizes, cublasGetStatusString(code)));
}

}  // namespace crosslift::cuda
