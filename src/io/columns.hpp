// Names of columns to their numbers in a header, with one error for all that is missing.
#pragma once

#include <filesystem>
#include <span>
#include <string>

namespace crosslift::io {

enum class Presence { optional, required };

class ColumnFinder {
public:
    ColumnFinder(const std::filesystem::path& path, std::span<const std::string> names) : path_(path), names_(names) {}

    /// The number of column `name`; -1 if `name` is empty, or absent and optional. Throws DataError for a required
    /// column that is absent (it lists those that are there) and for a name that stands twice.
    int find(const std::string& name, Presence presence) const;

private:
    const std::filesystem::path& path_;
    std::span<const std::string> names_;
};

}  // namespace crosslift::io
