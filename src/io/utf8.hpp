// Text as UTF-8, whatever the file holds.
#pragma once

#include <string>
#include <string_view>

namespace crosslift::io {

/// `text` itself if it is valid UTF-8; else a copy in `repaired` with each malformed byte replaced by U+FFFD.
std::string_view repair_utf8(std::string_view text, std::string& repaired);

}  // namespace crosslift::io
