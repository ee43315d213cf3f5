// Arrow columns turned into what tables are made of: ids, numbers, times, texts.
#pragma once

#include "data/arrow.hpp"

#include <crosslift/ids.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace crosslift {

/// Rows that could not be read, each once, for its first malformed cell.
struct UnreadRows {
    explicit UnreadRows(std::int64_t rows) : keep(static_cast<std::size_t>(rows), 1) {}
    void reject(std::int64_t row, const std::string& reason, std::string_view value);

    std::vector<std::uint8_t> keep;
    std::vector<RejectedRow> rejected;
};

/// Ids; `integers` is set where every known one came as an integer. Throws DataError for other types than text and
/// integers.
IdColumn read_ids(const ArrowColumn& column);

/// Numbers; null, NaN and the words of parse_number are NaN.
std::vector<float> read_numbers(const ArrowColumn& column, const std::string& malformed, UnreadRows& unread);

/// Times; `kind` is none where no time is known.
std::vector<std::int64_t> read_times(const ArrowColumn& column, TimeKind& kind, UnreadRows& unread);

/// Texts; a null is "".
std::vector<std::string> read_texts(const ArrowColumn& column);

}  // namespace crosslift
