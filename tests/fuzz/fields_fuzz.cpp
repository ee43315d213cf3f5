// Any bytes as a number, a time, a pack size and as ids.
#include "fuzz/fuzz.hpp"

#include <crosslift/catalog.hpp>
#include <crosslift/ids.hpp>
#include <crosslift/transactions.hpp>

#include <cmath>

namespace crosslift::fuzz {

void fields(std::string_view bytes) {
    float number = 0;
    parse_number(bytes, number);
    std::int64_t time = 0;
    if (parse_timestamp(bytes, time)) {
        std::int64_t again = 0;
        const std::string text = format_time(time, TimeKind::timestamp);
        if (parse_timestamp(text, again) && again != time) throw std::logic_error("a time that changes");
    }
    TimeKind kind = TimeKind::none;
    parse_time(bytes, kind, time);
    const PackSize size = parse_pack_size(bytes);
    if (!std::isfinite(size.amount) || size.amount < 0) throw std::logic_error("an impossible amount");

    IdMap ids;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::int32_t row = ids.add(bytes.substr(at, 1 + at % 5));
        if (ids.find(ids[row]) != row) throw std::logic_error("an id that is not found again");
    }
}

}  // namespace crosslift::fuzz

CROSSLIFT_FUZZ_ENTRY(crosslift::fuzz::fields)
