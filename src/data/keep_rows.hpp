// Leaves rejected rows out of columns, and ids that only they had out of the dictionaries.
#pragma once

#include <crosslift/catalog.hpp>
#include <crosslift/ids.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace crosslift {

/// Keeps the entries of `column` whose `keep` is not 0; an empty column stays empty.
template <class T>
void keep_rows(std::vector<T>& column, std::span<const std::uint8_t> keep) {
    if (column.empty()) return;
    std::size_t to = 0;
    for (std::size_t from = 0; from < keep.size(); ++from) {
        if (keep[from] == 0) continue;
        if (to != from) column[to] = std::move(column[from]);
        ++to;
    }
    column.resize(to);
}

/// The same for ids; the dictionary is made again in the order of first appearance among the kept rows.
inline void keep_rows(IdColumn& column, std::span<const std::uint8_t> keep) {
    keep_rows(column.rows, keep);
    IdMap ids;
    ids.integers = column.ids.integers;
    std::vector<std::int32_t> renamed(static_cast<std::size_t>(column.ids.size()), IdMap::unknown);
    for (std::int32_t& row : column.rows) {
        if (row == IdMap::unknown) continue;
        std::int32_t& name = renamed[static_cast<std::size_t>(row)];
        if (name == IdMap::unknown) name = ids.add(column.ids[row]);
        row = name;
    }
    column.ids = std::move(ids);
}

/// The same for every column of a table, line numbers included.
void keep_rows(TransactionTable& table, std::span<const std::uint8_t> keep);
void keep_rows(CatalogTable& table, std::span<const std::uint8_t> keep);

}  // namespace crosslift
