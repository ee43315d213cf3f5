// One cell of an Arrow column, whatever its type. Layouts: arrow.apache.org/docs/format/Columnar.html.
#include "data/arrow.hpp"

#include <crosslift/error.hpp>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

namespace crosslift {
namespace {

bool bit(const std::uint8_t* bits, std::int64_t at) {
    return ((bits[at >> 3] >> (at & 7)) & 1) != 0;
}

std::int64_t floor_divide(std::int64_t number, std::int64_t by) {
    return number / by - static_cast<std::int64_t>(number % by < 0);
}

[[noreturn]] void reject_type(std::string_view format, const std::string& name) {
    throw DataError("column '" + name + "' has Arrow type '" + std::string(format) +
                    "': wanted are text, numbers, booleans, dates or timestamps");
}

}  // namespace

ArrowCellReader::ArrowCellReader(const ArrowColumn& column, const ArrowChunk& chunk)
    : ArrowCellReader(*column.schema, *chunk.array, chunk.offset, column.name) {}

ArrowCellReader::ArrowCellReader(const ArrowSchema& schema, const ArrowArray& array, std::int64_t offset,
                                 const std::string& name)
    : offset_(offset), array_(&array) {
    read_format(schema, name);
    if (array.n_buffers > 0) valid_ = static_cast<const std::uint8_t*>(array.buffers[0]);
    if (array.n_buffers > 1) values_ = array.buffers[1];
    if (schema.dictionary != nullptr) {
        dictionary_.reset(new ArrowCellReader(*schema.dictionary, *array.dictionary, array.dictionary->offset, name));
    }
}

void ArrowCellReader::read_format(const ArrowSchema& schema, const std::string& name) {
    const std::string_view format = schema.format;
    struct Plain {
        std::string_view format;
        Type type;
    };
    constexpr Plain plain[] = {{"n", Type::null},   {"b", Type::boolean}, {"c", Type::i8},        {"C", Type::u8},
                               {"s", Type::i16},    {"S", Type::u16},     {"i", Type::i32},       {"I", Type::u32},
                               {"l", Type::i64},    {"L", Type::u64},     {"f", Type::f32},       {"g", Type::f64},
                               {"u", Type::text32}, {"U", Type::text64},  {"vu", Type::text_view}};
    for (const Plain& it : plain) {
        if (it.format == format) {
            type_ = it.type;
            return;
        }
    }
    read_parameterised_format(format, name);
}

void ArrowCellReader::read_parameterised_format(std::string_view format, const std::string& name) {
    type_ = Type::time;
    if (format == "tdD") {
        narrow_ = true;
        unit_ = -86400;
    } else if (format == "tdm" || format.starts_with("tsm:")) {
        unit_ = 1000;
    } else if (format.starts_with("tss:")) {
        unit_ = 1;
    } else if (format.starts_with("tsu:")) {
        unit_ = 1'000'000;
    } else if (format.starts_with("tsn:")) {
        unit_ = 1'000'000'000;
    } else if (format.starts_with("d:")) {  // d:precision,scale or d:precision,scale,bits
        int precision = 0, scale = 0, bits = 128;
        const int read = std::sscanf(std::string(format).c_str(), "d:%d,%d,%d", &precision, &scale, &bits);
        if (read < 2 || bits > 128 || bits < 32) reject_type(format, name);
        type_ = Type::decimal;
        decimal_scale_ = std::pow(10.0, scale);
        decimal_bytes_ = bits / 8;
    } else {
        reject_type(format, name);
    }
}

bool ArrowCellReader::is_null(std::int64_t at) const {
    return valid_ != nullptr && !bit(valid_, at);
}

ArrowCell ArrowCellReader::operator()(std::int64_t row) {
    const std::int64_t at = row + offset_;
    if (type_ == Type::null || is_null(at)) return {};
    if (dictionary_ != nullptr) return (*dictionary_)(integer(at).integer);
    switch (type_) {
        case Type::f32:
            return {ArrowCell::Kind::real, {}, 0, static_cast<double>(value<float>(at))};
        case Type::f64:
            return {ArrowCell::Kind::real, {}, 0, value<double>(at)};
        case Type::text32:
        case Type::text64:
        case Type::text_view:
            return {ArrowCell::Kind::text, text(at), 0, 0};
        case Type::decimal:
            return decimal(at);
        case Type::time:
            return time(at);
        default:
            return integer(at);
    }
}

ArrowCell ArrowCellReader::unsigned_integer(std::uint64_t number) {
    if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return {ArrowCell::Kind::integer, {}, static_cast<std::int64_t>(number), 0};
    }
    const auto [end, error] = std::to_chars(digits_.data(), digits_.data() + digits_.size(), number);
    return {ArrowCell::Kind::text, {digits_.data(), static_cast<std::size_t>(end - digits_.data())}, 0, 0};
}

ArrowCell ArrowCellReader::integer(std::int64_t at) {
    const auto cell = [](std::int64_t number) { return ArrowCell{ArrowCell::Kind::integer, {}, number, 0}; };
    switch (type_) {
        case Type::boolean:
            return cell(bit(static_cast<const std::uint8_t*>(values_), at) ? 1 : 0);
        case Type::i8:
            return cell(value<std::int8_t>(at));
        case Type::u8:
            return cell(value<std::uint8_t>(at));
        case Type::i16:
            return cell(value<std::int16_t>(at));
        case Type::u16:
            return cell(value<std::uint16_t>(at));
        case Type::i32:
            return cell(value<std::int32_t>(at));
        case Type::u32:
            return cell(value<std::uint32_t>(at));
        case Type::u64:
            return unsigned_integer(value<std::uint64_t>(at));
        default:
            return cell(value<std::int64_t>(at));
    }
}

std::string_view ArrowCellReader::text(std::int64_t at) const {
    if (type_ == Type::text_view) {
        // 16 bytes: length, then up to 12 bytes inline, or a prefix of 4, a buffer's number and an offset in it.
        const auto* view = static_cast<const char*>(values_) + 16 * at;
        std::int32_t head[4];
        std::memcpy(head, view, sizeof head);
        if (head[0] <= 12) return {view + 4, static_cast<std::size_t>(head[0])};
        const auto* buffer = static_cast<const char*>(array_->buffers[2 + head[2]]);
        return {buffer + head[3], static_cast<std::size_t>(head[0])};
    }
    const auto* bytes = static_cast<const char*>(array_->buffers[2]);
    const std::int64_t begin = type_ == Type::text64 ? value<std::int64_t>(at) : value<std::int32_t>(at);
    const std::int64_t end = type_ == Type::text64 ? value<std::int64_t>(at + 1) : value<std::int32_t>(at + 1);
    if (begin == end) return {};
    return {bytes + begin, static_cast<std::size_t>(end - begin)};
}

ArrowCell ArrowCellReader::decimal(std::int64_t at) const {
    std::int64_t low = 0, high = 0;
    if (decimal_bytes_ == 4) {
        low = value<std::int32_t>(at);
        high = low < 0 ? -1 : 0;
    } else if (decimal_bytes_ == 8) {
        low = value<std::int64_t>(at);
        high = low < 0 ? -1 : 0;
    } else {
        low = value<std::int64_t>(2 * at);
        high = value<std::int64_t>(2 * at + 1);
    }
    if (decimal_scale_ == 1 && high == (low < 0 ? -1 : 0)) return {ArrowCell::Kind::integer, {}, low, 0};
    const double whole =
        std::ldexp(static_cast<double>(high), 64) + static_cast<double>(static_cast<std::uint64_t>(low));
    return {ArrowCell::Kind::real, {}, 0, (high == -1 && low < 0 ? static_cast<double>(low) : whole) / decimal_scale_};
}

ArrowCell ArrowCellReader::time(std::int64_t at) const {
    const std::int64_t ticks = narrow_ ? value<std::int32_t>(at) : value<std::int64_t>(at);
    if (ticks == std::numeric_limits<std::int64_t>::min()) return {};  // NumPy's NaT
    const std::int64_t seconds = unit_ < 0 ? ticks * -unit_ : floor_divide(ticks, unit_);
    return {ArrowCell::Kind::time, {}, seconds, 0};
}

}  // namespace crosslift
