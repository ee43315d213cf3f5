// Purchases and catalogs from CSV files, plain or gzip.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/columns.hpp>
#include <crosslift/transactions.hpp>

#include <filesystem>
#include <string>

namespace crosslift {

/// Reads a UTF-8 CSV file with a header line (RFC 4180 quoting; ".gz" or not is seen from the content). Bytes that are
/// not UTF-8 become U+FFFD. A malformed number or time rejects its line. Throws FileError if the file cannot be
/// opened, DataError naming the line for a broken gzip stream, a quote that never ends or a line with too many
/// fields, and for a missing column (it lists those that are there). Ids stay text: "011" is not "11".
CROSSLIFT_API Transactions read_transactions(const std::filesystem::path& path, const TransactionColumns& columns = {});
CROSSLIFT_API Catalog read_catalog(const std::filesystem::path& path, const CatalogColumns& columns = {});

/// The data sets that come with Crosslift.
struct BundledData {
    std::string name;  ///< "online_retail", "complete_journey"
    Transactions transactions;
    Catalog catalog;
};

/// Reads a bundled data set; the first of these folders that holds it counts: `$CROSSLIFT_DATA`, `data` beside the
/// library, program or Python module, the installed share folder, the source tree. What is not sold (postage, fees,
/// stock corrections) is rejected with its reason. Throws InvalidArgument for other names, FileError where the files
/// are missing.
CROSSLIFT_API BundledData bundled_data(const std::string& name);

}  // namespace crosslift
