#include "data/arrow_columns.hpp"

#include <crosslift/error.hpp>

#include <charconv>
#include <cmath>
#include <limits>

namespace crosslift {
namespace {

using Kind = ArrowCell::Kind;

// Calls act(row, cell) for every cell of a column.
template <class Act>
void for_each_cell(const ArrowColumn& column, Act act) {
    std::int64_t row = 0;
    for (const ArrowChunk& chunk : column.chunks) {
        ArrowCellReader read(column, chunk);
        for (std::int64_t n = 0; n < chunk.length; ++n) act(row++, read(n));
    }
}

template <class T>
std::string number_text(T number) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    return {text.data(), end};
}

std::string as_text(const ArrowCell& cell) {
    switch (cell.kind) {
        case Kind::text:
            return std::string(cell.text);
        case Kind::integer:
            return number_text(cell.integer);
        case Kind::real:
            return std::isnan(cell.real) ? std::string() : number_text(cell.real);
        case Kind::time:
            return format_time(cell.integer, TimeKind::timestamp);
        case Kind::missing:
            break;
    }
    return {};
}

[[noreturn]] void reject_id(const ArrowColumn& column, const ArrowCell& cell) {
    const bool real = cell.kind == Kind::real;
    throw DataError("column '" + column.name + "' holds " + (real ? "floating-point numbers (" : "times (") +
                    as_text(cell) + "), but ids are text or integers" +
                    (real ? "; a missing id turns integers into floating-point numbers in pandas: read the column as "
                            "text (dtype=str) or as \"Int64\""
                          : "; name the column that holds the ids"));
}

float to_float(double number) {
    constexpr double most = std::numeric_limits<float>::max();
    if (number > most) return std::numeric_limits<float>::infinity();
    if (number < -most) return -std::numeric_limits<float>::infinity();
    return static_cast<float>(number);
}

// A whole number in floating point (an integer column with gaps) is an order number.
bool to_order(double number, std::int64_t& order) {
    constexpr double most = 9.0e15;
    if (!(std::fabs(number) < most) || number != std::trunc(number)) return false;
    order = static_cast<std::int64_t>(number);
    return true;
}

}  // namespace

void UnreadRows::reject(std::int64_t row, const std::string& reason, std::string_view value) {
    std::uint8_t& kept = keep[static_cast<std::size_t>(row)];
    if (kept == 0) return;
    kept = 0;
    rejected.push_back({row, reason, std::string(value.substr(0, 40))});
}

IdColumn read_ids(const ArrowColumn& column) {
    IdColumn ids;
    ids.rows.reserve(static_cast<std::size_t>(column.length()));
    bool text = false, integer = false;
    std::array<char, 24> digits{};
    for_each_cell(column, [&](std::int64_t, const ArrowCell& cell) {
        switch (cell.kind) {
            case Kind::text:
                text = true;
                ids.push_back(cell.text);
                return;
            case Kind::integer: {
                integer = true;
                const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), cell.integer).ptr;
                ids.push_back({digits.data(), static_cast<std::size_t>(end - digits.data())});
                return;
            }
            case Kind::real:
                if (!std::isnan(cell.real)) reject_id(column, cell);
                break;
            case Kind::time:
                reject_id(column, cell);
            case Kind::missing:
                break;
        }
        ids.rows.push_back(IdMap::unknown);
    });
    ids.ids.integers = integer && !text;
    return ids;
}

std::vector<float> read_numbers(const ArrowColumn& column, const std::string& malformed, UnreadRows& unread) {
    std::vector<float> numbers;
    numbers.reserve(unread.keep.size());
    for_each_cell(column, [&](std::int64_t row, const ArrowCell& cell) {
        float number = std::numeric_limits<float>::quiet_NaN();
        switch (cell.kind) {
            case Kind::text:
                if (!parse_number(cell.text, number)) unread.reject(row, malformed, cell.text);
                break;
            case Kind::integer:
                number = static_cast<float>(cell.integer);
                break;
            case Kind::real:
                number = to_float(cell.real);
                break;
            case Kind::time:
                throw DataError("column '" + column.name + "' holds times, but numbers are wanted");
            case Kind::missing:
                break;
        }
        numbers.push_back(number);
    });
    return numbers;
}

std::vector<std::int64_t> read_times(const ArrowColumn& column, TimeKind& kind, UnreadRows& unread) {
    std::vector<std::int64_t> times;
    times.reserve(unread.keep.size());
    for_each_cell(column, [&](std::int64_t row, const ArrowCell& cell) {
        std::int64_t time = unknown_time;
        switch (cell.kind) {
            case Kind::text:
                if (!parse_time(cell.text, kind, time)) unread.reject(row, rejection::time_malformed, cell.text);
                break;
            case Kind::integer:
                kind = TimeKind::order;
                time = cell.integer;
                break;
            case Kind::real:
                if (std::isnan(cell.real)) break;
                kind = TimeKind::order;
                if (!to_order(cell.real, time)) unread.reject(row, rejection::time_malformed, as_text(cell));
                break;
            case Kind::time:
                kind = TimeKind::timestamp;
                time = cell.integer;
                break;
            case Kind::missing:
                break;
        }
        times.push_back(time);
    });
    return times;
}

std::vector<std::string> read_texts(const ArrowColumn& column) {
    std::vector<std::string> texts;
    texts.reserve(static_cast<std::size_t>(column.length()));
    for_each_cell(column, [&](std::int64_t, const ArrowCell& cell) { texts.push_back(as_text(cell)); });
    return texts;
}

}  // namespace crosslift
