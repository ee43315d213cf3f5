// What was bought: receipt lines, cleaned by written rules, nothing silently lost.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/ids.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crosslift {

/// What the numbers in a time column mean.
enum class TimeKind {
    none,       ///< there is no time: no decay, no time split
    order,      ///< an order number: sorts and splits; half-lives in days and due dates are off
    timestamp,  ///< seconds since 1970-01-01T00:00:00, in the shop's local time
};

constexpr std::int64_t unknown_time = std::numeric_limits<std::int64_t>::min();

/// Why a line was rejected: the fixed sentences of RejectedRow::reason, the same for files and frames.
namespace rejection {
inline constexpr const char* no_item = "no item id";
inline constexpr const char* no_basket = "no basket id";
inline constexpr const char* quantity_not_positive = "quantity zero or negative (a cancellation or correction)";
inline constexpr const char* quantity_not_finite = "quantity is infinite";
inline constexpr const char* quantity_malformed = "quantity is not a number";
inline constexpr const char* price_negative = "price is negative";
inline constexpr const char* price_infinite = "price is infinite";
inline constexpr const char* price_malformed = "price is not a number";
inline constexpr const char* no_time = "no time, while other lines have one";
inline constexpr const char* time_malformed = "time is neither ISO 8601 nor like the column's first value";
inline constexpr const char* item_twice = "item id stood before (the first row counts)";
inline constexpr const char* availability_malformed = "availability is neither yes nor no";
inline constexpr const char* service_malformed = "service is neither yes nor no";
inline constexpr const char* too_few_fields = "fewer fields than the header";
}  // namespace rejection

/// A line that was not used, and why.
struct RejectedRow {
    std::int64_t line = 0;  ///< line in the file (the header is line 1), or row of the frame counted from 0
    std::string reason;     ///< one of a few fixed sentences, so that rows can be counted by reason
    std::string value;      ///< what stood there, shortened to 40 characters
};

/// Receipt lines as they came, column by column. `basket` and `item` are required; the other columns may be empty.
/// Present columns are of one length. NaN is an unknown quantity or price, unknown_time an unknown time.
struct TransactionTable {
    IdColumn customer;
    IdColumn basket;
    IdColumn item;
    std::vector<std::int64_t> time;
    TimeKind time_kind = TimeKind::none;
    std::vector<float> quantity;
    std::vector<float> unit_price;
    std::vector<std::int64_t> line;     ///< where each row stood; empty: its index
    std::vector<RejectedRow> rejected;  ///< rows that a reader could not parse; they are in no column
    bool lines_are_file_lines = false;  ///< true: count from the header as line 1
};

/// What became of the lines.
struct CROSSLIFT_API TransactionReport {
    std::int64_t lines = 0;  ///< lines that came
    std::int64_t kept = 0;
    std::int64_t duplicates = 0;        ///< kept lines that repeat an item of their basket
    std::int64_t unknown_customer = 0;  ///< kept lines without a customer
    std::int64_t unknown_price = 0;     ///< kept lines without a price
    std::vector<RejectedRow> rejected;  ///< every rejected line, by line number
    bool lines_are_file_lines = false;

    /// Rejected lines by reason.
    std::map<std::string, std::int64_t> reasons() const;
    /// The whole report as text: counts, then up to `examples` rejected lines of each reason.
    std::string text(int examples = 3) const;
};

/// Cleaned receipt lines. The rules, in this order; the first that applies names the rejection:
///  - no item id, or no basket id: rejected;
///  - quantity zero or negative (a cancellation or correction), or not finite: rejected; unknown counts as 1;
///  - unit price negative or infinite: rejected; unknown stays unknown (NaN); zero is kept (a gift);
///  - a time that is unknown while other lines have one: rejected.
/// The same item twice in a basket stays two lines here; models see the basket as a set. A basket's customer and time
/// are those of its first line that has one.
class CROSSLIFT_API Transactions {
public:
    Transactions() = default;

    /// Applies the rules. Throws DataError if a required column is missing, lengths differ, or no line is left.
    explicit Transactions(TransactionTable table);

    std::int64_t size() const { return static_cast<std::int64_t>(basket_.size()); }

    const IdMap& customers() const { return customers_; }
    const IdMap& baskets() const { return baskets_; }
    const IdMap& items() const { return items_; }

    /// Columns of length size(), rows of the maps above.
    std::span<const std::int32_t> customer() const { return customer_; }  ///< IdMap::unknown where not known
    std::span<const std::int32_t> basket() const { return basket_; }
    std::span<const std::int32_t> item() const { return item_; }
    std::span<const std::int64_t> time() const { return time_; }  ///< empty when time_kind() is none
    std::span<const float> quantity() const { return quantity_; }
    std::span<const float> unit_price() const { return unit_price_; }  ///< NaN where not known

    TimeKind time_kind() const { return time_kind_; }
    const TransactionReport& report() const { return report_; }

private:
    void take(TransactionTable table, bool has_time);

    IdMap customers_, baskets_, items_;
    std::vector<std::int32_t> customer_, basket_, item_;
    std::vector<std::int64_t> time_;
    std::vector<float> quantity_, unit_price_;
    TimeKind time_kind_ = TimeKind::none;
    TransactionReport report_;
};

/// Reads "2011-12-01", "2011-12-01T08:26", "2011-12-01 08:26:00", with or without fraction, "Z" or "+02:00" (turned
/// into UTC). False if the text is none of these or no real date.
CROSSLIFT_API bool parse_timestamp(std::string_view text, std::int64_t& seconds);

/// Reads one field of a time column. TimeKind::none in `kind` means that no value was known so far: the first known one
/// decides (a plain integer: order; else timestamp), later ones must be like it. "", "NA", "NaN", "NaT" and "null" (in
/// any case) give unknown_time. False if the text is malformed.
CROSSLIFT_API bool parse_time(std::string_view text, TimeKind& kind, std::int64_t& time);

/// Reads a decimal number, whatever the locale; spaces around it are allowed. "", "NA", "NaN" and "null" (in any case)
/// give NaN. False if the text is malformed or beyond the range of float.
CROSSLIFT_API bool parse_number(std::string_view text, float& number);

/// "2011-12-01T08:26:00" for a timestamp, the number itself for an order.
CROSSLIFT_API std::string format_time(std::int64_t time, TimeKind kind);

}  // namespace crosslift
