// Whole files in and out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace crosslift::io {

/// A regular file that is read from its beginning. Throws FileError.
class InputFile {
public:
    explicit InputFile(const std::filesystem::path& path);
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;
    ~InputFile();

    /// Its size when it was opened.
    std::uint64_t size() const { return size_; }
    /// Fills `to`, or as much of it as the file has left, and returns that part.
    std::span<std::byte> read(std::span<std::byte> to);

private:
    std::filesystem::path path_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
};

/// Writes `parts` one after the other to a temporary file in the folder of `path`, flushes it to the disk and renames
/// it to `path`: readers see the old file or the new one, never a part. Throws FileError, leaving nothing behind.
void replace_file(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts);

}  // namespace crosslift::io
