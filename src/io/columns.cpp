#include "io/columns.hpp"

#include <crosslift/error.hpp>

#include <algorithm>

namespace crosslift::io {

int ColumnFinder::find(const std::string& name, Presence presence) const {
    if (name.empty()) return -1;
    const auto at = std::find(names_.begin(), names_.end(), name);
    if (at == names_.end()) {
        if (presence == Presence::optional) return -1;
        std::string there;
        for (const std::string& column : names_) there += (there.empty() ? "'" : ", '") + column + "'";
        throw DataError("'" + path_.string() + "' has no column '" + name + "'; its columns are " + there +
                        ". Say which of them is meant, or correct the header");
    }
    if (std::find(at + 1, names_.end(), name) != names_.end()) {
        throw DataError("'" + path_.string() + "' has two columns '" + name + "'; rename one of them");
    }
    return static_cast<int>(at - names_.begin());
}

}  // namespace crosslift::io
