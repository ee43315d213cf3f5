// Numbers as text.
#include "data/field.hpp"

#include <crosslift/transactions.hpp>

#include <charconv>
#include <limits>

namespace crosslift {

bool parse_number(std::string_view text, float& number) {
    text = trimmed(text);
    if (is_unknown_word(text)) {
        number = std::numeric_limits<float>::quiet_NaN();
        return true;
    }
    if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end && number == number;
}

}  // namespace crosslift
