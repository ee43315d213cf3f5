// A model file taken apart, to be damaged in chosen places and put together again with a right checksum.
#pragma once

#include <zlib.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace crosslift::testing {

struct ModelFile {
    std::string header, data;

    ModelFile() = default;
    explicit ModelFile(const std::string& bytes) {
        std::uint64_t size = 0;
        std::memcpy(&size, bytes.data(), 8);
        header = bytes.substr(8, size);
        data = bytes.substr(8 + size);
    }

    /// The file, its checksum made right if the header has a place for one.
    std::string bytes() const {
        constexpr std::string_view key = R"("checksum":")";
        const std::uint64_t size = header.size();
        std::string file(8, '\0');
        std::memcpy(file.data(), &size, 8);
        file += header;
        const std::size_t at = file.find(key, 8);
        if (at == std::string::npos || at + key.size() + 8 > file.size()) return file + data;
        file.replace(at + key.size(), 8, "00000000");
        file += data;
        const auto sum = crc32_z(0, reinterpret_cast<const unsigned char*>(file.data()), file.size());
        std::array<char, 16> digits{};
        std::snprintf(digits.data(), digits.size(), "%08lx", sum);
        return file.replace(at + key.size(), 8, digits.data());
    }

    bool replace_in_header(const std::string& from, const std::string& to) {
        const std::size_t at = header.find(from);
        if (at == std::string::npos) return false;
        header.replace(at, from.size(), to);
        return true;
    }

    /// Where the numbers of a tensor begin in `data`, and how many bytes they take; false if there is none.
    bool find(const std::string& name, std::size_t& begin, std::size_t& size) const {
        const std::size_t entry = header.find("\"" + name + "\":{");
        if (entry == std::string::npos) return false;
        std::size_t end = 0;
        const std::size_t offsets = header.find("\"data_offsets\":[", entry);
        if (std::sscanf(header.c_str() + offsets, "\"data_offsets\":[%zu,%zu]", &begin, &end) != 2) return false;
        size = end - begin;
        return true;
    }

    /// Overwrites number n of a tensor; false if there is no such number.
    template <class T>
    bool set(const std::string& name, std::size_t n, T value) {
        std::size_t begin = 0, size = 0;
        if (!find(name, begin, size) || (n + 1) * sizeof(T) > size) return false;
        std::memcpy(data.data() + begin + n * sizeof(T), &value, sizeof(T));
        return true;
    }
};

}  // namespace crosslift::testing
