// CSV files, plain or gzip, one row at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crosslift::io {

/// One data row: the wanted fields in the order in which they were asked for, valid during the call only.
struct CsvRow {
    std::int64_t line = 0;   ///< where the row begins; the first line of the file is 1
    bool too_short = false;  ///< it has fewer fields than the header; `fields` are then empty
    std::span<const std::string_view> fields;
};

/// Sees the header's names, returns the wanted columns (numbers of columns, the same one
/// may be wanted twice; -1: always an empty field).
using CsvHeader = std::function<std::vector<int>(std::span<const std::string> names)>;
using CsvSink = std::function<void(const CsvRow&)>;

/// Streams a file; errors as crosslift/files.hpp tells.
void read_csv(const std::filesystem::path& path, const CsvHeader& header, const CsvSink& sink);

}  // namespace crosslift::io
