// Any bytes as a transactions file and as a catalog file.
#include "fuzz/fuzz.hpp"

#include <crosslift/error.hpp>
#include <crosslift/files.hpp>

namespace crosslift::fuzz {

void csv(std::string_view bytes) {
    const MemoryFile file(bytes);
    try {
        const Transactions data = read_transactions(file.path());
        const TransactionReport& report = data.report();
        if (report.lines != report.kept + static_cast<std::int64_t>(report.rejected.size())) {
            throw std::logic_error("a line was lost");
        }
        if (report.text().empty()) throw std::logic_error("a report without words");
    } catch (const Error&) {
    }
    try {
        CatalogColumns columns;
        columns.category = {"category"};
        columns.available = "available";
        columns.attributes = {{"warmth"}};
        const Catalog catalog = read_catalog(file.path(), columns);
        for (std::int32_t item = 0; item < catalog.size(); ++item) {
            if (catalog.leaf(item) >= catalog.leaves().size()) throw std::logic_error("a leaf that is not there");
        }
    } catch (const Error&) {
    }
}

}  // namespace crosslift::fuzz

CROSSLIFT_FUZZ_ENTRY(crosslift::fuzz::csv)
