// What became of the lines, as text.
#include <crosslift/transactions.hpp>

namespace crosslift {

std::map<std::string, std::int64_t> TransactionReport::reasons() const {
    std::map<std::string, std::int64_t> counts;
    for (const RejectedRow& row : rejected) ++counts[row.reason];
    return counts;
}

std::string TransactionReport::text(int examples) const {
    std::string text = std::to_string(lines) + " lines came, " + std::to_string(kept) + " kept, " +
                       std::to_string(rejected.size()) + " rejected\n";
    text += "kept lines: " + std::to_string(duplicates) + " repeat an item of their basket, " +
            std::to_string(unknown_customer) + " without a customer, " + std::to_string(unknown_price) +
            " without a price\n";
    const std::string place = lines_are_file_lines ? "line " : "row ";
    for (const auto& [reason, count] : reasons()) {
        text += "rejected " + std::to_string(count) + ": " + reason + "\n";
        int shown = 0;
        for (const RejectedRow& row : rejected) {
            if (shown >= examples) break;
            if (row.reason != reason) continue;
            text +=
                "    " + place + std::to_string(row.line) + (row.value.empty() ? "" : ": '" + row.value + "'") + "\n";
            ++shown;
        }
    }
    return text;
}

}  // namespace crosslift
