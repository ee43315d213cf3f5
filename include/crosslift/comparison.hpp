// Two items side by side: what is better, what is worse, and what the difference costs.
#pragma once

#include <crosslift/api.hpp>

#include <limits>
#include <string>
#include <vector>

namespace crosslift {

/// The second item against the first.
enum class Verdict { better, worse, equal, unknown };

struct ComparedAttribute {
    std::string name;  ///< of the catalog's attribute, or "tier"
    float first = std::numeric_limits<float>::quiet_NaN();
    float second = std::numeric_limits<float>::quiet_NaN();
    Verdict verdict = Verdict::unknown;  ///< unknown where either value is
    bool must_have = false;
};

/// Prices in money; NaN where not known. `second - first` is positive where the second item is dearer.
struct ComparedPrice {
    float first = std::numeric_limits<float>::quiet_NaN();
    float second = std::numeric_limits<float>::quiet_NaN();
    float difference = std::numeric_limits<float>::quiet_NaN();
};

struct Comparison {
    std::string first, second;            ///< item ids as asked
    std::string first_name, second_name;  ///< the id where an item has none
    bool same_category = false;           ///< both in one leaf
    std::vector<ComparedAttribute> attributes;
    ComparedPrice price;
    ComparedPrice unit_price;           ///< per `unit`; known where both pack sizes are, in one unit
    std::string unit;                   ///< "100 g", "100 ml", "piece"; empty where the unit price is not known
    std::string sentence;               ///< the same in words: better, worse, dearer
    std::vector<std::string> warnings;  ///< ids that are not known: nothing can be said of them
};

}  // namespace crosslift
