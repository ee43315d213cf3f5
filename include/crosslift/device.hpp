// Where the work is done: the CPU of this machine or one of its NVIDIA GPUs.
#pragma once

#include <crosslift/api.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crosslift {

/// A machine to compute on. A value: cheap to copy, nothing is opened until it is used.
struct CROSSLIFT_API Device {
    enum class Kind { cpu, cuda };

    Kind kind = Kind::cpu;
    int index = 0;

    /// Reads "cpu", "cuda", "cuda:1" or "auto" (a GPU if one can be used, else the CPU).
    /// Throws InvalidArgument for any other word.
    static Device parse(std::string_view name);

    /// "cpu" or "cuda:0".
    std::string name() const;

    bool operator==(const Device&) const = default;
};

/// What `crosslift info` prints about one device.
struct CROSSLIFT_API DeviceInfo {
    Device device;
    std::string description;         ///< processor or board name
    std::int64_t memory_bytes = 0;   ///< total memory
    std::string capability;          ///< instruction set ("avx512") or compute capability ("9.0")
    std::string unavailable_reason;  ///< empty when the device can be used
};

/// Every device of this machine; a CUDA entry that cannot be used says why.
CROSSLIFT_API std::vector<DeviceInfo> devices();

}  // namespace crosslift
