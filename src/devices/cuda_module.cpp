#include "devices/cuda_module.hpp"

#include "backend/module.hpp"

#include <crosslift/error.hpp>

#include <cstdlib>
#include <dlfcn.h>
#include <string>
#include <vector>

namespace crosslift {
namespace {

constexpr const char* module_name = "libcrosslift_cuda.so";

/// The folder of the program or library that holds this function.
std::string own_folder() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&open_cuda_backend), &info) == 0 || info.dli_fname == nullptr) return {};
    const std::string file = info.dli_fname;
    const std::size_t slash = file.rfind('/');
    return slash == std::string::npos ? std::string(".") : file.substr(0, slash);
}

std::vector<std::string> places() {
    std::vector<std::string> found;
    if (const char* named = std::getenv("CROSSLIFT_CUDA_MODULE"); named != nullptr && *named != 0)
        found.emplace_back(named);
    if (const std::string folder = own_folder(); !folder.empty()) {
        found.push_back(folder + "/" + module_name);
        found.push_back(folder + "/../lib/" + module_name);
    }
    found.emplace_back(module_name);  // the loader's own path
    return found;
}

backend::OpenCudaBackend find_entry() {
    std::string tried;
    for (const std::string& place : places()) {
        void* module = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (module == nullptr) {
            const char* reason = dlerror();
            tried += "\n  " + place + ": " + (reason != nullptr ? reason : "cannot be opened");
            continue;
        }
        if (void* entry = dlsym(module, "crosslift_open_cuda_backend"))
            return reinterpret_cast<backend::OpenCudaBackend>(entry);
        tried += "\n  " + place + ": is not Crosslift's CUDA module";
    }
    throw DeviceError(
        "Crosslift's CUDA module cannot be opened; use device \"cpu\", or install the module or name its "
        "file in CROSSLIFT_CUDA_MODULE. Looked at:" +
        tried);
}

}  // namespace

std::shared_ptr<const backend::Backend> open_cuda_backend(int index) {
    static const backend::OpenCudaBackend open = find_entry();
    char reason[1024] = {};
    const backend::Backend* opened = open(backend::contract_version, backend::build_id, index, reason, sizeof reason);
    if (opened == nullptr) throw DeviceError("device cuda:" + std::to_string(index) + " cannot be used: " + reason);
    return std::shared_ptr<const backend::Backend>(opened);
}

}  // namespace crosslift
