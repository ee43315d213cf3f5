// What every reader of a text field agrees on: spaces around it do not count, and some words mean "unknown".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace crosslift {

inline std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// Compares ASCII letters in any case; `lower` is in lower case.
inline bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size()) return false;
    for (std::size_t n = 0; n < text.size(); ++n) {
        const char c = text[n];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[n]) return false;
    }
    return true;
}

/// True for what stands in a field whose value is not known; `text` is trimmed.
inline bool is_unknown_word(std::string_view text) {
    if (text.size() > 4) return false;
    return text.empty() || equals_ignoring_case(text, "na") || equals_ignoring_case(text, "nan") ||
           equals_ignoring_case(text, "nat") || equals_ignoring_case(text, "null");
}

/// Reads "yes", "no", "true", "0", ... in any case; a field without a word means `usual`. False for other words.
inline bool parse_yes_no(std::string_view text, std::uint8_t usual, std::uint8_t& yes) {
    text = trimmed(text);
    constexpr std::array<std::string_view, 4> yeses = {"1", "true", "yes", "y"};
    constexpr std::array<std::string_view, 4> noes = {"0", "false", "no", "n"};
    yes = usual;
    if (is_unknown_word(text)) return true;
    yes = 1;
    for (const auto word : yeses) {
        if (equals_ignoring_case(text, word)) return true;
    }
    yes = 0;
    for (const auto word : noes) {
        if (equals_ignoring_case(text, word)) return true;
    }
    return false;
}

/// Appends `more` with runs of blanks as one space and none at the ends: names are for people.
inline void append_words(std::string& text, std::string_view more) {
    bool gap = !text.empty();
    for (const char c : more) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            gap = !text.empty();
            continue;
        }
        if (gap) text += ' ';
        gap = false;
        text += c;
    }
}

}  // namespace crosslift
