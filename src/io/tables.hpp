// Files to tables, before the rules of Transactions and Catalog are applied.
#pragma once

#include <crosslift/files.hpp>

#include <filesystem>

namespace crosslift::io {

TransactionTable read_transaction_table(const std::filesystem::path& path, const TransactionColumns& columns);
CatalogTable read_catalog_table(const std::filesystem::path& path, const CatalogColumns& columns);

}  // namespace crosslift::io
