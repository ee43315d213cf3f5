#include "io/parameters.hpp"

#include <crosslift/error.hpp>

namespace crosslift::io {

void ParameterReader::fail(const char* name, const char* what) {
    throw FormatError("parameter '" + std::string(name) + "' " + what);
}

double ParameterReader::decode_number(const char* name, const nlohmann::json& json) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (json.is_number()) return json.get<double>();
    if (json == "inf") return infinity;
    if (json == "-inf") return -infinity;
    if (json != "nan") fail(name, "is not a number");
    return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace crosslift::io
