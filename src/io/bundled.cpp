// The data sets that come with Crosslift: where they lie and how they are read.
#include "data/keep_rows.hpp"
#include "io/product_kind.hpp"
#include "io/tables.hpp"

#include <crosslift/error.hpp>

#include <cstdlib>
#include <dlfcn.h>

namespace crosslift {
namespace {

namespace fs = std::filesystem;

// The folder of the library, program or Python module that holds this code.
fs::path home_folder() {
    static const char here = 0;
    Dl_info info{};
    if (dladdr(&here, &info) == 0 || info.dli_fname == nullptr) return {};
    std::error_code none;
    fs::path path = fs::canonical(info.dli_fname, none);
    if (none) path = fs::canonical("/proc/self/exe", none);  // a program started by its bare name
    return none ? fs::path() : path.parent_path();
}

std::vector<fs::path> folders() {
    std::vector<fs::path> found;
    if (const char* named = std::getenv("CROSSLIFT_DATA"); named != nullptr && *named != '\0')
        found.emplace_back(named);
    if (const fs::path home = home_folder(); !home.empty()) {
        for (const char* way : {"data", "../data", "../share/crosslift/data"}) {
            found.push_back((home / way).lexically_normal());
        }
    }
    found.emplace_back(CROSSLIFT_INSTALL_DATA);
    found.emplace_back(CROSSLIFT_SOURCE_DATA);
    return found;
}

fs::path find_set(const std::string& name) {
    std::string looked;
    for (const fs::path& folder : folders()) {
        std::error_code none;
        if (fs::exists(folder / name / "transactions.csv.gz", none)) return folder / name;
        looked += "\n    " + (folder / name).string();
    }
    throw FileError("the bundled data '" + name + "' is not here; looked in" + looked +
                    "\nSet CROSSLIFT_DATA to the folder that holds '" + name + "'");
}

// Leaves out, with a reason, the lines that `unwanted` (of a line's number) picks.
template <class Table, class Unwanted>
void drop_lines(Table& table, const char* reason, Unwanted unwanted) {
    std::vector<std::uint8_t> keep(table.item.rows.size(), 1);
    for (std::size_t n = 0; n < keep.size(); ++n) {
        const std::int32_t item = table.item.rows[n];
        if (item == IdMap::unknown || !unwanted(n)) continue;
        table.rejected.push_back({table.line[n], reason, std::string(table.item.ids[item])});
        keep[n] = 0;
    }
    keep_rows(table, keep);
}

// Postage, fees and vouchers are no products; a line without a price is a correction of the stock.
BundledData online_retail(const fs::path& folder) {
    CatalogColumns columns;
    columns.variant = "family";
    columns.available = "is_product";
    CatalogTable items = io::read_catalog_table(folder / "items.csv.gz", columns);
    TransactionTable lines = io::read_transaction_table(folder / "transactions.csv.gz", {});

    std::vector<std::uint8_t> no_product(static_cast<std::size_t>(lines.item.ids.size()), 0);
    for (std::size_t n = 0; n < items.item.rows.size(); ++n) {
        const std::int32_t item = lines.item.ids.find(items.item.ids[items.item.rows[n]]);
        if (item != IdMap::unknown && items.available[n] == 0) no_product[static_cast<std::size_t>(item)] = 1;
    }
    drop_lines(lines, "not a product (postage, fee, voucher)",
               [&](std::size_t n) { return no_product[static_cast<std::size_t>(lines.item.rows[n])] != 0; });
    drop_lines(lines, "price zero (a stock correction)", [&](std::size_t n) { return lines.unit_price[n] == 0; });
    drop_lines(items, "not a product (postage, fee, voucher)", [&](std::size_t n) { return items.available[n] == 0; });
    items.available = {};
    // The shop tells no categories.
    const io::ProductKinds kinds = io::product_kinds(items.name);
    items.category.resize(2);
    for (std::size_t n = 0; n < items.name.size(); ++n) {
        items.category[0].push_back(kinds.noun[n]);
        items.category[1].push_back(kinds.kind[n]);
    }
    return {"online_retail", Transactions(std::move(lines)), Catalog(std::move(items))};
}

BundledData complete_journey(const fs::path& folder) {
    CatalogColumns columns;
    columns.category = {"department", "category", "type"};
    columns.name = {"type", "brand", "package_size"};
    columns.manufacturer = "manufacturer_id";
    columns.pack_size = "package_size";
    return {"complete_journey", read_transactions(folder / "transactions.csv.gz"),
            read_catalog(folder / "items.csv.gz", columns)};
}

}  // namespace

BundledData bundled_data(const std::string& name) {
    if (name == "online_retail") return online_retail(find_set(name));
    if (name == "complete_journey") return complete_journey(find_set(name));
    throw InvalidArgument("there is no bundled data '" + name + "'; there are 'online_retail' and 'complete_journey'");
}

}  // namespace crosslift
