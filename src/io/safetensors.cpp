// The header and its checks. What another program wrote, or a disk damaged, must end as a FormatError.
#include "io/safetensors.hpp"

#include <nlohmann/json.hpp>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>

namespace crosslift::io {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored as they lie in memory: little-endian");

constexpr std::size_t alignment = 64;
constexpr std::size_t longest_header = 1U << 20;  // parsed, it takes some sixty times its bytes
constexpr std::string_view checksum_key = "\"checksum\":\"";
constexpr std::size_t checksum_digits = 8;
constexpr int deepest = 4;  // a shape inside a tensor inside the header, and one to spare

struct TypeName {
    TensorType type;
    std::string_view name;
    std::int64_t size;
};
constexpr std::array types = {TypeName{TensorType::u8, "U8", 1}, TypeName{TensorType::i32, "I32", 4},
                              TypeName{TensorType::i64, "I64", 8}, TypeName{TensorType::f32, "F32", 4}};

const TypeName& describe(TensorType type) {
    return types[static_cast<std::size_t>(type)];
}

std::uint32_t checksum(std::uint32_t start, std::span<const std::byte> bytes) {
    if (bytes.empty()) return start;  // zlib would take a null pointer for a new beginning
    return static_cast<std::uint32_t>(
        crc32_z(start, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::string hex(std::uint32_t number) {
    std::string text(checksum_digits, '0');
    for (std::size_t n = checksum_digits; n-- > 0; number >>= 4) text[n] = "0123456789abcdef"[number & 15U];
    return text;
}

std::array<std::byte, 8> length_bytes(std::uint64_t length) {
    return std::bit_cast<std::array<std::byte, 8>>(length);
}

// Of the length, the header with zeros for the checksum's digits, and the data: no byte of the file is left out.
class FileChecksum {
public:
    FileChecksum(std::string header, std::size_t digits_at) : header_(std::move(header)) {
        header_.replace(digits_at, checksum_digits, checksum_digits, '0');
        sum_ = checksum(0, length_bytes(header_.size()));
        add(std::as_bytes(std::span(header_)));
    }
    void add(std::span<const std::byte> bytes) { sum_ = checksum(sum_, bytes); }
    std::string text() const { return hex(sum_); }

private:
    std::string header_;
    std::uint32_t sum_ = 0;
};

// Position of the checksum's digits in a header; npos if it has none.
std::size_t find_checksum(std::string_view header) {
    const std::size_t at = header.find(checksum_key);
    if (at == std::string_view::npos || at + checksum_key.size() + checksum_digits >= header.size()) {
        return std::string_view::npos;
    }
    return at + checksum_key.size();
}

// Tensors must lie end to end over the whole of the data.
void check_ranges(const TensorFile& file, std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges,
                  std::uint64_t data_size) {
    std::sort(ranges.begin(), ranges.end());
    std::uint64_t at = 0;
    for (const auto& [begin, end] : ranges) {
        if (begin != at) file.fail("its tensors overlap or leave holes");
        at = end;
    }
    if (at != data_size) {
        file.fail("its tensors end at byte " + std::to_string(at) + " of " + std::to_string(data_size) +
                  " (truncated or oversized)");
    }
}

}  // namespace

std::string TensorWriter::header(const std::map<std::string, std::string>& metadata,
                                 std::span<const Tensor> tensors) const {
    nlohmann::ordered_json json;
    json["__metadata__"] = metadata;
    json["__metadata__"]["checksum"] = std::string(checksum_digits, '0');
    std::size_t at = 0;
    for (const Tensor& tensor : tensors) {
        json[tensor.name] = {{"dtype", describe(tensor.type).name},
                             {"shape", tensor.shape},
                             {"data_offsets", {at, at + tensor.bytes.size()}}};
        at += tensor.bytes.size();
    }
    std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    while ((text.size() + 8) % alignment != 0) text += ' ';
    if (text.size() > longest_header) {
        throw FileError("the model's parameters take " + std::to_string(text.size()) +
                        " bytes as JSON; a model file holds at most " + std::to_string(longest_header));
    }
    return text;
}

void TensorWriter::write(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata) const {
    // Wide types first: then every tensor is aligned to its type without holes.
    std::vector<Tensor> tensors = tensors_;
    std::stable_sort(tensors.begin(), tensors.end(),
                     [](const Tensor& a, const Tensor& b) { return describe(a.type).size > describe(b.type).size; });
    std::string text = header(metadata, tensors);
    const std::size_t digits_at = find_checksum(text);
    FileChecksum sum(text, digits_at);
    for (const Tensor& tensor : tensors) sum.add(tensor.bytes);
    text.replace(digits_at, checksum_digits, sum.text());

    const auto length = length_bytes(text.size());
    std::vector<std::span<const std::byte>> parts = {length, std::as_bytes(std::span(text))};
    for (const Tensor& tensor : tensors) parts.push_back(tensor.bytes);
    replace_file(path, parts);
}

TensorFile::TensorFile(const std::filesystem::path& path) : path_(path) {
    InputFile file(path);
    const std::string header = read_header(file);
    const std::uint64_t data_size = file.size() - 8 - header.size();
    read_entries(header, data_size);
    data_.resize(data_size);
    if (file.read(data_).size() != data_size) fail("it became shorter while it was read");
    verify_checksum(header);
}

void TensorFile::fail(const std::string& what) const {
    throw UnusableFile("'" + path_.string() + "' is not a usable model file: " + what +
                       ". Save the model again, or fetch the file anew");
}

std::string TensorFile::read_header(InputFile& file) const {
    std::array<std::byte, 8> length{};
    if (file.read(length).size() != length.size()) fail("it has fewer than 8 bytes");
    const auto size = std::bit_cast<std::uint64_t>(length);
    if (size > file.size() - 8) {
        fail("its header should have " + std::to_string(size) + " bytes, the whole file has " +
             std::to_string(file.size()) + " (truncated, or no safetensors file)");
    }
    if (size < 2 || size > longest_header) {
        fail("its header has " + std::to_string(size) + " bytes; 2 .. " + std::to_string(longest_header) +
             " are wanted");
    }
    std::string header(size, ' ');
    if (file.read(std::as_writable_bytes(std::span(header))).size() != size) fail("its header ends early");
    return header;
}

void TensorFile::read_entries(const std::string& header, std::uint64_t data_size) {
    const auto shallow = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
        if (depth > deepest) fail("its header is nested too deep");
        return true;
    };
    const auto count = [&](const nlohmann::json& json) {
        if (!json.is_number_unsigned()) fail("its header has " + json.dump().substr(0, 20) + " for a size");
        return json.get<std::uint64_t>();
    };
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    try {
        const auto json = nlohmann::json::parse(header, shallow);
        if (!json.is_object()) fail("its header is no JSON object");
        for (const auto& [name, value] : json.items()) {
            if (name == "__metadata__") {
                metadata_ = value.get<std::map<std::string, std::string>>();
                continue;
            }
            Entry entry;
            const auto dtype = value.at("dtype").get<std::string>();
            const auto type =
                std::find_if(types.begin(), types.end(), [&](const TypeName& known) { return known.name == dtype; });
            if (type == types.end()) fail("a tensor is of type " + dtype.substr(0, 20));
            entry.type = type->type;
            std::uint64_t size = static_cast<std::uint64_t>(type->size);
            for (const auto& extent : value.at("shape")) {
                if (__builtin_mul_overflow(size, count(extent), &size)) size = data_size + 1;
                entry.shape.push_back(static_cast<std::int64_t>(count(extent)));
            }
            const std::uint64_t begin = count(value.at("data_offsets").at(0));
            const std::uint64_t end = count(value.at("data_offsets").at(1));
            if (begin > end || end > data_size || size != end - begin) {
                fail("shape and place of tensor '" + name.substr(0, 40) + "' do not fit each other or the file");
            }
            entry.begin = begin;
            entry.size = size;
            ranges.emplace_back(begin, end);
            entries_[name] = std::move(entry);
        }
    } catch (const nlohmann::json::exception& error) {
        fail(std::string("its header cannot be read (") + error.what() + ")");
    }
    check_ranges(*this, std::move(ranges), data_size);
}

void TensorFile::verify_checksum(const std::string& header) const {
    const std::size_t at = find_checksum(header);
    if (at == std::string_view::npos) fail("it has no checksum, so Crosslift did not write it");
    FileChecksum sum(header, at);
    sum.add(data_);
    if (sum.text() != header.substr(at, checksum_digits)) fail("its checksum is wrong (damaged)");
}

const TensorFile::Entry& TensorFile::find(const std::string& name, TensorType type, std::size_t dimensions) const {
    const auto at = entries_.find(name);
    if (at == entries_.end()) fail("tensor '" + name + "' is missing");
    if (at->second.type != type || at->second.shape.size() != dimensions) {
        fail("tensor '" + name + "' is not " + std::string(describe(type).name) + " with " +
             std::to_string(dimensions) + " dimension" + (dimensions == 1 ? "" : "s"));
    }
    return at->second;
}

}  // namespace crosslift::io
