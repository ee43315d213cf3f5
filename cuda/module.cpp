// The one function that this module exports.
#include "backend/module.hpp"

#include "cuda/cuda_backend.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <string>

extern "C" __attribute__((visibility("default"))) crosslift::backend::Backend* crosslift_open_cuda_backend(
    std::uint32_t contract, const char* build, int device_index, char* error_text, std::size_t error_text_size) {
    using namespace crosslift;
    std::string reason;
    try {
        if (contract == backend::contract_version && std::strcmp(build, backend::build_id) == 0)
            return new cuda::CudaBackend(device_index);
        reason = std::string("the CUDA module was built as \"") + backend::build_id + "\" with contract " +
                 std::to_string(backend::contract_version) + ", the library that opens it as \"" + build +
                 "\" with contract " + std::to_string(contract) + "; build both from the same tree";
    } catch (const std::exception& error) {
        reason = error.what();
    } catch (...) {
        reason = "an unknown error";
    }
    if (error_text_size > 0) {
        const std::size_t size = std::min(reason.size(), error_text_size - 1);
        std::memcpy(error_text, reason.data(), size);
        error_text[size] = 0;
    }
    return nullptr;
}
