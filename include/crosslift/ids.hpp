// The dictionary between a shop's own ids and rows of matrices.
#pragma once

#include <crosslift/api.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crosslift {

/// Ids in the order of their first appearance. An id is text: "011" stays "011". When every id came as an integer,
/// `integers` remembers it, so that front ends hand integers back.
class CROSSLIFT_API IdMap {
public:
    static constexpr std::int32_t unknown = -1;

    /// The row of `id`, added if it is new. Throws InvalidArgument beyond 2^31 - 2 ids.
    std::int32_t add(std::string_view id);

    /// The row of `id`, or `unknown`.
    std::int32_t find(std::string_view id) const;

    /// The id of a row in 0 .. size() - 1; the view lives as long as the map is not changed.
    std::string_view operator[](std::int32_t row) const;

    std::int32_t size() const { return static_cast<std::int32_t>(offsets_.size()) - 1; }

    bool integers = false;

    /// True if every id is the usual text of a 64-bit integer ("17", "-3"; not "011", "+5" or "-0").
    bool holds_integers() const;

    /// All ids end to end, and size() + 1 offsets into them: the form in which a model file keeps them.
    std::string_view text() const { return text_; }
    std::span<const std::int64_t> offsets() const { return offsets_; }

    /// Rebuilds a map from text() and offsets(). Throws FormatError if the offsets do not fit the text or an id
    /// stands twice.
    static IdMap from_text(std::string text, std::vector<std::int64_t> offsets);

private:
    void grow();

    std::string text_;
    std::vector<std::int64_t> offsets_ = {0};
    std::vector<std::uint64_t> slots_;  // open addressing: hash << 32 | row + 1; 0 = free; size a power of two
};

/// A column of ids, dictionary encoded: `rows[n]` is the id of line n, or IdMap::unknown where it is missing.
struct CROSSLIFT_API IdColumn {
    IdMap ids;
    std::vector<std::int32_t> rows;

    bool empty() const { return rows.empty(); }
    /// Appends one line; an empty id is a missing one.
    void push_back(std::string_view id) { rows.push_back(id.empty() ? IdMap::unknown : ids.add(id)); }
};

}  // namespace crosslift
