// Pack sizes as free text: amounts in grams, millilitres or pieces, packs multiplied out.
#include "data/field.hpp"

#include <crosslift/catalog.hpp>

#include <array>
#include <charconv>
#include <numeric>
#include <optional>
#include <vector>

namespace crosslift {
namespace {

using Unit = PackSize::Unit;

enum class Role { measure, count, pack, capacity };  // capacity: gallons and quarts, beside a count the size of a bag

struct UnitWord {
    std::string_view word;
    Unit unit;
    double factor;
    Role role;
};

constexpr std::array units = {
    UnitWord{"g", Unit::gram, 1, Role::measure},
    UnitWord{"gr", Unit::gram, 1, Role::measure},
    UnitWord{"gm", Unit::gram, 1, Role::measure},
    UnitWord{"gram", Unit::gram, 1, Role::measure},
    UnitWord{"grams", Unit::gram, 1, Role::measure},
    UnitWord{"mg", Unit::gram, 0.001, Role::measure},
    UnitWord{"kg", Unit::gram, 1000, Role::measure},
    UnitWord{"kilo", Unit::gram, 1000, Role::measure},
    UnitWord{"oz", Unit::gram, 28.349523125, Role::measure},
    UnitWord{"z", Unit::gram, 28.349523125, Role::measure},
    UnitWord{"ounce", Unit::gram, 28.349523125, Role::measure},
    UnitWord{"ounces", Unit::gram, 28.349523125, Role::measure},
    UnitWord{"lb", Unit::gram, 453.59237, Role::measure},
    UnitWord{"lbs", Unit::gram, 453.59237, Role::measure},
    UnitWord{"pound", Unit::gram, 453.59237, Role::measure},
    UnitWord{"pounds", Unit::gram, 453.59237, Role::measure},
    UnitWord{"ml", Unit::millilitre, 1, Role::measure},
    UnitWord{"cl", Unit::millilitre, 10, Role::measure},
    UnitWord{"dl", Unit::millilitre, 100, Role::measure},
    UnitWord{"l", Unit::millilitre, 1000, Role::measure},
    UnitWord{"lt", Unit::millilitre, 1000, Role::measure},
    UnitWord{"ltr", Unit::millilitre, 1000, Role::measure},
    UnitWord{"liter", Unit::millilitre, 1000, Role::measure},
    UnitWord{"liters", Unit::millilitre, 1000, Role::measure},
    UnitWord{"litre", Unit::millilitre, 1000, Role::measure},
    UnitWord{"litres", Unit::millilitre, 1000, Role::measure},
    UnitWord{"floz", Unit::millilitre, 29.5735295625, Role::measure},
    UnitWord{"pt", Unit::millilitre, 473.176473, Role::measure},
    UnitWord{"pint", Unit::millilitre, 473.176473, Role::measure},
    UnitWord{"qt", Unit::millilitre, 946.352946, Role::capacity},
    UnitWord{"quart", Unit::millilitre, 946.352946, Role::capacity},
    UnitWord{"ga", Unit::millilitre, 3785.411784, Role::capacity},
    UnitWord{"gal", Unit::millilitre, 3785.411784, Role::capacity},
    UnitWord{"gallon", Unit::millilitre, 3785.411784, Role::capacity},
    UnitWord{"ct", Unit::piece, 1, Role::count},
    UnitWord{"count", Unit::piece, 1, Role::count},
    UnitWord{"pc", Unit::piece, 1, Role::count},
    UnitWord{"pcs", Unit::piece, 1, Role::count},
    UnitWord{"piece", Unit::piece, 1, Role::count},
    UnitWord{"pieces", Unit::piece, 1, Role::count},
    UnitWord{"ea", Unit::piece, 1, Role::count},
    UnitWord{"each", Unit::piece, 1, Role::count},
    UnitWord{"stem", Unit::piece, 1, Role::count},
    UnitWord{"stems", Unit::piece, 1, Role::count},
    UnitWord{"roll", Unit::piece, 1, Role::count},
    UnitWord{"rolls", Unit::piece, 1, Role::count},
    UnitWord{"ld", Unit::piece, 1, Role::count},
    UnitWord{"lds", Unit::piece, 1, Role::count},
    UnitWord{"load", Unit::piece, 1, Role::count},
    UnitWord{"loads", Unit::piece, 1, Role::count},
    UnitWord{"dz", Unit::piece, 12, Role::count},
    UnitWord{"doz", Unit::piece, 12, Role::count},
    UnitWord{"dozen", Unit::piece, 12, Role::count},
    UnitWord{"pk", Unit::piece, 1, Role::pack},
    UnitWord{"pck", Unit::piece, 1, Role::pack},
    UnitWord{"pack", Unit::piece, 1, Role::pack},
    UnitWord{"packs", Unit::piece, 1, Role::pack},
    UnitWord{"p", Unit::piece, 1, Role::pack},
};

const UnitWord* find_unit(std::string_view word) {
    for (const UnitWord& unit : units) {
        if (equals_ignoring_case(word, unit.word)) return &unit;
    }
    return nullptr;
}

struct Token {
    enum class Kind { number, word, sign } kind;
    std::string_view text;
    double number = 0;
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// A comma before exactly three digits groups thousands, any other comma between digits is a decimal one.
Token read_number(std::string_view text) {
    std::string plain;
    std::size_t at = 0;
    for (; at < text.size() && plain.size() < 32; ++at) {
        if (is_digit(text[at])) {
            plain += text[at];
        } else if ((text[at] == '.' || text[at] == ',') && at + 1 < text.size() && is_digit(text[at + 1])) {
            std::size_t digits = 1;
            while (at + 1 + digits < text.size() && is_digit(text[at + 1 + digits])) ++digits;
            if (text[at] == '.' || digits != 3) plain += '.';
        } else {
            break;
        }
    }
    Token token{Token::Kind::number, text.substr(0, at)};
    std::from_chars(plain.data(), plain.data() + plain.size(), token.number);
    return token;
}

std::vector<Token> tokens_of(std::string_view text) {
    std::vector<Token> tokens;
    while (!text.empty()) {
        std::size_t length = 1;
        if (is_digit(text[0]) || (text[0] == '.' && text.size() > 1 && is_digit(text[1]))) {
            tokens.push_back(read_number(text));
            length = tokens.back().text.size();
        } else if (is_letter(text[0])) {
            while (length < text.size() && is_letter(text[length])) ++length;
            tokens.push_back({Token::Kind::word, text.substr(0, length)});
        } else if (text[0] != ' ' && text[0] != '.') {
            tokens.push_back({Token::Kind::sign, text.substr(0, 1)});
        }
        text.remove_prefix(length);
    }
    return tokens;
}

bool is_sign(const Token& token, char sign) {
    return token.kind == Token::Kind::sign && token.text[0] == sign;
}
bool is_times(const Token& token) {
    return is_sign(token, '*') || (token.kind == Token::Kind::word && equals_ignoring_case(token.text, "x"));
}
bool is_number(const Token& token) {
    return token.kind == Token::Kind::number;
}

bool is_fraction(double over, double under) {
    return (under == 2 || under == 3 || under == 4 || under == 8 || under == 16) && over >= 1 && over < under &&
           std::gcd(static_cast<int>(over), static_cast<int>(under)) == 1 && over == static_cast<int>(over);
}

// The quantity that ends at tokens[last], which is a number: "12", "2 1/4", "1/2", "6/12", "6 x 330", "6-12".
double quantity_before(const std::vector<Token>& tokens, std::size_t last, Unit unit) {
    const double amount = tokens[last].number;
    if (last < 2 || !is_number(tokens[last - 2])) return amount;
    const double first = tokens[last - 2].number;
    const Token& between = tokens[last - 1];
    if (is_times(between)) return first * amount;
    if (is_sign(between, '-')) return unit == Unit::piece ? (first + amount) / 2 : first * amount;
    if (!is_sign(between, '/') || amount == 0) return amount;
    if (last >= 3 && is_number(tokens[last - 3]) && is_fraction(first, amount)) {
        return tokens[last - 3].number + first / amount;
    }
    if (is_fraction(first, amount) && (first == 1 || (first == 3 && amount == 4))) return first / amount;
    return first * amount;
}

struct Amounts {
    std::optional<PackSize> measure;
    bool capacity = false;
    std::optional<double> count;
    double packs = 1;
    bool has_packs = false;

    void take(const UnitWord& unit, double quantity) {
        constexpr double most = 100'000;  // above it a number is an article code
        if (!(quantity > 0) || quantity >= most) return;
        if (unit.role == Role::pack) {
            packs = quantity;
            has_packs = true;
        } else if (unit.role == Role::count) {
            if (!count) count = quantity * unit.factor;
        } else if (!measure) {
            measure = PackSize{unit.unit, quantity * unit.factor};
            capacity = unit.role == Role::capacity;
        }
    }

    PackSize total() const {
        if (measure && !(capacity && count)) return {measure->unit, packs * measure->amount};
        if (count) return {Unit::piece, packs * *count};
        if (has_packs) return {Unit::piece, packs};
        return {};
    }
};

}  // namespace

PackSize parse_pack_size(std::string_view text) {
    if (text.size() > 200) text = text.substr(0, 200);
    const std::vector<Token> tokens = tokens_of(text);
    if (tokens.size() == 1 && tokens[0].kind == Token::Kind::word && tokens[0].text.size() > 1) {
        const UnitWord* unit = find_unit(tokens[0].text);
        return unit != nullptr && unit->unit != Unit::piece ? PackSize{unit->unit, unit->factor} : PackSize{};
    }
    Amounts amounts;
    for (std::size_t n = 0; n < tokens.size(); ++n) {
        if (!is_number(tokens[n])) continue;
        std::size_t at = n + 1;
        if (at < tokens.size() && is_sign(tokens[at], '-')) ++at;
        if (at >= tokens.size() || tokens[at].kind != Token::Kind::word) continue;
        const UnitWord* unit = find_unit(tokens[at].text);
        if (equals_ignoring_case(tokens[at].text, "fl")) unit = find_unit("floz");
        if (unit != nullptr) amounts.take(*unit, quantity_before(tokens, n, unit->unit));
    }
    return amounts.total();
}

}  // namespace crosslift
