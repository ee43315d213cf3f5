// For hosts that install NVIDIA's libraries beside their packages, as Python does.
#pragma once

#include <crosslift/api.hpp>

#include <string>
#include <vector>

namespace crosslift {

/// Folders in which cuBLAS is looked for before the loader's own path, once, when a GPU is asked for first. Opens
/// nothing by itself.
CROSSLIFT_API void look_for_cuda_libraries_in(const std::vector<std::string>& folders);

}  // namespace crosslift
