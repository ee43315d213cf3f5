// Well-formed sequences as table 3-7 of the Unicode standard lists them.
#include "io/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace crosslift::io {
namespace {

bool is_ascii(std::string_view text) {
    std::uint64_t bits = 0;
    while (text.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        bits |= word;
        text.remove_prefix(8);
    }
    for (const char c : text) bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(c));
    return (bits & 0x8080808080808080ULL) == 0;
}

// Length of the well-formed sequence at the start of `text`, 0 if there is none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t n) { return static_cast<unsigned char>(text[n]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    const std::size_t length = lead < 0xE0 ? 2U : lead < 0xF0 ? 3U : 4U;
    if (text.size() < length) return 0;
    unsigned char low = 0x80, high = 0xBF;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
    if (byte(1) < low || byte(1) > high) return 0;
    for (std::size_t n = 2; n < length; ++n) {
        if ((byte(n) & 0xC0) != 0x80) return 0;
    }
    return length;
}

}  // namespace

std::string_view repair_utf8(std::string_view text, std::string& repaired) {
    if (is_ascii(text)) return text;
    repaired.clear();
    bool valid = true;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = sequence_length(text.substr(at));
        if (length == 0) {
            repaired += "\xEF\xBF\xBD";
            valid = false;
            ++at;
        } else {
            repaired.append(text, at, length);
            at += length;
        }
    }
    return valid ? text : std::string_view(repaired);
}

}  // namespace crosslift::io
