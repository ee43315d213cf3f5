// In this program the bodies of tests/ops run on the emulated GPU alone; ops_tests runs them on the CPU.
#include "every_backend.hpp"

#include "backend/module.hpp"

#include <array>
#include <stdexcept>

extern "C" crosslift::backend::Backend* crosslift_open_cuda_backend(std::uint32_t contract, const char* build,
                                                                    int device_index, char* error_text,
                                                                    std::size_t error_text_size);

namespace crosslift::testing {

std::string why_no_gpu() {
    return "";
}

bool emulated() {
    return true;
}

std::vector<BackendPointer> backends() {
    // Opened as the library opens the module.
    std::array<char, 512> reason{};
    static const BackendPointer gpu(
        crosslift_open_cuda_backend(backend::contract_version, backend::build_id, 0, reason.data(), reason.size()));
    if (!gpu) throw std::runtime_error(reason.data());
    return {gpu};
}

}  // namespace crosslift::testing
