// Purchases and catalogs from CSV files, plain or gzip.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/transactions.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace crosslift {

/// Names of the columns in a transactions file. A default name that the file lacks means "unknown"; basket and item
/// must be there. A name that differs from the default and is absent is an error.
struct TransactionColumns {
    std::string customer = "customer_id";
    std::string basket = "basket_id";
    std::string item = "item_id";
    std::string time = "timestamp";
    std::string quantity = "quantity";
    std::string unit_price = "unit_price";
};

/// Names of the columns in a catalog file; "" or an absent default means "unknown". Several name columns are joined
/// by a space.
struct CatalogColumns {
    std::string item = "item_id";
    std::vector<std::string> category;  ///< coarse to fine
    std::string price = "price";
    std::vector<std::string> name = {"name"};
    std::string brand = "brand";
    std::string manufacturer, pack_size, cost, margin, available, variant, tier;
};

/// Reads a UTF-8 CSV file with a header line (RFC 4180 quoting; ".gz" or not is seen from the content). Bytes that are
/// not UTF-8 become U+FFFD. A malformed number or time rejects its line. Throws FileError if the file cannot be
/// opened, DataError naming the line for a broken gzip stream, a quote that never ends or a line with too many
/// fields, and for a missing column (it lists those that are there).
CROSSLIFT_API Transactions read_transactions(const std::filesystem::path& path, const TransactionColumns& columns = {});
CROSSLIFT_API Catalog read_catalog(const std::filesystem::path& path, const CatalogColumns& columns = {});

/// The data sets that come with Crosslift.
struct BundledData {
    std::string name;  ///< "online_retail", "complete_journey"
    Transactions transactions;
    Catalog catalog;
};

/// Reads a bundled data set from `$CROSSLIFT_DATA`, the installed share folder or the source tree. Throws
/// InvalidArgument for other names, FileError where the files are missing.
CROSSLIFT_API BundledData bundled_data(const std::string& name);

}  // namespace crosslift
