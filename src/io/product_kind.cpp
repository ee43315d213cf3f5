#include "io/product_kind.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string_view>

namespace crosslift::io {
namespace {

// What a name says beside the thing itself; ascending.
constexpr auto described = std::to_array<std::string_view>(
    {"&",         "ACRYLIC",   "ALPHABET",   "AMETHYST",  "AND",          "ANIMAL",       "ANIMALS",    "ANTIQUE",
     "APPLE",     "APPLES",    "ARTIFICIAL", "ASS",       "ASSORTED",     "ASST",         "ASSTD",      "BABUSHKA",
     "BAKELIKE",  "BAROQUE",   "BEADED",     "BEIGE",     "BIG",          "BIRD",         "BIRDS",      "BLACK",
     "BLUE",      "BOY",       "BROWN",      "BUNNY",     "BUTTERFLIES",  "BUTTERFLY",    "CALM",       "CAMPAGNE",
     "CARS",      "CERAMIC",   "CHARCOAL",   "CHECK",     "CHERRY",       "CHILD'S",      "CHILDREN",   "CHILDRENS",
     "CHILDS",    "CHRISTMAS", "CIRCUS",     "CLASSIC",   "CLR",          "COL",          "COLOUR",     "COLOURS",
     "CORNICE",   "CREAM",     "CRYSTAL",    "DAISIES",   "DAISY",        "DECORATIVE",   "DESIGN",     "DESIGNS",
     "DESTROYED", "DIAMANTE",  "DOILEY",     "DOLLY",     "DOT",          "DOTS",         "DOUBLE",     "DROPLET",
     "EACH",      "EASTER",    "EDWARDIAN",  "EMILY",     "EMPIRE",       "ENAMEL",       "ENGLAND",    "ENGLISH",
     "FABRIC",    "FAIR",      "FAIRY",      "FASHION",   "FELT",         "FILIGREE",     "FINISH",     "FLOCK",
     "FLORAL",    "FLOWER",    "FLOWERS",    "FOLDING",   "FOLKART",      "FRENCH",       "FUN",        "GARDEN",
     "GIANT",     "GINGHAM",   "GIRL",       "GLASS",     "GOLD",         "GREEN",        "GREY",       "HANGING",
     "HEART",     "HEARTS",    "HOME",       "IN",        "IVORY",        "KIDS",         "KITCHEN",    "LACE",
     "LADIES",    "LARGE",     "LEAF",       "LEAVES",    "LID",          "LILAC",        "LONDON",     "LONG",
     "LOVE",      "MEDIUM",    "METAL",      "MINI",      "MINT",         "MODERN",       "MONTANA",    "MUSHROOM",
     "N",         "NATURAL",   "ON",         "OPERATED",  "ORANGE",       "OVAL",         "OWL",        "PACK",
     "PADDED",    "PAINTED",   "PAISLEY",    "PANTRY",    "PAPER",        "PARADE",       "PARIS",      "PARISIENNE",
     "PATCHWORK", "PATTERN",   "PATTERNS",   "PCS",       "PEAR",         "PEARL",        "PEARS",      "PIECE",
     "PIECES",    "PINK",      "POLKADOT",   "POLKADOTS", "PORCELAIN",    "PRINT",        "PURDEY",     "PURPLE",
     "QUILTED",   "RABBIT",    "RECTANGLE",  "RED",       "REGENCY",      "RETRO",        "RETROSPOT",  "ROSE",
     "ROSES",     "ROSIE",     "ROUND",      "RUBY",      "RUSTIC",       "SCANDINAVIAN", "SCENTED",    "SET",
     "SILVER",    "SIZE",      "SKULL",      "SKULLS",    "SMALL",        "SPACEBOY",     "SPOT",       "SPOTS",
     "SPOTTY",    "SQUARE",    "STAR",       "STARS",     "STRAWBERRIES", "STRAWBERRY",   "STRIPE",     "STRIPES",
     "STYLE",     "SUKI",      "SWEETHEART", "TALL",      "TO",           "TOADSTOOL",    "TOADSTOOLS", "TRADITIONAL",
     "TURQ",      "TURQUOISE", "UNSALEABLE", "VILLAGE",   "VINTAGE",      "WHITE",        "WICKER",     "WINKIE",
     "WOOD",      "WOODEN",    "WOODLAND",   "XMAS",      "YELLOW",       "ZINC"});
// What comes after one of these belongs to the thing and is not it.
constexpr auto turning = std::to_array<std::string_view>({"FOR", "IN", "OF", "ON", "W", "WITH"});
// Counting words: "SET OF 3 TINS", "BOX OF 6 CANDLES"; some also without OF: "SET/5 BOWLS".
constexpr auto counting = std::to_array<std::string_view>({"BAG", "BOX", "PACK", "PIECE", "S", "SET"});
constexpr auto counting_alone = std::to_array<std::string_view>({"PACK", "S", "SET"});
constexpr auto no_plural = std::to_array<std::string_view>({"CANVAS", "CHRISTMAS", "INCENSE"});

template <std::size_t n>
bool holds(const std::array<std::string_view, n>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

bool has_digit(std::string_view word) {
    return std::ranges::any_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::vector<std::string> split(std::string_view name) {
    std::vector<std::string> words(1);
    for (const unsigned char c : name) {
        if (std::isspace(c) != 0 || std::string_view(",./\"&").find(static_cast<char>(c)) != std::string_view::npos) {
            if (!words.back().empty()) words.emplace_back();
        } else {
            words.back() += static_cast<char>(std::toupper(c));
        }
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

// The words up to the first that turns to something else, without numbers and "SET OF 3".
std::vector<std::string> main_words(std::string_view name) {
    const std::vector<std::string> all = split(name);
    std::vector<std::string> words;
    for (std::size_t n = 0; n < all.size(); ++n) {
        const bool of = n + 1 < all.size() && all[n + 1] == "OF";
        const std::size_t number = of ? n + 2 : n + 1;
        if ((of ? holds(counting, all[n]) : holds(counting_alone, all[n])) && number < all.size() &&
            has_digit(all[number])) {
            n = number;
        } else if (holds(turning, all[n])) {
            if (!words.empty()) break;
        } else if (!has_digit(all[n]) && std::isalpha(static_cast<unsigned char>(all[n].front())) != 0) {
            words.push_back(all[n]);
        }
    }
    return words;
}

std::string singular(std::string word) {
    const auto ends = [&](std::string_view end) { return word.ends_with(end); };
    if (word.size() < 4 || !ends("S") || ends("SS") || holds(no_plural, word)) return word;
    if (ends("IES") && word.size() > 4) return word.substr(0, word.size() - 3) + "Y";
    if (ends("XES") || ends("CHES") || ends("SHES") || ends("SSES")) return word.substr(0, word.size() - 2);
    return word.substr(0, word.size() - 1);
}

struct Read {
    std::string noun;
    std::string qualifier;  // the word before it, unless that only describes
};

Read read(std::string_view name) {
    const std::vector<std::string> words = main_words(name);
    const auto descriptive = [](const std::string& word) { return std::ranges::binary_search(described, word); };
    for (std::size_t n = words.size(); n-- > 0;) {
        if (descriptive(words[n])) continue;
        const bool qualified = n > 0 && !descriptive(words[n - 1]);
        return {singular(words[n]), qualified ? singular(words[n - 1]) : ""};
    }
    return {words.empty() ? "" : singular(words.back()), ""};
}

}  // namespace

ProductKinds product_kinds(const std::vector<std::string>& names, int least) {
    ProductKinds kinds;
    std::map<std::string, int> shared;
    for (const std::string& name : names) {
        const auto [noun, qualifier] = read(name);
        kinds.noun.push_back(noun);
        kinds.kind.push_back(qualifier.empty() ? "" : qualifier + " " + noun);
        ++shared[kinds.kind.back()];
    }
    for (std::string& kind : kinds.kind)
        if (shared[kind] < least) kind.clear();
    return kinds;
}

}  // namespace crosslift::io
