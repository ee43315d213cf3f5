// What a thing is, from its name: categories for a shop that has none.
#pragma once

#include <string>
#include <vector>

namespace crosslift::io {

/// A category path for each name: the noun, "BAG", and, where at least `least` names share it, what kind of it, "LUNCH
/// BAG"; empty strings where a name tells neither. English product names in which the noun comes last but for words of
/// colour, pattern, size, material and occasion: "LUNCH BAG RED RETROSPOT". Plurals and what follows WITH, FOR, IN, ON
/// or OF do not count.
struct ProductKinds {
    std::vector<std::string> noun;
    std::vector<std::string> kind;
};
ProductKinds product_kinds(const std::vector<std::string>& names, int least = 3);

}  // namespace crosslift::io
