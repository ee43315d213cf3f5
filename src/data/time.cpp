// Times as text: ISO 8601 dates and date-times, or order numbers.
#include "data/field.hpp"

#include <crosslift/transactions.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace crosslift {
namespace {

// Reads text from left to right; every read says whether it succeeded.
struct Cursor {
    std::string_view text;

    bool done() const { return text.empty(); }
    bool take(char wanted) {
        if (text.empty() || text.front() != wanted) return false;
        text.remove_prefix(1);
        return true;
    }
    bool digits(std::size_t count, int& number) {
        if (text.size() < count) return false;
        number = 0;
        for (std::size_t n = 0; n < count; ++n) {
            if (text[n] < '0' || text[n] > '9') return false;
            number = 10 * number + (text[n] - '0');
        }
        text.remove_prefix(count);
        return true;
    }
};

bool read_date(Cursor& cursor, std::int64_t& seconds) {
    int year = 0, month = 0, day = 0;
    if (!cursor.digits(4, year) || !cursor.take('-') || !cursor.digits(2, month) || !cursor.take('-') ||
        !cursor.digits(2, day)) {
        return false;
    }
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return false;
    seconds = std::chrono::seconds(std::chrono::sys_days(date).time_since_epoch()).count();
    return true;
}

// ":SS" and a fraction, which is read and dropped.
bool read_seconds(Cursor& cursor, int& second) {
    if (!cursor.take(':')) return true;
    if (!cursor.digits(2, second)) return false;
    if (!cursor.take('.') && !cursor.take(',')) return true;
    int digit = 0;
    if (!cursor.digits(1, digit)) return false;
    while (cursor.digits(1, digit)) {
    }
    return true;
}

bool read_offset(Cursor& cursor, std::int64_t& seconds) {
    if (cursor.done() || cursor.take('Z') || cursor.take('z')) return true;
    const bool minus = cursor.take('-');
    if (!minus && !cursor.take('+')) return false;
    int hours = 0, minutes = 0;
    if (!cursor.digits(2, hours)) return false;
    if (!cursor.done()) {
        cursor.take(':');
        if (!cursor.digits(2, minutes)) return false;
    }
    if (hours > 23 || minutes > 59) return false;
    seconds = (minus ? -60 : 60) * (60 * hours + minutes);
    return true;
}

bool parse_order(std::string_view text, std::int64_t& number) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end && number != unknown_time;
}

}  // namespace

bool parse_timestamp(std::string_view text, std::int64_t& seconds) {
    Cursor cursor{trimmed(text)};
    std::int64_t date = 0;
    if (!read_date(cursor, date)) return false;
    std::int64_t offset = 0;
    int hour = 0, minute = 0, second = 0;
    if (!cursor.done()) {
        if (!cursor.take('T') && !cursor.take('t') && !cursor.take(' ')) return false;
        if (!cursor.digits(2, hour) || !cursor.take(':') || !cursor.digits(2, minute)) return false;
        if (!read_seconds(cursor, second) || !read_offset(cursor, offset) || !cursor.done()) return false;
        if (hour > 23 || minute > 59 || second > 59) return false;
    }
    seconds = date + 3600LL * hour + 60LL * minute + second - offset;
    return true;
}

bool parse_time(std::string_view text, TimeKind& kind, std::int64_t& time) {
    text = trimmed(text);
    if (is_unknown_word(text)) {
        time = unknown_time;
        return true;
    }
    if (kind == TimeKind::timestamp) return parse_timestamp(text, time);
    if (kind == TimeKind::order) return parse_order(text, time);
    if (parse_order(text, time)) {
        kind = TimeKind::order;
    } else if (parse_timestamp(text, time)) {
        kind = TimeKind::timestamp;
    } else {
        return false;
    }
    return true;
}

std::string format_time(std::int64_t time, TimeKind kind) {
    if (time == unknown_time || kind == TimeKind::none) return "unknown";
    if (kind == TimeKind::order) return std::to_string(time);
    const std::int64_t days = time >= 0 ? time / 86400 : (time - 86399) / 86400;
    constexpr std::int64_t most_days = 4'000'000;  // beyond it a calendar of 16-bit years ends
    if (days > most_days || days < -most_days) return std::to_string(time) + " s";
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
    const std::int64_t rest = time - days * 86400;
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(rest / 3600),
                  static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60));
    return text.data();
}

}  // namespace crosslift
