// The options that say where purchases and the catalog are and what their columns are called.
#pragma once

#include <crosslift/catalog.hpp>
#include <crosslift/columns.hpp>
#include <crosslift/transactions.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace crosslift::cli {

struct DataOptions {
    std::string data;          ///< a bundled data set
    std::string transactions;  ///< or a file of purchases
    std::string catalog;       ///< and, if there is one, of items
    TransactionColumns transaction_columns;
    CatalogColumns catalog_columns;
    std::vector<std::string> attributes;  ///< as typed

    /// Adds --data, --catalog and every column option; the file of purchases has `transactions_option` as its name.
    void add_to(CLI::App& command, const char* transactions_option, const char* what);

    /// Purchases of --data or of the file; the catalog too (empty if none is given).
    /// Throws InvalidArgument for options that contradict each other.
    struct Shop {
        Transactions transactions;
        Catalog catalog;
    };
    Shop read() const;
    /// Another file of purchases with the same columns.
    Transactions read_more(const std::string& path) const;

private:
    void check() const;
    CatalogColumns columns_with_attributes() const;
};

}  // namespace crosslift::cli
