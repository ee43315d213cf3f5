// Arrow columns cell by cell, whatever their type.
#pragma once

#include <crosslift/arrow.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace crosslift {

/// A piece of a column: `length` cells from `offset` on.
struct ArrowChunk {
    const ArrowArray* array = nullptr;
    std::int64_t offset = 0;
    std::int64_t length = 0;
};

struct ArrowColumn {
    std::string name;
    const ArrowSchema* schema = nullptr;
    std::vector<ArrowChunk> chunks;

    std::int64_t length() const;
};

struct ArrowTable::State {
    std::vector<ArrowColumn> columns;
    std::vector<std::string> mentioned;
    std::vector<std::shared_ptr<void>> owners;  // schemas and arrays, released with the table

    /// The column of that name, or null.
    const ArrowColumn* find(std::string_view name) const;
};

/// What stands in one cell.
struct ArrowCell {
    enum class Kind { missing, text, integer, real, time };

    Kind kind = Kind::missing;
    std::string_view text;     ///< lives until the next cell is read
    std::int64_t integer = 0;  ///< the number, or seconds since 1970 for a time
    double real = 0;
};

/// Reads the cells of one chunk. Throws DataError for types that are none of ArrowCell's kinds.
class ArrowCellReader {
public:
    ArrowCellReader(const ArrowColumn& column, const ArrowChunk& chunk);

    ArrowCell operator()(std::int64_t row);

private:
    enum class Type {
        null,
        boolean,
        i8,
        u8,
        i16,
        u16,
        i32,
        u32,
        i64,
        u64,
        f32,
        f64,
        text32,
        text64,
        text_view,
        decimal,
        time
    };

    ArrowCellReader(const ArrowSchema& schema, const ArrowArray& array, std::int64_t offset, const std::string& name);

    void read_format(const ArrowSchema& schema, const std::string& name);
    void read_parameterised_format(std::string_view format, const std::string& name);
    bool is_null(std::int64_t at) const;
    ArrowCell integer(std::int64_t at);
    ArrowCell unsigned_integer(std::uint64_t number);
    std::string_view text(std::int64_t at) const;
    ArrowCell decimal(std::int64_t at) const;
    ArrowCell time(std::int64_t at) const;

    template <class T>
    T value(std::int64_t at) const {
        return static_cast<const T*>(values_)[at];
    }

    Type type_ = Type::null;
    bool narrow_ = false;       // times stored in 32 bits
    std::int64_t unit_ = 1;     // times: ticks per second, or minus seconds per tick
    double decimal_scale_ = 1;  // decimals: what the stored integer is divided by
    std::int64_t decimal_bytes_ = 16;
    std::int64_t offset_ = 0;
    const ArrowArray* array_ = nullptr;
    const std::uint8_t* valid_ = nullptr;
    const void* values_ = nullptr;
    std::array<char, 24> digits_{};
    std::unique_ptr<ArrowCellReader> dictionary_;
};

}  // namespace crosslift
