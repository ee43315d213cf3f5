#include "devices/cuda_module.hpp"

#include "backend/module.hpp"

#include <crosslift/cuda_libraries.hpp>
#include <crosslift/error.hpp>

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace crosslift {
namespace {

namespace fs = std::filesystem;

constexpr const char* module_name = "libcrosslift_cuda.so";
constexpr const char* cublas_name = "libcublas.so.13";

std::mutex folders_mutex;
std::vector<std::string>& cuda_library_folders() {
    static std::vector<std::string> folders;
    return folders;
}

std::string from_environment(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? std::string() : std::string(text);
}

/// The folder of the program or library that holds this function.
fs::path own_folder() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&open_cuda_backend), &info) == 0 || info.dli_fname == nullptr) return {};
    std::error_code failed;
    const fs::path file = fs::absolute(info.dli_fname, failed);
    return failed ? fs::path() : file.parent_path();
}

/// Where the module may lie, in the order in which it is looked for.
std::vector<std::string> places() {
    // A file that somebody named is the one that is meant.
    if (const std::string named = from_environment("CROSSLIFT_CUDA_MODULE"); !named.empty()) return {named};
    std::vector<std::string> found;
    const auto add = [&](const fs::path& folder) {
        const std::string place = (folder / module_name).lexically_normal().string();
        if (std::find(found.begin(), found.end(), place) == found.end()) found.push_back(place);
    };
    if (const fs::path own = own_folder(); !own.empty()) {
        add(own);
        add(own.parent_path());  // of a wheel: the program lies in bin/ of the package
        add(own.parent_path() / fs::path(CROSSLIFT_INSTALL_LIBDIR).filename());
    }
    add(CROSSLIFT_INSTALL_LIBDIR);
    found.emplace_back(module_name);  // the loader's own path
    return found;
}

/// Opens cuBLAS where somebody named its folder, so that the module finds it open. Not there is no error yet: the
/// loader may know another place.
void open_cublas() {
    std::vector<std::string> folders;
    {
        const std::lock_guard lock(folders_mutex);
        folders = cuda_library_folders();
    }
    const std::string named = from_environment("CROSSLIFT_CUDA_LIBRARIES");
    for (std::size_t begin = 0; begin < named.size();) {
        const std::size_t end = std::min(named.find(':', begin), named.size());
        folders.push_back(named.substr(begin, end - begin));
        begin = end + 1;
    }
    for (const std::string& folder : folders) {
        const fs::path cublas = fs::path(folder) / cublas_name;
        std::error_code failed;
        if (!fs::exists(cublas, failed)) continue;
        // It needs its sibling, which the loader would look for elsewhere.
        dlopen((fs::path(folder) / "libcublasLt.so.13").c_str(), RTLD_NOW | RTLD_LOCAL);
        if (dlopen(cublas.c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr) return;
    }
}

backend::OpenCudaBackend find_entry() {
    open_cublas();
    std::string tried;
    std::string advice = "install the module or name its file in CROSSLIFT_CUDA_MODULE";
    for (const std::string& place : places()) {
        void* module = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (module == nullptr) {
            const char* reason = dlerror();
            std::error_code failed;
            const bool is_there = fs::exists(place, failed);
            if (is_there)
                advice =
                    "give the module the library that it needs: cuBLAS 13 comes with pip install 'crosslift[cuda13]' "
                    "or "
                    "NVIDIA's CUDA 13 packages, and CROSSLIFT_CUDA_LIBRARIES names a folder to look in";
            tried += "\n  " + (is_there ? place + ": " : std::string()) +
                     (reason != nullptr ? reason : (place + " cannot be opened").c_str());
            continue;
        }
        if (void* entry = dlsym(module, "crosslift_open_cuda_backend"))
            return reinterpret_cast<backend::OpenCudaBackend>(entry);
        tried += "\n  " + place + ": is not Crosslift's CUDA module";
    }
    throw DeviceError("Crosslift's CUDA module cannot be opened; use device \"cpu\", or " + advice +
                      ". Looked at:" + tried);
}

backend::OpenCudaBackend entry() {
    static const backend::OpenCudaBackend found = find_entry();
    return found;
}

}  // namespace

void look_for_cuda_libraries_in(const std::vector<std::string>& folders) {
    const std::lock_guard lock(folders_mutex);
    cuda_library_folders() = folders;
}

std::shared_ptr<const backend::Backend> open_cuda_backend(int index) {
    char reason[1024] = {};
    const backend::Backend* opened =
        entry()(backend::contract_version, backend::build_id, index, reason, sizeof reason);
    if (opened == nullptr) throw DeviceError("device cuda:" + std::to_string(index) + " cannot be used: " + reason);
    return std::shared_ptr<const backend::Backend>(opened);
}

}  // namespace crosslift
