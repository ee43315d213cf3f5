// What the fuzz targets share. Each target takes any bytes and must return: errors are answers, crashes are not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace crosslift::fuzz {

/// Bytes as a file in memory, with a path that any reader can open.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view bytes) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
        if (descriptor_ < 0 || ::write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
            throw std::runtime_error("cannot make a file in memory");
        }
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    ~MemoryFile() { ::close(descriptor_); }

    std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

private:
    int descriptor_;
};

void csv(std::string_view bytes);
void fields(std::string_view bytes);
void model(std::string_view bytes);

}  // namespace crosslift::fuzz

/// The entry that libFuzzer calls, for the one target of a fuzzing program.
#ifdef CROSSLIFT_LIBFUZZER
#define CROSSLIFT_FUZZ_ENTRY(target)                                                    \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);  \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
        target({reinterpret_cast<const char*>(data), size});                            \
        return 0;                                                                       \
    }
#else
#define CROSSLIFT_FUZZ_ENTRY(target)
#endif
