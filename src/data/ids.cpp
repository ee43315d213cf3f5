// Ids to rows and back: one text with offsets, found again by open addressing.
#include <crosslift/error.hpp>
#include <crosslift/ids.hpp>

#include <charconv>
#include <cstring>

namespace crosslift {
namespace {

constexpr std::uint64_t multiplier = 0x9E3779B97F4A7C15ULL;

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * multiplier;
    return hash ^ (hash >> 32);
}

// Eight bytes at a time; equal on every machine of one byte order, and never stored.
std::uint32_t hash_of(std::string_view id) {
    std::uint64_t hash = id.size() * multiplier;
    const char* at = id.data();
    std::size_t left = id.size();
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        hash = mix(hash, word);
    }
    std::uint64_t word = 0;
    if (left > 0) std::memcpy(&word, at, left);
    hash = mix(hash, word);
    return static_cast<std::uint32_t>(mix(hash, hash >> 29) >> 16);
}

std::uint64_t slot_of(std::uint32_t hash, std::int32_t row) {
    return (static_cast<std::uint64_t>(hash) << 32) | (static_cast<std::uint32_t>(row) + 1U);
}

std::int32_t row_of(std::uint64_t slot) {
    return static_cast<std::int32_t>((slot & 0xFFFFFFFFULL) - 1U);
}

bool is_integer_text(std::string_view id) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    if (error != std::errc() || end != id.data() + id.size()) return false;
    const std::string_view digits = id.substr(id.starts_with('-') ? 1 : 0);
    return id == "0" || (digits.front() != '0');
}

}  // namespace

std::int32_t IdMap::add(std::string_view id) {
    if (2 * static_cast<std::size_t>(size()) >= slots_.size()) grow();
    const std::uint32_t hash = hash_of(id);
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    for (; slots_[at] != 0; at = (at + 1) & mask) {
        if ((slots_[at] >> 32) == hash && (*this)[row_of(slots_[at])] == id) return row_of(slots_[at]);
    }
    if (offsets_.size() >= 0x7FFFFFFFULL) {
        throw InvalidArgument("more than 2^31 - 2 different ids in one column: rows are 32-bit numbers");
    }
    const std::int32_t row = size();
    text_.append(id);
    offsets_.push_back(static_cast<std::int64_t>(text_.size()));
    slots_[at] = slot_of(hash, row);
    return row;
}

std::int32_t IdMap::find(std::string_view id) const {
    if (slots_.empty()) return unknown;
    const std::uint32_t hash = hash_of(id);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask; slots_[at] != 0; at = (at + 1) & mask) {
        if ((slots_[at] >> 32) == hash && (*this)[row_of(slots_[at])] == id) return row_of(slots_[at]);
    }
    return unknown;
}

std::string_view IdMap::operator[](std::int32_t row) const {
    const auto at = static_cast<std::size_t>(row);
    const auto begin = static_cast<std::size_t>(offsets_[at]);
    return std::string_view(text_).substr(begin, static_cast<std::size_t>(offsets_[at + 1]) - begin);
}

bool IdMap::holds_integers() const {
    for (std::int32_t row = 0; row < size(); ++row) {
        if (!is_integer_text((*this)[row])) return false;
    }
    return true;
}

void IdMap::grow() {
    const std::size_t capacity = slots_.empty() ? 16 : 2 * slots_.size();
    std::vector<std::uint64_t> slots(capacity, 0);
    for (const std::uint64_t slot : slots_) {
        if (slot == 0) continue;
        std::size_t at = (slot >> 32) & (capacity - 1);
        while (slots[at] != 0) at = (at + 1) & (capacity - 1);
        slots[at] = slot;
    }
    slots_.swap(slots);
}

IdMap IdMap::from_text(std::string text, std::vector<std::int64_t> offsets) {
    if (offsets.empty() || offsets.front() != 0 || offsets.back() != static_cast<std::int64_t>(text.size())) {
        throw FormatError("id offsets must run from 0 to the length of the id text");
    }
    IdMap map;
    for (std::size_t n = 1; n < offsets.size(); ++n) {
        if (offsets[n] < offsets[n - 1] || offsets[n] > offsets.back()) {
            throw FormatError("id offsets decrease at id " + std::to_string(n - 1));
        }
        const auto begin = static_cast<std::size_t>(offsets[n - 1]);
        const auto length = static_cast<std::size_t>(offsets[n] - offsets[n - 1]);
        const auto row = static_cast<std::int32_t>(n - 1);
        if (map.add(std::string_view(text).substr(begin, length)) != row) {
            throw FormatError("id " + std::to_string(row) + " stands twice in the id table");
        }
    }
    return map;
}

}  // namespace crosslift
