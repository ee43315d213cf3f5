// Purchases and catalogs from tables in memory, through Arrow's C Data Interface (pyarrow, polars, DuckDB, pandas).
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/columns.hpp>
#include <crosslift/transactions.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// The structs of the Arrow C Data and C Stream interfaces, as their specification asks every user to repeat them.
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
extern "C" {
struct ArrowSchema {
    const char* format;
    const char* name;
    const char* metadata;
    std::int64_t flags;
    std::int64_t n_children;
    struct ArrowSchema** children;
    struct ArrowSchema* dictionary;
    void (*release)(struct ArrowSchema*);
    void* private_data;
};
struct ArrowArray {
    std::int64_t length;
    std::int64_t null_count;
    std::int64_t offset;
    std::int64_t n_buffers;
    std::int64_t n_children;
    const void** buffers;
    struct ArrowArray** children;
    struct ArrowArray* dictionary;
    void (*release)(struct ArrowArray*);
    void* private_data;
};
}
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
extern "C" {
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema*);
    int (*get_next)(struct ArrowArrayStream*, struct ArrowArray*);
    const char* (*get_last_error)(struct ArrowArrayStream*);
    void (*release)(struct ArrowArrayStream*);
    void* private_data;
};
}
#endif

namespace crosslift {

/// Columns that somebody else holds, put together from streams and single arrays; the numbers are not copied. Each
/// call takes its arguments over (it moves from them, as the interface says) and throws DataError if a stream fails.
class CROSSLIFT_API ArrowTable {
public:
    ArrowTable();

    /// Adds every column of a stream of record batches.
    void add_columns(ArrowArrayStream* stream);
    /// Adds one column that comes as a stream of plain arrays.
    void add_column(const std::string& name, ArrowArrayStream* stream);
    /// Adds one column that is a single array.
    void add_column(const std::string& name, ArrowSchema* schema, ArrowArray* array);

    /// Says that there is a column of this name, which nobody needs: errors about missing columns list it.
    void mention(const std::string& name);

    /// Length of the columns. Throws DataError, naming the column, if they differ.
    std::int64_t rows() const;
    /// Names of all columns, mentioned ones last.
    std::vector<std::string> names() const;

    struct State;
    const State& state() const { return *state_; }

private:
    std::shared_ptr<State> state_;
};

/// Purchases from a table. Ids are text, integers (front ends then hand integers back) or dictionaries of these;
/// numbers may come as text; times are timestamps, dates, ISO 8601 text or integers (order). Null and NaN are unknown.
/// A malformed cell rejects its row, counted from 0. Throws DataError for a missing column (it lists those that are
/// there), ids that are floating-point numbers, and types that hold none of the above.
CROSSLIFT_API Transactions read_transactions(const ArrowTable& table, const TransactionColumns& columns = {});

/// A catalog from a table, by the same rules.
CROSSLIFT_API Catalog read_catalog(const ArrowTable& table, const CatalogColumns& columns = {});

}  // namespace crosslift
