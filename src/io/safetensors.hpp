// The safetensors layout: 8 bytes of header length, a JSON header, tensors end to end.
#pragma once

#include "io/files.hpp"

#include <crosslift/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace crosslift::io {

enum class TensorType { u8, i32, i64, f32 };

template <class T>
constexpr TensorType tensor_type() {
    if constexpr (std::is_same_v<T, float>) return TensorType::f32;
    if constexpr (std::is_same_v<T, std::int64_t>) return TensorType::i64;
    if constexpr (std::is_same_v<T, std::int32_t>) return TensorType::i32;
    if constexpr (std::is_same_v<T, std::uint8_t> || std::is_same_v<T, char>) return TensorType::u8;
}

/// Tensors to be written: views, which must live until write() has returned.
class TensorWriter {
public:
    template <class T>
    void add(const std::string& name, std::span<const T> values, std::vector<std::int64_t> shape = {}) {
        if (shape.empty()) shape = {static_cast<std::int64_t>(values.size())};
        tensors_.push_back({name, tensor_type<T>(), std::move(shape), std::as_bytes(values)});
    }

    /// Writes a temporary file beside `path`, flushes it to the disk and renames it. `metadata` gets one more entry,
    /// "checksum". Throws FileError; the old file, if any, is then untouched.
    void write(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata) const;

private:
    struct Tensor {
        std::string name;
        TensorType type;
        std::vector<std::int64_t> shape;
        std::span<const std::byte> bytes;
    };
    std::string header(const std::map<std::string, std::string>& metadata, std::span<const Tensor> tensors) const;

    std::vector<Tensor> tensors_;
};

/// A FormatError that names its file already.
struct UnusableFile : FormatError {
    using FormatError::FormatError;
};

/// A file read as a whole. Sizes are checked against the file's before memory is taken, then the checksum. All errors
/// are FormatError, but FileError where the file cannot be opened or read.
class TensorFile {
public:
    explicit TensorFile(const std::filesystem::path& path);

    const std::map<std::string, std::string>& metadata() const { return metadata_; }
    bool has(const std::string& name) const { return entries_.contains(name); }

    /// A copy of a tensor of known type and number of dimensions, whose shape is then in `shape`.
    template <class T>
    std::vector<T> take(const std::string& name, std::vector<std::int64_t>& shape, std::size_t dimensions) const {
        const Entry& entry = find(name, tensor_type<T>(), dimensions);
        shape = entry.shape;
        std::vector<T> values(entry.size / sizeof(T));
        if (entry.size > 0) std::memcpy(values.data(), data_.data() + entry.begin, entry.size);
        return values;
    }
    /// The same for one dimension.
    template <class T>
    std::vector<T> take(const std::string& name) const {
        std::vector<std::int64_t> shape;
        return take<T>(name, shape, 1);
    }

    /// Throws UnusableFile with `what` in a sentence that names the file and says what to do.
    [[noreturn]] void fail(const std::string& what) const;

private:
    struct Entry {
        TensorType type = TensorType::u8;
        std::vector<std::int64_t> shape;
        std::size_t begin = 0;  // in data_
        std::size_t size = 0;
    };

    std::string read_header(InputFile& file) const;
    void read_entries(const std::string& header, std::uint64_t data_size);
    void verify_checksum(const std::string& header) const;
    const Entry& find(const std::string& name, TensorType type, std::size_t dimensions) const;

    std::filesystem::path path_;
    std::vector<std::byte> data_;
    std::map<std::string, std::string> metadata_;
    std::map<std::string, Entry> entries_;
};

}  // namespace crosslift::io
